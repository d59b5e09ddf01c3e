package wazero_test

import (
	"context"
	"encoding/binary"
	"os"
	"testing"

	wz "github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/berth-cli/berth/engine/cache"
	"github.com/berth-cli/berth/engine/enginetest"
	"github.com/berth-cli/berth/engine/wazero"
)

func BenchmarkEngine(b *testing.B) { enginetest.Benchmark(b, newEngine(wazero.Config{})) }

func BenchmarkInterpreter(b *testing.B) {
	enginetest.Benchmark(b, newEngine(wazero.Config{Interpreter: true}))
}

// rawInstance instantiates the same module in wazero without this package.
func rawInstance(b *testing.B) api.Module {
	ctx := context.Background()
	r := wz.NewRuntime(ctx)
	b.Cleanup(func() { r.Close(ctx) })
	i32 := api.ValueTypeI32
	fn := api.GoModuleFunc(func(_ context.Context, _ api.Module, st []uint64) { st[0] += st[3] })
	_, err := r.NewHostModuleBuilder("h").NewFunctionBuilder().
		WithGoModuleFunction(fn, []api.ValueType{i32, i32, i32, i32}, []api.ValueType{i32}).Export("f").Instantiate(ctx)
	if err != nil {
		b.Fatal(err)
	}
	mod, err := r.Instantiate(ctx, enginetest.BenchModule())
	if err != nil {
		b.Fatal(err)
	}
	return mod
}

func BenchmarkRawCallIn(b *testing.B) {
	f := rawInstance(b).ExportedFunction("in")
	stack := make([]uint64, 4)
	b.ReportAllocs()
	for b.Loop() {
		if err := f.CallWithStack(b.Context(), stack); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRawCallOut(b *testing.B) {
	f := rawInstance(b).ExportedFunction("out")
	b.ResetTimer()
	if err := f.CallWithStack(b.Context(), []uint64{uint64(b.N)}); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkRawSpin(b *testing.B) {
	f := rawInstance(b).ExportedFunction("spin")
	b.ResetTimer()
	if err := f.CallWithStack(b.Context(), []uint64{uint64(b.N)}); err != nil {
		b.Fatal(err)
	}
}

// largestModule returns the largest core module of a component, of those that are not
// in another component.
func largestModule(b *testing.B, file string) []byte {
	b.Helper()
	wasm, err := os.ReadFile(file)
	if err != nil {
		b.Skip(err)
	}
	var largest []byte
	for p := wasm[8:]; len(p) > 0; {
		size, n := binary.Uvarint(p[1:])
		if n <= 0 || size > uint64(len(p)-1-n) {
			b.Fatalf("%s is no component", file)
		}
		payload := p[1+n:][:size]
		if p[0] == 1 && len(payload) > len(largest) {
			largest = payload
		}
		p = p[1+n+int(size):]
	}
	return largest
}

// BenchmarkLoad loads modules whose code is in a cache, in a new engine each time, as
// a process does: wazero's own way from wazero's own cache, and this package's from
// the authenticated one.
func BenchmarkLoad(b *testing.B) {
	for name, file := range map[string]string{
		"go-3MB": "../../examples/seed-data/seed-plugin.wasm", "c-284KB": "../../guests/posix-c/posix.wasm",
	} {
		wasm := largestModule(b, file)
		b.Run(name+"/floor", func(b *testing.B) {
			dir := b.TempDir()
			loadFloor(b, dir, wasm)
			for b.Loop() {
				loadFloor(b, dir, wasm)
			}
		})
		b.Run(name+"/berth", func(b *testing.B) {
			c := openCache(b, b.TempDir(), nil)
			load(b, c, wasm)
			for b.Loop() {
				load(b, c, wasm)
			}
		})
	}
}

func loadFloor(b *testing.B, dir string, wasm []byte) {
	ctx := b.Context()
	cc, err := wz.NewCompilationCacheWithDir(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer cc.Close(ctx)
	r := wz.NewRuntimeWithConfig(ctx, wz.NewRuntimeConfig().WithCompilationCache(cc))
	defer r.Close(ctx)
	if _, err := r.CompileModule(ctx, wasm); err != nil {
		b.Fatal(err)
	}
}

func load(b *testing.B, c *cache.Cache, wasm []byte) {
	e, err := wazero.New(wazero.Config{Cache: c})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	if _, err := e.Compile(b.Context(), wasm); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkCompile compiles the module BERTH_BENCH_WASM names.
func BenchmarkCompile(b *testing.B) {
	name := os.Getenv("BERTH_BENCH_WASM")
	wasm, err := os.ReadFile(name)
	if err != nil {
		b.Skip("set BERTH_BENCH_WASM to a core module")
	}
	b.SetBytes(int64(len(wasm)))
	for b.Loop() {
		e := newEngine(wazero.Config{})(b)
		if _, err := e.Compile(b.Context(), wasm); err != nil {
			b.Fatal(err)
		}
		e.Close()
	}
}
