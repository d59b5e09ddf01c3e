package cli

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/plugin"
)

// compiling shows that plugins are being compiled, which can take seconds when they
// are new: on a terminal in a line that goes away, else in one that stays. What is
// done sooner than patience is not shown.
type compiling struct {
	console *console
	quiet   bool
	block   func() *block                                  // makes one, nil where none is shown
	after   func(time.Duration, func()) (stop func() bool) // calls a function later

	mu      sync.Mutex
	running map[[32]byte]*compilation
	rows    int  // in the block
	own     bool // the block is there for these rows only
}

// patience is how long one waits without asking what for.
const patience = 300 * time.Millisecond

// compilation is one plugin's.
type compilation struct {
	progress component.Progress
	stop     func() bool
	row      *row // once it is shown in a block
}

func (a *app) newCompiling() *compiling {
	return &compiling{
		console: a.console, quiet: a.global.quiet, running: map[[32]byte]*compilation{},
		block: func() *block {
			if !a.drawsBlocks() {
				return nil
			}
			return newBlock(a.Err, a.Size, a.console.colour)
		},
		after: func(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop },
	}
}

// report takes what component tells.
func (c *compiling) report(p component.Progress) {
	if c.quiet {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.running[p.Digest]
	switch {
	case r == nil && !p.Ended:
		r = &compilation{progress: p}
		c.running[p.Digest] = r
		r.stop = c.after(patience, func() { c.show(p.Digest) })
	case r != nil && p.Ended:
		delete(c.running, p.Digest)
		r.stop()
		c.hide(r)
	case r != nil:
		r.progress = p
		if r.row != nil {
			c.console.withBlock(func(b *block) { r.draw(b) })
		}
	}
}

// show shows what is still under way.
func (c *compiling) show(digest [32]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.running[digest]
	if r == nil {
		return
	}
	own := c.block()
	if own == nil {
		c.console.line(r.text())
		return
	}
	if c.rows == 0 {
		c.console.withBlock(func(b *block) { c.own = b == nil })
		if c.own {
			c.console.show(own)
		}
	}
	c.console.withBlock(func(b *block) {
		if b != nil {
			c.rows++
			r.row = b.add("plugin")
			r.draw(b)
		}
	})
}

func (c *compiling) hide(r *compilation) {
	if r.row == nil {
		return
	}
	c.console.withBlock(func(b *block) {
		if b != nil {
			b.remove(r.row)
		}
	})
	if c.rows--; c.rows == 0 && c.own {
		c.console.show(nil)
	}
}

func (r *compilation) draw(b *block) {
	r.row.title = r.text()
	if b != nil {
		b.draw()
	}
}

// text says what is done, and of several modules how many are.
func (r *compilation) text() string {
	p := r.progress
	text := fmt.Sprintf("compiling a plugin of %s, which is done once", plugin.FormatBytes(uint64(p.Bytes)))
	if r.row != nil && p.Modules > 1 {
		text += fmt.Sprintf(" (%d of %d modules)", p.ModulesDone, p.Modules)
	}
	return text
}

// remove takes a row off the block.
func (b *block) remove(r *row) {
	b.rows = slices.DeleteFunc(b.rows, func(other *row) bool { return other == r })
	b.draw()
}

// drawsBlocks reports whether standard error is a terminal on which lines can be
// drawn again, and the user wants that.
func (a *app) drawsBlocks() bool {
	plain := a.global.debug || a.global.verbose || a.global.quiet
	return a.Terminal[2] && !plain && a.Size != nil && a.getenv("TERM") != "dumb"
}
