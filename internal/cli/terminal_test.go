package cli_test

import (
	"strings"
	"sync"

	"github.com/berth-cli/berth/internal/cli"
)

// terminal is what a program writes to, as a terminal shows it: it knows the control
// sequences that berth uses, wraps at its width and scrolls at its height. What
// has scrolled away is kept.
type terminal struct {
	width, height int

	mu      sync.Mutex
	gone    []string
	lines   [][]rune
	row     int
	column  int
	sgr     string // the control sequences of colours, in their order
	unknown string // sequences it does not know
	pending string // of an escape sequence, without its end
	scrolls int
}

func newTerminal(width, height int) *terminal {
	return &terminal{width: width, height: height, lines: make([][]rune, 1)}
}

func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range string(p) {
		switch {
		case t.pending != "":
			t.escape(r)
		case r == 0x1b:
			t.pending = "\x1b"
		case r == '\n':
			t.column = 0
			t.down()
		case r == '\r':
			t.column = 0
		default:
			t.put(r)
		}
	}
	return len(p), nil
}

// escape takes the next character of a control sequence.
func (t *terminal) escape(r rune) {
	t.pending += string(r)
	if r == '[' && len(t.pending) == 2 || r >= '0' && r <= '9' || r == ';' {
		return
	}
	sequence := t.pending
	t.pending = ""
	number := 0
	for _, d := range strings.Trim(sequence[2:], "AJm") {
		number = 10*number + int(d-'0')
	}
	switch r {
	case 'A':
		t.row = max(t.row-number, 0)
	case 'J':
		t.lines = t.lines[:t.row+1]
		t.lines[t.row] = t.lines[t.row][:min(t.column, len(t.lines[t.row]))]
	case 'm':
		t.sgr += sequence[1:]
	default:
		t.unknown += sequence
	}
}

func (t *terminal) down() {
	t.row++
	for len(t.lines) <= t.row {
		t.lines = append(t.lines, nil)
	}
	if len(t.lines) > t.height {
		t.gone = append(t.gone, string(t.lines[0]))
		t.lines = t.lines[1:]
		t.row--
		t.scrolls++
	}
}

// put writes a character; the second column of a wide one is a zero.
func (t *terminal) put(r rune) {
	wide := cli.Columns(string(r))
	if t.column+wide > t.width {
		t.column = 0
		t.down()
	}
	line := t.lines[t.row]
	for len(line) < t.column+wide {
		line = append(line, ' ')
	}
	for i := range wide {
		line[t.column+i] = 0
	}
	if wide > 0 {
		line[t.column] = r
	}
	t.lines[t.row] = line
	t.column += wide
}

// text is all that was ever shown and is not erased, without empty lines at the end.
func (t *terminal) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out strings.Builder
	for _, l := range t.gone {
		out.WriteString(strings.ReplaceAll(l, "\x00", "") + "\n")
	}
	for _, l := range t.lines {
		out.WriteString(strings.ReplaceAll(string(l), "\x00", "") + "\n")
	}
	return strings.TrimRight(out.String(), "\n ")
}

func (t *terminal) size() (width, height int) { return t.width, t.height }
