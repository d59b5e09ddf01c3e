package wazero

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/berth-cli/berth/engine"
)

// abort is what a host function panics with to end a guest's call. wazero recovers
// it and wraps it.
type abort struct{ trap *engine.Trap }

// Error is empty, so that the text wazero makes of it begins with wazero's own.
func (*abort) Error() string { return "" }

// trap makes the error of a call from wazero's.
func (s *store) trap(err error) error {
	if a, ok := errors.AsType[*abort](err); ok {
		if a.trap.Frames == nil {
			a.trap.Frames = s.engine.frames(err.Error())
		}
		return a.trap
	}
	t := &engine.Trap{Frames: s.engine.frames(err.Error())}
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

const traceMark = "wasm stack trace:\n\t"

// frames reads the frames of wazero's text: lines of a module's ID, ".$", a
// function's number in the rewritten module, and its type.
func (e *Engine) frames(text string) []engine.Frame {
	_, trace, ok := strings.Cut(text, traceMark)
	if !ok {
		return nil
	}
	var frames []engine.Frame
	for line := range strings.Lines(trace) {
		if len(frames) == engine.MaxFrames {
			break
		}
		if f, ok := e.frame(strings.TrimSpace(line)); ok {
			frames = append(frames, f)
		}
	}
	return frames
}

func (e *Engine) frame(line string) (engine.Frame, bool) {
	id, rest, ok := strings.Cut(line, ".$")
	if !ok {
		return engine.Frame{}, false
	}
	number, _, _ := strings.Cut(rest, "(")
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return engine.Frame{}, false
	}
	e.mu.Lock()
	m := e.modules[id]
	e.mu.Unlock()
	if m == nil || n <= uint64(m.rw.ImportedFuncs) {
		return engine.Frame{Func: "$" + number}, true
	}
	return engine.Frame{Func: m.rw.FuncName(uint32(n) - 1)}, true
}
