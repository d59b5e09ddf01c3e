package cli_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/cli"
)

func wantScreen(t *testing.T, term *terminal, want ...string) {
	t.Helper()
	if got := term.text(); got != strings.Join(want, "\n") {
		t.Errorf("the terminal shows\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	if term.unknown != "" {
		t.Errorf("control sequences %q", term.unknown)
	}
}

// TestRollingLines checks that the last four lines of a step stand below its title.
func TestRollingLines(t *testing.T) {
	term := newTerminal(40, 20)
	b := cli.NewBlock(term, term.size, false)
	web, api := b.Add("web"), b.Add("api")
	web.Step("Syncing: plugin path: a.wasm 1 of 2")
	web.Push("one")
	b.Draw()
	wantScreen(t, term, "[web] ✶ Syncing: plugin path: a.wasm 1…", "│ one", "└", "[api] ✶ waiting")
	for i := 2; i <= 6; i++ {
		web.Push(fmt.Sprint("line ", i))
		b.Tick()
	}
	api.Step("Syncing: script make\ntest 1 of 1")
	b.Draw()
	wantScreen(t, term, "[web] ✷ Syncing: plugin path: a.wasm 1…",
		"│ line 3", "│ line 4", "│ line 5", "│ line 6", "└", "[api] ✷ Syncing: script make …")
	web.End("Synced successfully: aaaaa-aa", false)
	api.End("Failed to sync canister: no", true)
	b.Freeze()
	b.Draw()
	wantScreen(t, term, "[web] ✔ Synced successfully: aaaaa-aa", "[api] ✘ Failed to sync canister: no")
}

// TestLinesAbove checks that what stays is above the block, in its order.
func TestLinesAbove(t *testing.T) {
	term := newTerminal(30, 6)
	b := cli.NewBlock(term, term.size, false)
	web := b.Add("web")
	web.Step("working")
	for i := range 8 {
		web.Push(fmt.Sprint("output ", i))
		b.Above(fmt.Sprintf("line %d\n", i))
	}
	web.End("done", false)
	b.Freeze()
	want := make([]string, 0, 9)
	for i := range 8 {
		want = append(want, fmt.Sprint("line ", i))
	}
	wantScreen(t, term, append(want, "[web] ✔ done")...)
}

// TestNarrowTerminal checks that no line is wider than the terminal, whatever is in
// it: a line that wraps would not be erased.
func TestNarrowTerminal(t *testing.T) {
	texts := []string{
		strings.Repeat("x", 200), strings.Repeat("日本", 60), strings.Repeat("🎉", 60), strings.Repeat("e\u0301", 90),
		"a\tb\tc\td\te\tf\tg\th", strings.Repeat("🇨🇭", 40), "\x1b[2J\x1b[Hgone\r\n", strings.Repeat("한국어", 30), strings.Repeat("👩\u200d👩", 40),
	}
	for _, width := range []int{8, 9, 20, 41} {
		for _, text := range texts {
			term := newTerminal(width, 20)
			b := cli.NewBlock(term, term.size, false)
			row := b.Add("c")
			row.Step(text)
			for range 3 {
				row.Push(text)
				b.Draw()
			}
			if got := strings.Count(term.text(), "\n") + 1; got != 5 {
				t.Errorf("width %d, %.10q…: %d lines on the terminal, want 5:\n%s", width, text, got, term.text())
			}
			row.End("done", false)
			b.Freeze()
			wantScreen(t, term, "[c] ✔ "+cli.Cut("done", width-1-6))
		}
	}
}

// TestLowTerminal checks that a block never has more lines than the terminal, and
// that all of it is there in the end.
func TestLowTerminal(t *testing.T) {
	for _, height := range []int{1, 2, 3, 5, 8, 13, 50} {
		term := newTerminal(40, height)
		b := cli.NewBlock(term, term.size, false)
		var rows []cli.Row
		for i := range 10 {
			rows = append(rows, b.Add(fmt.Sprint("c", i)))
		}
		for range 5 {
			for _, r := range rows {
				r.Push("output")
			}
			b.Draw()
		}
		if height < 40 && term.scrolls > 0 {
			t.Errorf("height %d: the block scrolled:\n%s", height, term.text())
		}
		var want []string
		for i, r := range rows {
			r.End("done", false)
			want = append(want, fmt.Sprintf("[c%d] ✔ done", i))
		}
		b.Freeze()
		wantScreen(t, term, want...)
	}
}

// TestLongName checks that a name does not wrap, either.
func TestLongName(t *testing.T) {
	term := newTerminal(20, 10)
	b := cli.NewBlock(term, term.size, false)
	row := b.Add("canister-with-a-long-name")
	for range 3 {
		row.Push("x")
		b.Draw()
	}
	wantScreen(t, term, "[canister…] ✶ wait…", "│ x", "│ x", "│ x", "└")
}

func TestColours(t *testing.T) {
	for _, colour := range []bool{true, false} {
		term := newTerminal(40, 10)
		b := cli.NewBlock(term, term.size, colour)
		b.Add("good").End("done", false)
		b.Add("bad").End("failed", true)
		b.Draw()
		want := ""
		if colour {
			want = "[32m[0m[31m[0m"
		}
		if term.sgr != want {
			t.Errorf("colour %v: control sequences %q, want %q", colour, term.sgr, want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, tt := range []struct {
		text  string
		width int
		want  string
	}{
		{"hello", 5, "hello"},
		{"hello", 4, "hel…"},
		{"日本語", 6, "日本語"},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"},
		{"e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"},
		{"a\tb", 6, "a    b"},
		{"a\x1b[31mb\x07", 10, "a[31mb"},
		{"hello", 1, "…"},
		{"hello", 0, ""},
		{"", 3, ""},
	} {
		if got := cli.Cut(tt.text, tt.width); got != tt.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", tt.text, tt.width, got, tt.want)
		}
	}
}

func FuzzCut(f *testing.F) {
	f.Add("日本語 text\t🎉", 7)
	f.Add("\x1b[2J\xff\xfe", 3)
	f.Fuzz(func(t *testing.T, text string, width int) {
		got := cli.Cut(text, width)
		if cli.Columns(got) > max(width, 0) {
			t.Errorf("Cut(%q, %d) = %q, which takes %d columns", text, width, got, cli.Columns(got))
		}
		if strings.ContainsAny(got, "\x1b\n\r\t\x07") {
			t.Errorf("Cut(%q, %d) = %q, with control characters", text, width, got)
		}
	})
}
