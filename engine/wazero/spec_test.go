package wazero_test

import (
	"flag"
	"maps"
	"path/filepath"
	"testing"

	"github.com/berth-cli/berth/engine/enginetest"
	"github.com/berth-cli/berth/engine/wazero"
)

var update = flag.Bool("update", false, "rewrite this engine's part of docs/conformance.md")

// specSuite is a suite of the specification's tests that come with the wazero
// module, and what of it fails or cannot run.
type specSuite struct {
	name       string
	exceptions bool
	known      map[string]string
	changed    map[string]string
	skip       func(file, command string) string
}

func specSuites() []specSuite {
	partial := "of an instance whose element segments do not fit, the earlier ones are not applied either"
	extended := "valid since extended constant expressions"
	typed := "a module with typed references, which are not supported"
	v2 := enginetest.Changed("v2")
	maps.Copy(v2, enginetest.Known(extended, "elem.json 171 175"))
	return []specSuite{
		{name: "v1", changed: enginetest.Changed("v1")},
		{name: "v2", changed: v2, known: enginetest.Known(partial, "linking.json 275 288")},
		{name: "tail-call"},
		{name: "extended-const"},
		{
			name: "exception-handling", exceptions: true, known: enginetest.Known(typed, "tag.json 30 40 49"),
			skip: func(file, _ string) string {
				if file == "try_table.json" {
					return typed
				}
				return ""
			},
		},
	}
}

// TestSpec runs the core specification tests on rewritten modules, in the compiler
// and in the interpreter.
func TestSpec(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("runs some hundred thousand assertions")
	}
	dir := specTests(t)
	var runs []enginetest.SpecRun
	for _, s := range specSuites() {
		for _, column := range []string{"compiler", "interpreter"} {
			t.Run(s.name+"/"+column, func(t *testing.T) {
				spec := enginetest.Spec{Dir: filepath.Join(dir, s.name, "testdata"), Known: s.known, Changed: s.changed, Skip: s.skip}
				config := wazero.Config{Interpreter: column == "interpreter", UnsafeExceptions: s.exceptions}
				count := enginetest.RunSpec(t, newEngine(config), spec)
				runs = append(runs, enginetest.SpecRun{Suite: s.name, Column: column, Count: count, Known: s.known})
			})
		}
	}
	page := enginetest.Page{Path: filepath.Join("..", "..", "docs", "conformance.md"), Update: *update}
	page.Check(t, enginetest.Part{Name: "core on wazero", Text: enginetest.SpecText("wazero", runs)})
}
