package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// rolling is how many lines of a step's output are shown below it.
const rolling = 4

// row is a canister in the block.
type row struct {
	name, title string
	lines       []string // the last of the step's output
	ended       bool
	failed      bool
}

func (r *row) push(line string) {
	r.lines = append(r.lines, line)
	if len(r.lines) > rolling {
		r.lines = r.lines[len(r.lines)-rolling:]
	}
}

// block is the part of a terminal that is drawn again: a row a canister, with the
// last lines of what its step says.
//
//	[frontend] ✶ Syncing: plugin path: assets.wasm 1 of 1
//	│ index.html: ok
//	│ app.js: ok
//	└
//	[backend] ✔ Synced successfully: bnz7o-…
//
// It is not safe for concurrent use.
type block struct {
	out    io.Writer
	width  func() int
	colour bool
	rows   []*row
	drawn  int // lines of it on the terminal now
	frame  int
}

func newBlock(out io.Writer, width func() int, colour bool) *block {
	return &block{out: out, width: width, colour: colour}
}

func (b *block) add(name string) *row {
	r := &row{name: name}
	b.rows = append(b.rows, r)
	return r
}

// tick draws the next picture.
func (b *block) tick() {
	b.frame++
	b.draw()
}

// above writes a line that stays, above the block.
func (b *block) above(line string) {
	b.erase()
	fmt.Fprintln(b.out, line)
	b.draw()
}

// freeze leaves what was drawn where it is, for good.
func (b *block) freeze() {
	b.draw()
	b.rows, b.drawn = nil, 0
}

// erase takes the block off the terminal.
func (b *block) erase() {
	if b.drawn > 0 {
		fmt.Fprintf(b.out, "\x1b[%dA\x1b[J", b.drawn)
		b.drawn = 0
	}
}

func (b *block) draw() {
	var text strings.Builder
	lines := b.lines()
	for _, line := range lines {
		text.WriteString(line + "\n")
	}
	b.erase()
	_, _ = io.WriteString(b.out, text.String())
	b.drawn = len(lines)
}

func (b *block) lines() []string {
	width := b.width()
	var out []string
	for _, r := range b.rows {
		title, _, _ := strings.Cut(r.title, "\n")
		out = append(out, fmt.Sprintf("[%s] %s %s", r.name, b.mark(r), cut(title, width-utf8.RuneCountInString(r.name)-6)))
		for _, line := range r.lines {
			out = append(out, "│ "+cut(line, width-3))
		}
		if len(r.lines) > 0 {
			out = append(out, "└")
		}
	}
	return out
}

// mark is the spinner, or how the canister ended.
func (b *block) mark(r *row) string {
	switch {
	case r.ended && r.failed:
		return b.paint("✘", 31)
	case r.ended:
		return b.paint("✔", 32)
	}
	frames := []string{"✶", "✸", "✹", "✺", "✹", "✷"}
	return frames[b.frame%len(frames)]
}

func (b *block) paint(s string, colour int) string {
	if !b.colour {
		return s
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", colour, s)
}

// cut shortens a line to a number of characters, so that it takes one line of the
// terminal.
func cut(s string, width int) string {
	if width <= 1 || utf8.RuneCountInString(s) <= width {
		return s
	}
	runes := []rune(s)
	return string(runes[:width-1]) + "…"
}
