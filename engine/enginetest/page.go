package enginetest

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Page is a page of documentation with parts that tests generate. A part stands
// between two comments, "<!-- part NAME -->" and "<!-- end NAME -->"; a run that
// knows only some parts leaves the others as they are.
type Page struct {
	Path   string
	Update bool // write the part instead of comparing it
}

// Part is what one run has to say. Its count is the first "**N of" in its text.
type Part struct{ Name, Text string }

// Check compares a part with the page, or updates it. It fails if the part's count
// is less than the page's, whether or not it is to be updated.
func (p Page) Check(t testing.TB, part Part) {
	t.Helper()
	if err := p.check(part); err != nil {
		t.Errorf("%s: %v", p.Path, err)
	}
}

var errStale = errors.New("stale: run make conformance")

func (p Page) check(part Part) error {
	b, err := os.ReadFile(p.Path)
	if err != nil {
		return err
	}
	before, old, after, err := cutPart(string(b), part.Name)
	if err != nil {
		return err
	}
	if was, is := count(old), count(part.Text); is < was {
		return fmt.Errorf("part %q: %d pass, and %d did: the count may only grow", part.Name, is, was)
	}
	if old == part.Text {
		return nil
	}
	if !p.Update {
		return fmt.Errorf("part %q is %w", part.Name, errStale)
	}
	return os.WriteFile(p.Path, []byte(before+part.Text+after), 0o644)
}

// cutPart splits a page around a part's text.
func cutPart(page, name string) (before, text, after string, err error) {
	open, end := "<!-- part "+name+" -->\n", "<!-- end "+name+" -->"
	before, rest, found := strings.Cut(page, open)
	text, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", "", "", fmt.Errorf("no part %q", name)
	}
	return before + open, text, end + after, nil
}

var counts = regexp.MustCompile(`\*\*(\d+) of`)

// count is the number a part is judged by, 0 if it has none.
func count(text string) int {
	m := counts.FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0
	}
	return n
}
