package rewrite

import (
	"crypto/sha256"
	"errors"
	"sort"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/wasmbin/opcode"
)

// Sites says where in the input the instructions of some functions of a rewritten
// module were. It is made only once a trap asks for it: see Locate.
type Sites struct {
	Wasm      []byte // the rewritten module
	CodeStart int    // offset in Wasm of the code section's contents

	alone bool
	funcs map[uint32][]span // sorted by out, which is an offset in the contents
	index uint32            // of the function being copied
	spans []span            // of it
}

// span is code that was copied: length bytes from in to out. What was added before
// the next span belongs to the instruction of the input that comes next. A span
// with an in of 0 ends the function.
type span struct{ out, in, length int }

// Locate rewrites a module as Rewrite does and notes where the instructions of some
// functions, by their index, went. Alone, they keep their code and all others
// become one unreachable instruction: they are compiled to the same machine code
// then, in little time. The error is that of Rewrite.
func Locate(wasm []byte, o Options, funcs []uint32, alone bool) (*Sites, error) {
	s := &Sites{alone: alone, funcs: map[uint32][]span{}}
	for _, f := range funcs {
		s.funcs[f] = nil
	}
	o.sites = s
	m, err := Rewrite(wasm, o)
	if err != nil {
		return nil, err
	}
	s.Wasm = m.Wasm
	return s, nil
}

// Wanted returns the functions of m, whose bytes are wasm, that frames are of and
// have a place in an engine's code, for Locate. The error says that these are other
// bytes; if no frame is of m none is looked for.
func (m *Module) Wanted(wasm []byte, frames []engine.Frame) ([]uint32, error) {
	var funcs []uint32
	for _, f := range frames {
		if f.Module == m.Digest && f.Code != 0 {
			funcs = append(funcs, f.Index)
		}
	}
	if len(funcs) > 0 && sha256.Sum256(wasm) != m.Digest {
		return nil, errors.New("these are not the bytes of the module")
	}
	return funcs, nil
}

// Origin returns the offset in the input of the instruction at an offset of s.Wasm.
// It reports false if that is not in function index, or the function is not one
// that Locate was given.
func (s *Sites) Origin(index uint32, offset int) (int, bool) {
	offset -= s.CodeStart
	spans := s.funcs[index]
	i := sort.Search(len(spans), func(i int) bool { return spans[i].out > offset }) - 1
	if i < 0 {
		return 0, false
	}
	return spans[i].in + min(offset-spans[i].out, spans[i].length), spans[i].in > 0
}

// begin notes that function index comes next. It and the methods below do nothing
// on nil.
func (s *Sites) begin(index int) {
	if s != nil {
		s.index, s.spans = uint32(index), nil
	}
}

// wanted reports whether the function being copied is one of those asked for.
func (s *Sites) wanted() bool {
	_, ok := s.funcs[s.index]
	return ok
}

// copied notes that length bytes of code from offset in of the input were copied to
// offset out of the function's new code.
func (s *Sites) copied(out, in, length int) {
	if s != nil && s.wanted() {
		s.spans = append(s.spans, span{out, in, length})
	}
}

// unreachableBody is the code of a function that is left out: no locals, and the
// instruction unreachable.
var unreachableBody = []byte{0, opcode.Unreachable, opcode.End}

// end takes the new code of the function and returns what shall stand for it.
func (s *Sites) end(code []byte) []byte {
	switch {
	case s == nil:
	case s.wanted():
		s.spans = append(s.spans, span{out: len(code)})
	case s.alone:
		return unreachableBody
	}
	return code
}

// place notes that the function's new code begins at an offset of the section.
func (s *Sites) place(at int) {
	if s == nil || !s.wanted() {
		return
	}
	for i := range s.spans {
		s.spans[i].out += at
	}
	s.funcs[s.index] = s.spans
}

// code notes where the section's contents begin.
func (s *Sites) code(at int) {
	if s != nil {
		s.CodeStart = at
	}
}
