package cli

import (
	"fmt"
	"sync"
	"time"

	"github.com/berth-cli/berth/internal/deploy"
	"github.com/berth-cli/berth/plugin"
)

// view shows a deployment on standard error, and its results on standard output:
// on a terminal as a block of lines that is drawn again and again, else line by
// line as things begin and end.
type view struct {
	app   *app
	json  bool
	block bool // there is one

	stop chan struct{}
	done sync.WaitGroup

	mu    sync.Mutex
	parts []*progress // of the phase
}

var _ deploy.Reporter = (*view)(nil)

// frameTime is how long a picture of the spinner stands.
const frameTime = 120 * time.Millisecond

func (a *app) newView(json bool) *view {
	v := &view{app: a, json: json, stop: make(chan struct{})}
	if a.drawsBlocks() {
		v.block = true
		a.console.show(newBlock(a.Err, a.Size, a.console.colour))
		v.done.Go(v.animate)
		return v
	}
	v.done.Go(v.pulse)
	return v
}

func (v *view) animate() {
	v.every(frameTime, func(time.Time) { v.app.console.withBlock(func(b *block) { b.tick() }) })
}

// every calls f again and again until the view is closed.
func (v *view) every(period time.Duration, f func(now time.Time)) {
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	for {
		select {
		case <-v.stop:
			return
		case now := <-ticker.C:
			f(now)
		}
	}
}

// close leaves the last picture where it is.
func (v *view) close() {
	close(v.stop)
	v.done.Wait()
	v.app.console.show(nil)
}

func (v *view) Phase(title string) {
	v.mu.Lock()
	v.parts = nil
	v.mu.Unlock()
	if v.block {
		v.app.console.withBlock(func(b *block) { b.freeze() })
	}
	v.app.say("%s", title)
}

// Result writes a line of the result. Where both streams are one terminal, the
// block makes way for it.
func (v *view) Result(line string) {
	if v.json {
		return
	}
	v.app.console.withBlock(func(b *block) {
		if b != nil && v.app.Terminal[1] {
			b.erase()
			defer b.draw()
		}
		fmt.Fprintln(v.app.Out, line)
	})
}

// Notice shows what a plugin wants the user to see; --quiet does not hide it.
func (v *view) Notice(canister, line string) {
	v.app.console.line("[" + canister + "] " + line)
}

// Warn shows what the user should know; --quiet does not hide it.
func (v *view) Warn(canister, line string) {
	v.app.console.warning("[" + canister + "] " + line)
}

func (v *view) Canister(name string) deploy.Progress {
	p := &progress{view: v, name: name}
	if v.block {
		v.app.console.withBlock(func(b *block) {
			p.row = b.add(name)
			p.row.step = &p.step
		})
	}
	v.mu.Lock()
	v.parts = append(v.parts, p)
	v.mu.Unlock()
	return p
}

// progress is one canister's part.
type progress struct {
	view *view
	name string
	row  *row // nil where there is no block
	step step
}

func (p *progress) Step(title string) {
	p.step.begin(time.Now())
	p.update(title, func(r *row) { r.title, r.lines = title, nil })
}

func (p *progress) Line(text string) {
	a := p.view.app
	switch {
	case a.global.debug:
		a.console.line("DEBUG icp::progress: " + text)
	case p.row != nil:
		a.console.withBlock(func(*block) { p.row.push(text) })
	case a.global.verbose:
		a.console.line("[" + p.name + "] > " + text)
	}
}

func (p *progress) Running(look func() plugin.Activity) { p.step.running(look) }

func (p *progress) End(message string, failed bool) {
	p.step.end()
	mark := "✔ "
	if failed {
		mark = "✘ "
	}
	p.update(mark+message, func(r *row) { r.title, r.lines, r.ended, r.failed = message, nil, true, failed })
}

// update changes the row, or says the line where there is none.
func (p *progress) update(line string, change func(*row)) {
	if p.row == nil {
		p.view.app.say("[%s] %s", p.name, line)
		return
	}
	p.view.app.console.withBlock(func(*block) { change(p.row) })
}
