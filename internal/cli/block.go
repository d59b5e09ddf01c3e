package cli

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// rolling is how many lines of a step's output are shown below it.
const rolling = 4

// row is a canister in the block.
type row struct {
	name, title string
	lines       []string // the last of the step's output
	ended       bool
	failed      bool
	step        *step // under way, or nil
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
//	[frontend] ✶ Syncing: plugin path: assets.wasm 1 of 1  query x12 mem 2 MiB 4s
//	│ index.html: ok
//	│ app.js: ok
//	└
//	[backend] ✔ Synced successfully: bnz7o-…
//
// The cursor rests at the beginning of the line below it. Each picture is one
// write, and never has more lines than the terminal: what has scrolled away cannot
// be drawn again. It is not safe for concurrent use.
type block struct {
	out    io.Writer
	size   func() (width, height int)
	colour bool
	rows   []*row
	drawn  int // lines of it on the terminal now
	frame  int
}

func newBlock(out io.Writer, size func() (width, height int), colour bool) *block {
	return &block{out: out, size: size, colour: colour}
}

func (b *block) add(name string) *row {
	r := &row{name: name, title: "waiting"}
	b.rows = append(b.rows, r)
	return r
}

// bounds are the columns and the lines there are. The last column stays free: some
// terminals go to the next line when it is written. height is 0 if nobody knows it.
func (b *block) bounds() (width, height int) {
	width, height = b.size()
	if width <= 1 {
		width = 80
	}
	return width - 1, height
}

// tick draws the next picture.
func (b *block) tick() {
	b.frame++
	b.draw()
}

// above writes lines that stay, above the block.
func (b *block) above(lines string) { b.redraw(lines, b.fitting()) }

// draw draws the block as it is now.
func (b *block) draw() { b.redraw("", b.fitting()) }

// freeze leaves the block where it is, whole, and forgets it.
func (b *block) freeze() {
	width, _ := b.bounds()
	b.redraw("", b.lines(width, true))
	b.rows, b.drawn = nil, 0
}

// erase takes the block off the terminal.
func (b *block) erase() { b.redraw("", nil) }

// redraw puts staying lines, each with its end, and a new picture in the place of
// the old one.
func (b *block) redraw(staying string, lines []string) {
	if b.drawn == 0 && staying == "" && len(lines) == 0 {
		return
	}
	var text strings.Builder
	if b.drawn > 0 {
		fmt.Fprintf(&text, "\x1b[%dA\r\x1b[J", b.drawn)
	}
	text.WriteString(staying)
	for _, line := range lines {
		text.WriteString(line + "\n")
	}
	_, _ = io.WriteString(b.out, text.String())
	b.drawn = len(lines)
}

// fitting are the lines of a picture that the terminal has room for: without the
// output of steps, and then without the last canisters, if it is too low.
func (b *block) fitting() []string {
	width, height := b.bounds()
	room := height - 1 // the cursor has a line, too
	lines := b.lines(width, true)
	if height <= 0 || len(lines) <= room {
		return lines
	}
	lines = b.lines(width, false)
	if len(lines) <= room {
		return lines
	}
	if room < 2 {
		return nil
	}
	return append(lines[:room-1], cut(fmt.Sprintf("… and %d more", len(lines)-room+1), width))
}

func (b *block) lines(width int, output bool) []string {
	var out []string
	for _, r := range b.rows {
		title, more, _ := strings.Cut(r.title, "\n")
		if more != "" {
			title += " …"
		}
		name := cut(r.name, width/2)
		out = append(out, fmt.Sprintf("[%s] %s %s", name, b.mark(r), r.text(title, width-columns(name)-5)))
		if !output || len(r.lines) == 0 {
			continue
		}
		for _, line := range r.lines {
			out = append(out, "│ "+cut(line, width-2))
		}
		out = append(out, "└")
	}
	return out
}

// leastTitle is how many columns of a title are worth more than counters.
const leastTitle = 16

// text is a title and, where there is room, the counters of the step.
func (r *row) text(title string, width int) string {
	if r.step == nil || r.ended {
		return cut(title, width)
	}
	counters := visible(r.step.counters(time.Now()))
	room := width - columns(counters) - 2
	if counters == "" || room < min(leastTitle, columns(title)) {
		return cut(title, width)
	}
	return cut(title, room) + "  " + counters
}

// mark is the spinner, or how the canister ended.
func (b *block) mark(r *row) string {
	switch {
	case r.ended && r.failed:
		return paint("✘", red, b.colour)
	case r.ended:
		return paint("✔", green, b.colour)
	}
	frames := []string{"✶", "✸", "✹", "✺", "✹", "✷"}
	return frames[b.frame%len(frames)]
}
