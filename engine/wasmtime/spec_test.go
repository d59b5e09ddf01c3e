//go:build wasmtime

package wasmtime_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-cli/berth/engine/enginetest"
	"github.com/berth-cli/berth/engine/wasmtime"
)

// TestSpec runs the core specification tests that come with the wazero module.
func TestSpec(t *testing.T) {
	if testing.Short() {
		t.Skip("runs some thousand assertions")
	}
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	dir := filepath.Join(strings.TrimSpace(string(out)), "internal", "integration_test", "spectest")
	if _, serr := os.Stat(dir); err != nil || serr != nil {
		t.Skipf("the wazero module's source is not here: %v, %v", err, serr)
	}
	for _, suite := range []string{"v2", "tail-call", "extended-const"} {
		t.Run(suite, func(t *testing.T) {
			spec := enginetest.Spec{Dir: filepath.Join(dir, suite, "testdata"), Skip: cannotRun}
			enginetest.RunSpec(t, newEngine(wasmtime.Config{}), spec)
		})
	}
}

// cannotRun says why a file needs what wasmtime-go lacks or wasmtime allows.
func cannotRun(file string) string {
	switch file {
	case "binary.json", "imports.json", "memory.json":
		return "expects several memories to be invalid"
	case "br_table.json", "elem.json", "global.json", "ref_is_null.json", "select.json",
		"table_fill.json", "table_get.json", "table_grow.json", "table_set.json":
		return "passes references between host and guest"
	}
	if strings.HasPrefix(file, "simd_") {
		return "passes vectors between host and guest"
	}
	return ""
}
