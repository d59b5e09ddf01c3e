//go:build wasmtime

package wasmtime_test

import (
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-cli/berth/engine/enginetest"
	"github.com/berth-cli/berth/engine/wasmtime"
)

var update = flag.Bool("update", false, "rewrite this engine's part of docs/conformance.md")

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
	var runs []enginetest.SpecRun
	for _, suite := range specSuites() {
		t.Run(suite.name, func(t *testing.T) {
			spec := enginetest.Spec{
				Dir: filepath.Join(dir, suite.name, "testdata"), HalveVectors: true, Skip: cannotTry,
				Known: suite.known, Changed: suite.changed,
			}
			count := enginetest.RunSpec(t, newEngine(wasmtime.Config{}), spec)
			runs = append(runs, enginetest.SpecRun{Suite: suite.name, Column: "assertions", Count: count, Known: suite.known})
		})
	}
	page := enginetest.Page{Path: filepath.Join("..", "..", "docs", "conformance.md"), Update: *update}
	page.Check(t, enginetest.Part{Name: "core on wasmtime", Text: enginetest.SpecText("wasmtime", runs)})
}

// specSuite is a suite, and what of it fails.
type specSuite struct {
	name    string
	known   map[string]string
	changed map[string]string
}

func specSuites() []specSuite {
	const (
		zero     = "a zero byte is an index of a memory since multi-memory, and may be longer"
		follows  = "follows what cannot be tried"
		segments = "the earlier segments of an instance that traps are applied, since bulk memory operations"
	)
	v1, v2 := enginetest.Changed("v1"), enginetest.Changed("v2")
	maps.Copy(v1, enginetest.Known(zero, "binary.json 163 183 202 221 260 279 297 315"))
	maps.Copy(v1, enginetest.Known(segments, "linking.json 236 248"))
	maps.Copy(v2, enginetest.Known(zero, "binary.json 146 166 185 204 243 262 280 298"))
	follow := enginetest.Known(follows, "ref_is_null.json 41", "table_get.json 31", "table_grow.json 21 29")
	return []specSuite{
		{name: "v1", changed: v1},
		{name: "v2", changed: v2, known: follow},
		{name: "tail-call"},
		{name: "extended-const"},
	}
}

// cannotTry says why a command needs what wasmtime-go lacks.
func cannotTry(_, command string) string {
	if strings.Contains(command, `"externref"`) || strings.Contains(command, `"funcref"`) {
		return "passes references between host and guest"
	}
	return ""
}
