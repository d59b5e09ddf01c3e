package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/cli"
)

// TestExcerpt asks for lines of files in a project and around it.
func TestExcerpt(t *testing.T) {
	top := t.TempDir()
	project := filepath.Join(top, "project")
	put := func(name, text string) {
		t.Helper()
		file := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("project/src/main.rs", "one\n\ttwo\x1b[2J\nthree\nfour\n")
	put("project/.git/config.rs", "secret\n")
	put("project/.env", "secret\n")
	put("project/notes.txt", "secret\n")
	put("project/large.rs", strings.Repeat("x\n", 1<<20))
	put("outside.rs", "secret\n")
	link(t, "../../outside.rs", filepath.Join(project, "src/link.rs"))
	link(t, top, filepath.Join(project, "up"))
	for _, tt := range []struct {
		name, file   string
		line, column int
		want         string
	}{
		{"in the project", "src/main.rs", 3, 2, "           1 | one\n           2 |     two[2J\n     >     3 | three\n             |  ^"},
		{"first line", "src/main.rs", 1, 0, "     >     1 | one"},
		{"absolute", filepath.Join(project, "src/main.rs"), 1, 0, "     >     1 | one"},
		{"dotted", "src/../src/main.rs", 1, 0, "     >     1 | one"},
		{"line beyond the end", "src/main.rs", 99, 1, ""},
		{"no line", "src/main.rs", 0, 0, ""},
		{"column beyond the end", "src/main.rs", 1, 900, "     >     1 | one"},
		{"no file", "src/none.rs", 1, 1, ""},
		{"folder", "src", 1, 1, ""},
		{"outside", "../outside.rs", 1, 1, ""},
		{"outside, absolute", filepath.Join(top, "outside.rs"), 1, 1, ""},
		{"linked out", "src/link.rs", 1, 1, ""},
		{"through a linked folder", "up/outside.rs", 1, 1, ""},
		{"hidden folder", ".git/config.rs", 1, 1, ""},
		{"hidden file", ".env", 1, 1, ""},
		{"no source", "notes.txt", 1, 1, ""},
		{"large", "large.rs", 1, 1, ""},
		{"nothing", "", 1, 1, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(cli.ExcerptOf([]string{filepath.Join(top, "none"), project}, tt.file, tt.line, tt.column), "\n")
			if got != tt.want {
				t.Errorf("ExcerptOf(%q, %d) =\n%s\nwant\n%s", tt.file, tt.line, got, tt.want)
			}
		})
	}
}

func link(t *testing.T, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Skipf("no symbolic links on this machine: %v", err)
	}
}
