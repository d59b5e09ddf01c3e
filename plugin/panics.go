package plugin

import (
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/berth-cli/berth/engine"
)

// panicWatch looks on standard error for the words with which the runtimes of
// languages give up, and keeps the lines that follow the last of them.
type panicWatch struct {
	lines Lines
	said  []string
}

const (
	maxPanicLines = 3 + 3*engine.MaxFrames
	maxPanicText  = 1024 // bytes of a line
)

// panicLine matches what Rust, Go, C and JavaScript say first.
var panicLine = regexp.MustCompile(`(?:panicked at|^panic:|^fatal error:|Assertion failed|^abort|Uncaught)`)

// beside returns a writer that watches what it passes on to w, which may be nil.
func (p *panicWatch) beside(w io.Writer) io.Writer {
	p.lines.Emit = p.take
	if w == nil {
		return &p.lines
	}
	return io.MultiWriter(w, &p.lines)
}

func (p *panicWatch) take(line string) {
	if len(line) > maxPanicText {
		line = strings.ToValidUTF8(line[:maxPanicText], "")
	}
	switch {
	case panicLine.MatchString(line) && !strings.Contains(line, "[recovered]"):
		p.said = append(p.said[:0], line)
	case len(p.said) > 0 && len(p.said) < maxPanicLines:
		p.said = append(p.said, line)
	}
}

// panicWords are the words of a panic: what was wrong, and where if they say so.
type panicWords struct {
	Message string // "" if there was none
	At      string // file:line:column, or ""
	Stack   []Frame
}

// The forms of Rust's words, up to version 1.72 and since, and of C's assert.
var (
	oldRustPanic = regexp.MustCompile(`panicked at '(.*)'(?:, ([^ ]+:\d+:\d+))?$`)
	newRustPanic = regexp.MustCompile(`panicked at ([^ ]+:\d+:\d+):$`)
	cAssertion   = regexp.MustCompile(`^(Assertion failed: .*) \((.+): [^:]*: (\d+)\)$`)
)

// words returns what the last panic said.
func (p *panicWatch) words() panicWords {
	p.lines.Flush()
	if len(p.said) == 0 {
		return panicWords{}
	}
	first, rest := strings.TrimSpace(p.said[0]), p.said[1:]
	if m := oldRustPanic.FindStringSubmatch(first); m != nil {
		return panicWords{Message: m[1], At: m[2]}
	}
	if m := newRustPanic.FindStringSubmatch(first); m != nil {
		return panicWords{Message: strings.TrimSpace(firstOf(rest)), At: m[1]}
	}
	if m := cAssertion.FindStringSubmatch(first); m != nil {
		return panicWords{Message: m[1], At: m[2] + ":" + m[3]}
	}
	for _, prefix := range []string{"panic: ", "fatal error: "} {
		if message, ok := strings.CutPrefix(first, prefix); ok {
			return panicWords{Message: message, Stack: goStack(rest)}
		}
	}
	return panicWords{Message: first}
}

func firstOf(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return lines[0]
}

// goFile matches the line of Go's stack traces that follows a function's.
var goFile = regexp.MustCompile(`^\t(.+):(\d+)(?: \+0x[0-9a-f]+)?$`)

// goStack reads the stack of the goroutine that panicked. Go keeps what it needs for
// that in its own data, and no debug information.
func goStack(lines []string) []Frame {
	for len(lines) > 0 && !strings.HasPrefix(lines[0], "goroutine ") {
		lines = lines[1:]
	}
	var out []Frame
	for i := 1; i+1 < len(lines) && len(out) < engine.MaxFrames; i += 2 {
		m := goFile.FindStringSubmatch(lines[i+1])
		if m == nil {
			break
		}
		name := lines[i]
		if open := strings.LastIndexByte(name, '('); open > 0 && strings.HasSuffix(name, ")") {
			name = name[:open]
		}
		line, _ := strconv.Atoi(m[2])
		out = append(out, Frame{Func: cleanWord(name), File: cleanWord(m[1]), Line: line})
	}
	return out
}

// cleanWord makes a guest's name fit to be shown: of one line, and without what a
// terminal would obey.
func cleanWord(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !strconv.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
