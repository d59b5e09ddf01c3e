package wast_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component/internal/wast"
)

// show prints nodes with the kind of each.
func show(nodes []wast.Node) string {
	var parts []string
	for _, n := range nodes {
		switch n.Kind {
		case wast.Atom:
			parts = append(parts, n.Text)
		case wast.String:
			parts = append(parts, "<"+n.Text+">")
		case wast.List:
			parts = append(parts, "("+show(n.Children)+")")
		}
	}
	return strings.Join(parts, " ")
}

func TestReadAll(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"empty", "", ""},
		{"blanks and comments", " ;; one (\n\t(; two (; inside ;) ;) a", "a"},
		{"lists", "(a (b) ())(c)", "(a (b) ()) (c)"},
		{"atoms", "$x=1 0x_ff -nan:0x1 a.b/c@1.0", "$x=1 0x_ff -nan:0x1 a.b/c@1.0"},
		{"quoted identifier", `$"a b" c`, `$"a b" c`},
		{"comment ends an atom", "a;;b", "a"},
		{"escapes", `"\t\n\r\"\'\\\00\7f\u{7_F}\u{2603}"`, "<\t\n\r\"'\\\x00\x7f\x7f☃>"},
		{"bytes that are not UTF-8", `"\ff\fe"`, "<\xff\xfe>"},
		{"parenthesis in a string", `(a ")")`, "(a <)>)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			nodes, err := wast.ReadAll(tt.src)
			if got := show(nodes); err != nil || got != tt.want {
				t.Errorf("ReadAll(%q) = %q, %v, want %q", tt.src, got, err, tt.want)
			}
		})
	}
}

func TestReadAllRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, src string
		offset    int
	}{
		{"list", "a (b", 2},
		{"parenthesis", "a )", 2},
		{"string", `a "b`, 2},
		{"comment", "a (; b (; ;)", 2},
		{"escape", `"\zz"`, 1},
		{"cut escape", `"\`, 1},
		{"surrogate", `"\u{d800}"`, 1},
		{"number of an escape", `"\u41"`, 1},
		{"depth", strings.Repeat("(", 2000), 1001},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := wast.ReadAll(tt.src)
			e, ok := errors.AsType[*wast.SyntaxError](err)
			if !ok || e.Offset != tt.offset {
				t.Errorf("ReadAll(%q) = %v, want a *SyntaxError at %d", tt.src, err, tt.offset)
			}
		})
	}
}

// FuzzReadAll checks that the offsets of a list cover exactly what it was read
// from.
func FuzzReadAll(f *testing.F) {
	for _, s := range []string{"(a (b) ())(c)", `"\t\u{2603}" ;; x`, "(; (; ;) ;) a", `$"a b"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		nodes, err := wast.ReadAll(src)
		if err != nil {
			return
		}
		for _, n := range nodes {
			again, err := wast.ReadAll(src[n.Start:n.End])
			if err != nil || len(again) != 1 || show(again) != show([]wast.Node{n}) {
				t.Errorf("ReadAll(%q) = %q, %v, want %q", src[n.Start:n.End], show(again), err, show([]wast.Node{n}))
			}
		}
	})
}
