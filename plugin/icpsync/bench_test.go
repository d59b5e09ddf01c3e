package icpsync_test

import (
	"os"
	"testing"

	"github.com/berth-cli/berth/engine/enginetest/testengine"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// BenchmarkToolchains measures the plugins of all toolchains: compiling one anew,
// and a whole run of one that is compiled, with four calls that cost nothing.
func BenchmarkToolchains(b *testing.B) {
	for name, file := range plugins() {
		wasm, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/compile", func(b *testing.B) {
			for b.Loop() {
				compileAnew(b, wasm)
			}
			b.ReportMetric(float64(len(wasm)), "bytes")
		})
		b.Run(name+"/run", func(b *testing.B) {
			p, dir := load(b, file), project(b)
			for b.Loop() {
				r := request(dir, &fakeCaller{})
				r.Dirs, r.Files = []string{"seed-data"}, []string{"config.txt"}
				report, err := icpsync.Run(b.Context(), p, r)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(report.PeakMemoryBytes)/(1<<20), "guest-MiB")
			}
		})
	}
}

func compileAnew(b *testing.B, wasm []byte) {
	b.Helper()
	eng, err := testengine.New()
	if err != nil {
		b.Fatal(err)
	}
	host, err := plugin.NewHost(plugin.Config{Engine: eng})
	if err == nil {
		_, err = host.Load(b.Context(), wasm)
	}
	if err != nil {
		b.Fatal(err)
	}
	if err := eng.Close(); err != nil {
		b.Fatal(err)
	}
}
