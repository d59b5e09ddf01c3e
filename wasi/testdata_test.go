package wasi_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the components of testdata anew")

// TestTestdata makes the components of testdata from their sources and compares
// them with those that are kept.
func TestTestdata(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	tools := filepath.Join("..", "tools")
	if _, err := os.Stat(filepath.Join(tools, "node_modules", "@bytecodealliance", "jco")); err != nil {
		t.Skip("jco is not installed: run npm ci in tools")
	}
	for _, tt := range []struct{ wasm, source string }{
		{"all.wasm", "all.wit"},
		{"direct.wasm", "direct.wat"},
		{"sockets.wasm", "sockets.wat"},
	} {
		t.Run(tt.wasm, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), tt.wasm)
			cmd := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "build.mjs"), tools,
				filepath.Join("testdata", tt.source), out)
			if text, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			built, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			kept := filepath.Join("testdata", tt.wasm)
			if *update {
				if err := os.WriteFile(kept, built, 0o644); err != nil {
					t.Error(err)
				}
				return
			}
			if b, err := os.ReadFile(kept); err != nil || !bytes.Equal(b, built) {
				t.Errorf("%s is not made from its source, %v: go test ./wasi -run Testdata -update", kept, err)
			}
		})
	}
}
