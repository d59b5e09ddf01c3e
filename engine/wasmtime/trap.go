//go:build wasmtime

package wasmtime

import (
	"errors"
	"strconv"
	"strings"

	wt "github.com/bytecodealliance/wasmtime-go/v39"

	"github.com/berth-cli/berth/engine"
)

// codes are the trap codes of wasmtime's C interface, which wasmtime-go names
// wrongly from 11 on.
var codes = [...]engine.TrapCode{
	0:  engine.TrapStackOverflow,
	1:  engine.TrapMemoryOutOfBounds,
	2:  engine.TrapMisalignedAtomic,
	3:  engine.TrapTableOutOfBounds,
	4:  engine.TrapIndirectCallToNull,
	5:  engine.TrapBadSignature,
	6:  engine.TrapIntegerOverflow,
	7:  engine.TrapDivideByZero,
	8:  engine.TrapBadConversion,
	9:  engine.TrapUnreachable,
	10: engine.TrapInterrupted,
	11: engine.TrapUnknown, // of components, which this package does not use
	12: engine.TrapOutOfFuel,
	13: engine.TrapUnknown, // atomic wait on a memory that is not shared
	14: engine.TrapNullReference,
}

// trap makes the error of a call from wasmtime's.
func (s *store) trap(err error) error {
	pending := s.pending
	s.pending = nil
	t, ok := errors.AsType[*wt.Trap](err)
	if !ok { // a host function's, mostly
		text := err.Error()
		if pending == nil {
			return &engine.Trap{Message: firstLines(text)}
		}
		return outward(pending, s.engine.textFrames(text))
	}
	defer t.Close()
	if pending != nil {
		return outward(pending, s.engine.frames(t))
	}
	out := &engine.Trap{}
	if code := t.Code(); code != nil && int(*code) < len(codes) {
		out.Code = codes[*code]
	}
	switch out.Code {
	case engine.TrapUnknown:
		out.Message = firstLines(t.Message())
	case engine.TrapStackOverflow:
		return out // its frames are a hundred thousand
	}
	out.Frames = s.engine.frames(t)
	return out
}

// outward adds the frames that a trap passed through after, under a host function,
// it passed through others.
func outward(t *engine.Trap, frames []engine.Frame) *engine.Trap {
	t.Frames = append(t.Frames, frames...)
	t.Frames = t.Frames[:min(len(t.Frames), engine.MaxFrames)]
	return t
}

// firstLines returns the beginning of a message of wasmtime, which can be of any
// length and end with a trace of wasmtime's own.
func firstLines(text string) string {
	text = text[:min(len(text), 8*engine.MaxMessageLen)]
	text, _, _ = strings.Cut(text, "Stack backtrace")
	text = strings.Join(strings.Fields(text), " ")
	return strings.ToValidUTF8(text[:min(len(text), engine.MaxMessageLen)], "?")
}

// frames returns the innermost frames of a trap.
func (e *Engine) frames(t *wt.Trap) []engine.Frame {
	var out []engine.Frame
	for _, f := range t.Frames() {
		if len(out) == engine.MaxFrames {
			break
		}
		frame := engine.Frame{Func: "$?"}
		if id := f.ModuleName(); id != nil {
			frame = e.frame(*id, f.FuncIndex())
			frame.Code = uint64(f.ModuleOffset())
		}
		out = append(out, frame)
	}
	return out
}

// textFrames reads frames from the text of an error: lines with an offset in the
// rewritten module, " - ", the module's ID, "!<wasm function ", a function's number
// in it, and ">".
func (e *Engine) textFrames(text string) []engine.Frame {
	var out []engine.Frame
	for line := range strings.Lines(text[:min(len(text), maxTrace)]) {
		where, rest, _ := strings.Cut(line, " - ")
		id, rest, ok := strings.Cut(rest, "!<wasm function ")
		number, _, _ := strings.Cut(rest, ">")
		i, err := strconv.ParseUint(number, 10, 32)
		if !ok || err != nil || len(out) == engine.MaxFrames {
			continue
		}
		frame := e.frame(id, uint32(i))
		_, offset, _ := strings.Cut(where, "0x")
		frame.Code, _ = strconv.ParseUint(offset, 16, 32)
		out = append(out, frame)
	}
	return out
}

// maxTrace is the most of an error's text that is searched for frames.
const maxTrace = 16 << 10

// frame returns the frame of a function by its index in the rewritten module.
func (e *Engine) frame(id string, i uint32) engine.Frame {
	e.mu.Lock()
	m := e.modules[id]
	e.mu.Unlock()
	if m == nil || uint64(i) <= uint64(m.rw.ImportedFuncs) {
		return engine.Frame{Func: "$?"}
	}
	return engine.Frame{Func: m.rw.FuncName(i - 1), Module: m.rw.Digest, Index: i - 1}
}
