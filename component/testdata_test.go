package component_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the components of testdata anew")

// TestTestdata makes the components of testdata from their texts and compares them
// with those that are kept.
func TestTestdata(t *testing.T) {
	texts, err := filepath.Glob("testdata/*.wat")
	if err != nil || len(texts) == 0 {
		t.Fatalf("no texts in testdata: %v", err)
	}
	for i, wasm := range readTexts(t, texts) {
		file := strings.TrimSuffix(texts[i], ".wat") + ".wasm"
		kept, err := os.ReadFile(file)
		switch {
		case *update:
			if err := os.WriteFile(file, wasm, 0o644); err != nil {
				t.Error(err)
			}
		case err != nil:
			t.Error(err)
		case !bytes.Equal(kept, wasm):
			t.Errorf("%s is not made from its text: go test ./component -run Testdata -update", file)
		}
	}
}

// readTexts turns component texts into binaries.
func readTexts(t *testing.T, files []string) [][]byte {
	t.Helper()
	reader := filepath.Join("..", "tools", "wast", "parse.mjs")
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	if _, err := os.Stat(filepath.Join("..", "tools", "node_modules", "@bytecodealliance", "jco")); err != nil {
		t.Skip("jco is not installed: run npm ci in tools")
	}
	sources := make([]string, len(files))
	for i, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		sources[i] = string(b)
	}
	in, err := json.Marshal(sources)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, reader)
	cmd.Stdin = bytes.NewReader(in)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var results []struct {
		Wasm  []byte
		Error string
	}
	if err := json.Unmarshal(out, &results); err != nil || len(results) != len(files) {
		t.Fatalf("%d results for %d texts: %v", len(results), len(files), err)
	}
	wasm := make([][]byte, len(files))
	for i, r := range results {
		if r.Error != "" {
			t.Fatalf("%s: %s", files[i], r.Error)
		}
		wasm[i] = r.Wasm
	}
	return wasm
}
