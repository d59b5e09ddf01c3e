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
type ExitError struct{ Code int }

func (e *ExitError) Error() string { return fmt.Sprintf("plugin exited with status %d", e.Code) }

// TrapError says that a plugin trapped. Its cause is a *component.Trap.
type TrapError struct {
	// Panic is the last line on standard error that looks like the words a
	// language's runtime says before it gives up, or "".
	Panic string
	Trap  *component.Trap
}

func (e *TrapError) Error() string {
	if e.Trap == nil {
		return "plugin trapped"
	}
	if e.Panic != "" {
		return "plugin panicked: " + e.Panic
	}
	return "plugin trapped: " + e.Trap.Error()
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
		return &ExitError{Code: int(exit.Code)}
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
	broken := &TrapError{Trap: trap, Panic: s.panics.line()}
	if limit := s.refused(trap.Stats, broken); limit != nil {
		return limit
	}
	return broken
}
