package wazero

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tetratelabs/wazero/api"

	"github.com/berth-cli/berth/engine"
)

// abort is what a host function panics with to end a guest's call. wazero recovers
// it and wraps it.
type abort struct{ trap *engine.Trap }

// Error is empty, so that the text wazero makes of it begins with wazero's own.
func (*abort) Error() string { return "" }

// trap makes the error of a call of fn from wazero's.
func (s *store) trap(fn api.Function, err error) error {
	frames := s.frames(fn, err.Error())
	if a, ok := errors.AsType[*abort](err); ok {
		// What it passed through before, under host functions, is further in.
		a.trap.Frames = append(a.trap.Frames, frames...)
		a.trap.Frames = a.trap.Frames[:min(len(a.trap.Frames), engine.MaxFrames)]
		return a.trap
	}
	t := &engine.Trap{Frames: frames}
	if reason := wazeroReason(err); reason != "" {
		t.Code = trapCode(reason)
		if t.Code == engine.TrapUnknown {
			t.Message = reason
		}
		return t
	}
	t.Message, _, _ = strings.Cut(err.Error(), "\n")
	t.Message = t.Message[:min(len(t.Message), engine.MaxMessageLen)]
	return t
}

// wazeroReason returns the text of wazero's own trap error under err, empty if
// there is none. Its type is internal.
func wazeroReason(err error) string {
	for ; err != nil; err = errors.Unwrap(err) {
		if fmt.Sprintf("%T", err) == "*wasmruntime.Error" {
			return err.Error()
		}
	}
	return ""
}

func trapCode(reason string) engine.TrapCode {
	switch reason {
	case "unreachable":
		return engine.TrapUnreachable
	case "out of bounds memory access":
		return engine.TrapMemoryOutOfBounds
	case "invalid table access":
		return engine.TrapTableOutOfBounds
	case "indirect call type mismatch":
		return engine.TrapBadSignature
	case "integer overflow":
		return engine.TrapIntegerOverflow
	case "integer divide by zero":
		return engine.TrapDivideByZero
	case "invalid conversion to integer":
		return engine.TrapBadConversion
	case "stack overflow":
		return engine.TrapStackOverflow
	case "unaligned atomic":
		return engine.TrapMisalignedAtomic
	case "null reference":
		return engine.TrapNullReference
	case "uncaught exception":
		return engine.TrapUncaughtException
	}
	return engine.TrapUnknown
}
