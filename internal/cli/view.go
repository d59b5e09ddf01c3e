package cli

import (
	"fmt"
	"sync"
	"time"

	"github.com/berth-cli/berth/internal/deploy"
)

// view shows a deployment on standard error, and its results on standard output:
// on a terminal as a block of lines that is drawn again and again, else line by
// line as things begin and end.
type view struct {
	app  *app
	json bool

	mu    sync.Mutex
	block *block // nil where there is no terminal
	stop  chan struct{}
	done  sync.WaitGroup
}

var _ deploy.Reporter = (*view)(nil)

// frameTime is how long a picture of the spinner stands.
const frameTime = 120 * time.Millisecond

func (a *app) newView(json bool) *view {
	v := &view{app: a, json: json}
	if a.Terminal[2] && !a.global.debug && !a.global.quiet && a.Width != nil {
		v.block = newBlock(a.Err, a.Width, a.colour())
		v.stop = make(chan struct{})
		v.done.Go(v.animate)
	}
	return v
}

// colour reports whether standard error takes colours.
func (a *app) colour() bool {
	return a.Terminal[2] && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
}

func (v *view) animate() {
	ticker := time.NewTicker(frameTime)
	defer ticker.Stop()
	for {
		select {
		case <-v.stop:
			return
		case <-ticker.C:
			v.mu.Lock()
			v.block.tick()
			v.mu.Unlock()
		}
	}
}

func (v *view) close() {
	if v.stop != nil {
		close(v.stop)
		v.done.Wait()
		v.block.freeze()
	}
}

// print writes whole lines, above the block if there is one.
func (v *view) print(line string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.block != nil {
		v.block.above(line)
		return
	}
	fmt.Fprintln(v.app.Err, line)
}

func (v *view) Phase(title string) {
	if v.block != nil {
		v.mu.Lock()
		v.block.freeze()
		v.mu.Unlock()
	}
	if !v.app.global.quiet {
		v.print(title)
	}
}

func (v *view) Result(line string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.json {
		return
	}
	if v.block != nil && v.app.Terminal[1] {
		v.block.erase()
	}
	fmt.Fprintln(v.app.Out, line)
}

// Notice shows what a plugin wants the user to see; --quiet does not hide it.
func (v *view) Notice(canister, line string) {
	if canister != "" {
		line = "[" + canister + "] " + line
	}
	v.print(line)
}

func (v *view) Canister(name string) deploy.Progress {
	p := &progress{view: v, name: name}
	if v.block != nil {
		v.mu.Lock()
		p.row = v.block.add(name)
		v.mu.Unlock()
	}
	return p
}

// progress is one canister's part.
type progress struct {
	view *view
	name string
	row  *row // nil where there is no terminal
}

func (p *progress) Step(title string) {
	p.update(title, func(r *row) { r.title, r.lines = title, nil })
}

func (p *progress) Line(text string) {
	v := p.view
	switch {
	case v.app.global.debug:
		v.print("DEBUG icp::progress: " + text)
	case p.row != nil:
		v.mu.Lock()
		p.row.push(text)
		v.mu.Unlock()
	case v.app.global.verbose:
		v.print("[" + p.name + "] > " + text)
	}
}

func (p *progress) End(message string, failed bool) {
	mark := "✔ "
	if failed {
		mark = "✘ "
	}
	p.update(mark+message, func(r *row) { r.title, r.lines, r.ended, r.failed = message, nil, true, failed })
}

// update changes the row, or says the line where there is none.
func (p *progress) update(line string, change func(*row)) {
	if p.row == nil {
		if !p.view.app.global.quiet {
			p.view.print("[" + p.name + "] " + line)
		}
		return
	}
	p.view.mu.Lock()
	defer p.view.mu.Unlock()
	change(p.row)
}
