package cli

import (
	"time"

	"github.com/berth-cli/berth/component"
)

// Compiling gives tests what shows that plugins are compiled.
type Compiling struct {
	c     *compiling
	later []func()
}

// NewCompiling returns one that writes to s; Wait calls what it put off.
func NewCompiling(s Streams, quiet bool) *Compiling {
	a := &app{Streams: s, console: &console{out: s.Err}}
	a.global.quiet = quiet
	t := &Compiling{c: a.newCompiling()}
	t.c.after = func(_ time.Duration, f func()) func() bool {
		t.later = append(t.later, f)
		return func() bool { return true }
	}
	return t
}

// Report is report, Wait lets the time pass after which it is shown, Line writes a
// line of something else.
func (c *Compiling) Report(p component.Progress) { c.c.report(p) }
func (c *Compiling) Line(text string)            { c.c.console.line(text) }
func (c *Compiling) Wait() {
	for _, f := range c.later {
		f()
	}
	c.later = nil
}
