package plugin

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// Lines is an io.Writer that hands on what is written to it line by line, the way
// a person can read it: bytes that are no UTF-8 replaced, control sequences of
// terminals removed, carriage returns trimmed. After MaxBytes bytes the rest is
// counted, and Flush says so in a line of its own.
//
// It is for showing. What must not lose a byte takes the bytes themselves.
type Lines struct {
	Emit     func(line string)
	Name     string // of the stream, for the note about what was cut
	MaxBytes int    // 0: no bound

	partial []byte
	taken   int
	dropped int
}

// maxLineBytes bounds a line that does not end.
const maxLineBytes = 64 << 10

// ansiSequence is what terminals take as commands: a control sequence, an
// operating system command, or another escape.
var ansiSequence = regexp.MustCompile(
	"\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?|[PX^_][^\x1b]*(?:\x1b\\\\)?|[ -/]*[0-~])")

// Write takes bytes of the stream. It never fails.
func (l *Lines) Write(p []byte) (int, error) {
	n := len(p)
	if l.MaxBytes > 0 && len(p) > l.MaxBytes-l.taken {
		l.dropped += len(p) - (l.MaxBytes - l.taken)
		p = p[:l.MaxBytes-l.taken]
	}
	l.taken += len(p)
	for len(p) > 0 {
		line, rest, ended := bytes.Cut(p, []byte{'\n'})
		l.partial = append(l.partial, line...)
		p = rest
		if ended || len(l.partial) >= maxLineBytes {
			l.emit()
		}
	}
	return n, nil
}

// Flush ends the stream: a last line without an end is handed on, and a note of
// what was cut.
func (l *Lines) Flush() {
	if len(l.partial) > 0 {
		l.emit()
	}
	if l.dropped > 0 {
		l.Emit(fmt.Sprintf("… %d bytes of %s truncated", l.dropped, l.Name))
		l.dropped = 0
	}
}

func (l *Lines) emit() {
	line := strings.TrimRight(strings.ToValidUTF8(string(l.partial), "\uFFFD"), "\r")
	l.partial = l.partial[:0]
	l.Emit(printable(ansiSequence.ReplaceAllString(line, "")))
}

// printable removes what is left of control characters but the tab, and those that
// turn the direction of text: a guest must not move the cursor of the user's
// terminal, nor show one line as another.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return -1
		}
		return r
	}, s)
}
