package deploy

import (
	"slices"
	"sync"

	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/plugin"
)

// Reporter is told what goes on, for people to see. Its methods are called from
// several goroutines.
type Reporter interface {
	// Phase begins a phase: "Building canisters:".
	Phase(title string)
	// Result is a line of the command's own result.
	Result(line string)
	// Notice is a line that stays: what a plugin said on standard error, once its
	// canister is done.
	Notice(canister, line string)
	// Warn is what the user should know of a canister that is done.
	Warn(canister, line string)
	// Canister begins a canister's part of a phase.
	Canister(name string) Progress
}

// Progress is a canister's part of a phase. Its methods are called from one
// goroutine.
type Progress interface {
	// Step begins a step: "Syncing: plugin path: a.wasm 1 of 2".
	Step(title string)
	// Line is a line of output of the step under way.
	Line(text string)
	// Running says how to look at what the step under way does, from any
	// goroutine. Steps that cannot be looked at do not say it.
	Running(look func() plugin.Activity)
	// End ends the part. failed says how.
	End(message string, failed bool)
}

// keptLines is how many of a step's last lines are kept for the report of a
// failure.
const keptLines = 10_000

// StepOutput is what a step said.
type StepOutput struct {
	Title string
	Lines []string // the last of them
}

// Failure is what became of one canister.
type Failure struct {
	Canister string
	ID       principal.Principal
	Err      error
	Steps    []StepOutput // the failing one last
}

// output is a step's Progress that keeps what it passes on. Both streams of a
// process write to it.
type output struct {
	mu       sync.Mutex
	progress Progress
	steps    []StepOutput
}

func (o *output) Step(title string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.steps = append(o.steps, StepOutput{Title: title})
	o.progress.Step(title)
}

func (o *output) Line(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.steps) > 0 {
		s := &o.steps[len(o.steps)-1]
		if len(s.Lines) >= 2*keptLines {
			s.Lines = slices.Delete(s.Lines, 0, keptLines)
		}
		s.Lines = append(s.Lines, text)
	}
	o.progress.Line(text)
}

func (o *output) Running(look func() plugin.Activity) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.progress.Running(look)
}

// kept returns the steps, each with its last lines.
func (o *output) kept() []StepOutput {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.steps {
		if n := len(o.steps[i].Lines); n > keptLines {
			o.steps[i].Lines = o.steps[i].Lines[n-keptLines:]
		}
	}
	return o.steps
}
