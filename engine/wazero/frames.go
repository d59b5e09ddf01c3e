package wazero

import (
	"strconv"
	"strings"

	"github.com/tetratelabs/wazero/api"

	"github.com/berth-cli/berth/engine"
)

// frames returns the guest's frames on the stack of fn's last call. text is the
// error of it, which has them but for where in a function they are; of a stack that
// overflowed it has none.
func (s *store) frames(fn api.Function, text string) []engine.Frame {
	told, read := s.engine.textFrames(text), s.machineFrames(fn)
	if len(told) == 0 {
		return read
	}
	for i := range told {
		if i >= len(read) || told[i].Module != read[i].Module || told[i].Index != read[i].Index {
			return told
		}
	}
	return read
}

const traceMark = "wasm stack trace:\n\t"

// textFrames reads the frames of wazero's text: lines of a module's ID, ".$", a
// function's number in the rewritten module, and its type. Host functions have
// other names, or none.
func (e *Engine) textFrames(text string) []engine.Frame {
	_, trace, ok := strings.Cut(text, traceMark)
	if !ok {
		return nil
	}
	var frames []engine.Frame
	for line := range strings.Lines(trace) {
		id, rest, ok := strings.Cut(strings.TrimSpace(line), ".$")
		number, _, _ := strings.Cut(rest, "(")
		n, err := strconv.ParseUint(number, 10, 32)
		if len(frames) < engine.MaxFrames && ok && id != "" && err == nil {
			frames = append(frames, e.frame(id, uint32(n)))
		}
	}
	return frames
}

// frame returns the frame of a function by its number in the rewritten module.
func (e *Engine) frame(id string, n uint32) engine.Frame {
	e.mu.Lock()
	m := e.modules[id]
	e.mu.Unlock()
	if m == nil || int(n) <= m.rw.ImportedFuncs {
		return engine.Frame{Func: "$" + strconv.FormatUint(uint64(n), 10)}
	}
	return engine.Frame{Func: m.rw.FuncName(n - 1), Module: m.rw.Digest, Index: n - 1}
}

// machineFrames reads the frames from the machine's stack, with where they are.
func (s *store) machineFrames(fn api.Function) []engine.Frame {
	stack, ok := machineStackOf(fn)
	if !ok {
		return nil
	}
	var frames []engine.Frame
	places := s.machineCode()
	for _, address := range stack.returnAddresses(2 * engine.MaxFrames) {
		for _, p := range places {
			index, begin, end, ok := p.function(address)
			if !ok || len(frames) == engine.MaxFrames {
				continue
			}
			f := s.engine.frame(p.id, uint32(p.imported+index))
			f.Code = (end-begin)<<32 | (address-begin)&(1<<32-1)
			frames = append(frames, f)
			break
		}
	}
	return frames
}

// codePlace is the code of one of a store's modules.
type codePlace struct {
	machineCode
	id       string
	imported int
}

// machineCode returns the code of the guests in the store, each module's once.
func (s *store) machineCode() []codePlace {
	var out []codePlace
	seen := map[uint64]bool{}
	for _, mod := range s.modules {
		code, id, imported, ok := instanceCode(mod)
		if ok && id != "" && !seen[code.base] {
			seen[code.base] = true
			out = append(out, codePlace{code, id, imported})
		}
	}
	return out
}
