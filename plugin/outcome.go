package plugin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/wasi"
)

// GuestError is what a plugin said of itself: its own words.
type GuestError struct{ Message string }

func (e *GuestError) Error() string { return "plugin returned error: " + e.Message }

// ExitError says that a plugin ended its program instead of returning.
type ExitError struct {
	Code  int
	Panic string  // as of a TrapError: some runtimes exit after a panic
	Stack []Frame // as the runtime printed it, innermost first, or nil
}

func (e *ExitError) Error() string {
	if e.Panic != "" {
		return fmt.Sprintf("plugin panicked: %s (exit status %d)", e.Panic, e.Code)
	}
	return fmt.Sprintf("plugin exited with status %d", e.Code)
}

// TrapError says that a plugin trapped. Its cause is a *component.Trap.
type TrapError struct {
	// Panic is what the plugin said was wrong, in the way a language's runtime does
	// on standard error before it gives up, or "". PanicAt is where, as
	// "file:line:column", or "".
	Panic, PanicAt string

	Trap   *component.Trap
	Stack  []Frame // innermost first, with what was inlined; Go's own, if it printed one
	Report Report  // what the run did up to then
}

// Error returns what was wrong in the plugin's own words if it had any, else in
// plain ones.
func (e *TrapError) Error() string {
	switch {
	case e.Panic != "":
		return "plugin panicked: " + e.Panic
	case e.Trap == nil:
		return "plugin trapped"
	case e.Trap.Kind == component.TrapCore:
		return "plugin " + coreWords(e.Trap)
	}
	return "plugin trapped: " + e.Trap.Error()
}

// coreWords says what a trap of core code means to someone who did not write it.
func coreWords(t *component.Trap) string {
	switch t.Code {
	case engine.TrapUnreachable:
		return "stopped itself (a panic or abort) without saying why"
	case engine.TrapMemoryOutOfBounds:
		return "trapped: it used memory that is not there (a bad pointer or index, or a full stack)"
	case engine.TrapTableOutOfBounds, engine.TrapIndirectCallToNull, engine.TrapBadSignature:
		return "trapped: it called a function through a bad pointer (" + t.Code.String() + ")"
	case engine.TrapIntegerOverflow, engine.TrapBadConversion:
		return "trapped: it computed a number that does not fit (" + t.Code.String() + ")"
	case engine.TrapDivideByZero:
		return "trapped: it divided by zero"
	case engine.TrapStackOverflow:
		return "trapped: its calls nest too deeply (call stack exhausted)"
	}
	return "trapped: " + t.Error()
}

// Unwrap returns the trap.
func (e *TrapError) Unwrap() error {
	if e.Trap == nil {
		return nil
	}
	return e.Trap
}

// HostError says that the host's side failed, whatever the plugin does.
type HostError struct{ Err error }

func (e *HostError) Error() string {
	if e.Err == nil {
		return "plugin host failed"
	}
	return "plugin host: " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *HostError) Unwrap() error { return e.Err }

// RefusedError says that a plugin called a function that it was not granted.
type RefusedError struct{ Interface, Func string }

func (e *RefusedError) Error() string {
	if e.Interface == "" {
		return fmt.Sprintf("plugin is not allowed to call %s", e.Func)
	}
	return fmt.Sprintf("plugin is not allowed to call %s of %s", e.Func, e.Interface)
}

// Report is what a run did, however it ended.
type Report struct {
	Compute         time.Duration // time charged against Limits.Compute
	PeakMemoryBytes uint64
	WorldCalls      int64    // calls of the world's own functions
	Last            []Record // the last calls of any host function, oldest first
	Warnings        []string // what the user should know though the run succeeded
	Limits          Limits   // those of the run
}

// classify turns the error of a run into one of the package's.
func (s *session) classify(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if guest, ok := errors.AsType[*GuestError](err); ok {
		return guest
	}
	if limit, ok := errors.AsType[*LimitError](err); ok {
		return limit
	}
	if exit, ok := errors.AsType[*wasi.ExitError](err); ok {
		return s.exited(int(exit.Code))
	}
	if ctx.Err() != nil && errors.Is(err, engine.ErrInterrupted) {
		return fmt.Errorf("plugin was stopped: %w", context.Cause(ctx))
	}
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		return refused
	}
	if hostErr, ok := errors.AsType[*component.HostError](err); ok {
		return &HostError{Err: hostErr}
	}
	if limit := limitOf(err); limit != nil {
		return limit
	}
	if trap, ok := errors.AsType[*component.Trap](err); ok {
		return s.trapped(trap)
	}
	return &HostError{Err: err}
}

// trapped tells a plugin that ran out of memory from one that broke otherwise.
func (s *session) trapped(trap *component.Trap) error {
	s.report.PeakMemoryBytes = trap.Stats.PeakMemoryBytes
	words := s.panics.words()
	broken := &TrapError{Trap: trap, Panic: words.Message, PanicAt: words.At, Stack: words.Stack}
	if limit := s.refused(trap.Stats, broken); limit != nil {
		return limit
	}
	return broken
}

// exited tells a plugin that panicked, and exited for that, from one that chose to.
func (s *session) exited(code int) error {
	if code == 0 {
		return &ExitError{}
	}
	words := s.panics.words()
	return &ExitError{Code: code, Panic: words.Message, Stack: words.Stack}
}

// explain completes the error of a run that trapped: it is worth the time now.
func (s *session) explain(ctx context.Context, p *Plugin, err error) {
	broken, ok := errors.AsType[*TrapError](err)
	if !ok || broken.Trap == nil {
		return
	}
	if broken.Stack == nil {
		broken.Stack = p.stack(ctx, broken.Trap.Frames)
	}
	broken.Report = s.report
}
