package cli_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/cli"
)

// TestInspectIsSafe inspects a component with an import named
// "url=<http://x/\x1b[31mred\a\u202e>": names in components may hold anything.
func TestInspectIsSafe(t *testing.T) {
	component, err := hex.DecodeString("0061736d0d000100" + // component
		"070501400001000a" + // type func(); then imports:
		"2001001b75726c3d3c687474703a2f2f782f1b5b33316d72656407e280ae3e0100")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "c.wasm")
	if err := os.WriteFile(file, component, 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	cli.Main(t.Context(), []string{"plugin", "inspect", file}, cli.Streams{
		In: strings.NewReader(""), Out: &out, Err: &errs, Dir: t.TempDir(), Environ: []string{"HOME=" + t.TempDir()},
	})
	if !strings.Contains(out.String(), "  url=<http://x/[31mred>\n") || strings.ContainsAny(out.String(), "\x1b\a\u202e") {
		t.Errorf("inspect printed %q, %q, want the name without what commands a terminal", out.String(), errs.String())
	}
}
