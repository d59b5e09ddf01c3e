package wast_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/berth-cli/berth/component/internal/wast"
)

// moduleRoot is the folder of go.mod.
func moduleRoot(t testing.TB) string {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// suite is the component model's own scripts, by their path in the suite. They are
// not part of this project: they are found next to it, or where
// BERTH_CONFORMANCE says.
func suite(t *testing.T) map[string]*wast.Script {
	t.Helper()
	dir := os.Getenv("BERTH_CONFORMANCE")
	if dir == "" {
		dir = filepath.Join(moduleRoot(t), "..", "shared", "conformance")
	}
	dir = filepath.Join(dir, "component-model")
	if _, err := os.Stat(dir); err != nil {
		skip(t, "the conformance texts are absent: set BERTH_CONFORMANCE")
	}
	scripts := map[string]*wast.Script{}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.wast"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts in %s: %v", dir, err)
	}
	for _, file := range files {
		name, err := filepath.Rel(dir, file)
		if err != nil {
			t.Fatal(err)
		}
		scripts[filepath.ToSlash(name)] = parseFile(t, file)
	}
	return scripts
}

func parseFile(t *testing.T, file string) *wast.Script {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := wast.Parse(string(src))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return s
}

// skip skips a test for what this machine lacks; in continuous integration that
// is a failure.
func skip(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("BERTH_CI") != "" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
