package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
)

// console is standard error: lines that stay, written by any goroutine, and on a
// terminal a block below them that is drawn again and again.
//
// What it writes comes from manifests, plugins and networks, too. Control
// characters are left out, so that none of them commands the terminal.
type console struct {
	mu     sync.Mutex
	out    io.Writer
	colour bool
	block  *block // nil: none is shown
}

// line writes a line, or several, above the block.
func (c *console) line(text string) { c.write("", 0, text) }

// The colours of a terminal, as numbers of its control sequences.
const (
	red    = 31
	green  = 32
	yellow = 33
)

// errorLine and warning write a line with the prefix that says how bad it is.
func (c *console) errorLine(text string) { c.write("ERR ", red, text) }
func (c *console) warning(text string)   { c.write("WARN ", yellow, text) }

func (c *console) write(prefix string, colour int, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	prefix = paint(prefix, colour, c.colour)
	var out strings.Builder
	for l := range strings.Lines(text + "\n") {
		out.WriteString(prefix + visible(strings.TrimSuffix(l, "\n")) + "\n")
	}
	if c.block != nil {
		c.block.above(out.String())
		return
	}
	_, _ = io.WriteString(c.out, out.String())
}

// withBlock runs do while nothing else writes. b is nil where no block is shown.
func (c *console) withBlock(do func(b *block)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do(c.block)
}

// show starts or, with nil, stops showing a block.
func (c *console) show(b *block) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.block != nil {
		c.block.freeze()
	}
	c.block = b
}

func paint(s string, colour int, on bool) string {
	if !on || colour == 0 || s == "" {
		return s
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", colour, s)
}

// visible leaves control characters out, all but the tab, and those that turn the
// direction of the text around them: with these one line shows as another.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return -1
		}
		return r
	}, s)
}
