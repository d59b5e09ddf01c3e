package enginetest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-cli/berth/engine/enginetest"
)

// failures counts instead of failing.
type failures struct {
	testing.TB
	texts []string
}

func (f *failures) Helper() {}

func (f *failures) Errorf(format string, args ...any) { f.texts = append(f.texts, format) }

func TestPage(t *testing.T) {
	const page = "head\n<!-- part a -->\n**7 of 9**\n<!-- end a -->\nmiddle\n<!-- part b -->\nx\n<!-- end b -->\n"
	for _, tt := range []struct {
		name   string
		part   enginetest.Part
		update bool
		fails  bool
		want   string // empty: as it was
	}{
		{"same", enginetest.Part{Name: "a", Text: "**7 of 9**\n"}, false, false, ""},
		{"stale", enginetest.Part{Name: "a", Text: "**8 of 9**\n"}, false, true, ""},
		{"updated", enginetest.Part{Name: "a", Text: "**8 of 9**\n"}, true, false, strings.Replace(page, "7 of", "8 of", 1)},
		{"shrunk", enginetest.Part{Name: "a", Text: "**6 of 9**\n"}, true, true, ""},
		{"gone", enginetest.Part{Name: "a", Text: "\n"}, true, true, ""},
		{"without a count", enginetest.Part{Name: "b", Text: "y\n"}, true, false, strings.Replace(page, "x", "y", 1)},
		{"unknown", enginetest.Part{Name: "c", Text: "y\n"}, true, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "page.md")
			if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
				t.Fatal(err)
			}
			var f failures
			enginetest.Page{Path: path, Update: tt.update}.Check(&f, tt.part)
			if (len(f.texts) > 0) != tt.fails {
				t.Errorf("Check failed with %q, want failure: %v", f.texts, tt.fails)
			}
			want := tt.want
			if want == "" {
				want = page
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != want {
				t.Errorf("page is %q, %v, want %q", got, err, want)
			}
		})
	}
}
