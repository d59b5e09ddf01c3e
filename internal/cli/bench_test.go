package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// BenchmarkWarmSync runs a built berth as a user does: a sync of the example whose
// plugin is compiled already. It reports the wall time and the most memory a
// process took.
func BenchmarkWarmSync(b *testing.B) {
	dir := b.TempDir()
	berth := filepath.Join(dir, "berth")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", berth, "../../cmd/berth").CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	example := filepath.Join(dir, "seed-data")
	if err := copyFolder(example, "../../examples/seed-data"); err != nil {
		b.Fatal(err)
	}
	run := func(args ...string) *os.ProcessState {
		cmd := exec.CommandContext(b.Context(), berth, append([]string{"-q", "-C", example}, args...)...)
		cmd.Env = append(os.Environ(), "HOME="+dir, "ICP_HOME="+dir, "BERTH_CONFIG_DIR="+dir+"/config", "BERTH_CACHE_DIR="+dir+"/cache")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("berth %s: %v\n%s", args, err, out)
		}
		return cmd.ProcessState
	}
	run("deploy")
	most := 0.0
	for b.Loop() {
		most = max(most, peakMiB(run("sync")))
	}
	b.ReportMetric(most, "peak-MiB")
}
