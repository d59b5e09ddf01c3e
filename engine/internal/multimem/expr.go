package multimem

import (
	"errors"
	"fmt"

	"github.com/berth-cli/berth/engine/internal/wasmbin"
	"github.com/berth-cli/berth/engine/internal/wasmbin/opcode"
	"github.com/berth-cli/berth/internal/binread"
)

var errNotConst = errors.New("not an instruction of a constant expression")

// constExpr reads a constant expression and returns it without its end. Its type is
// for others to check.
func (m *module) constExpr(s *binread.Reader) []byte {
	start := s.Offset()
	for s.Err() == nil {
		at := s.Offset()
		switch op := s.Byte(); op {
		case opcode.End:
			return m.in[start:at]
		case opcode.I32Const:
			s.S32()
		case opcode.I64Const:
			s.S64()
		case opcode.F32Const:
			s.Bytes(4)
		case opcode.F64Const:
			s.Bytes(8)
		case opcode.GlobalGet:
			m.constGlobal(s)
		case opcode.RefNull:
			s.Byte()
		case opcode.RefFunc:
			m.funcIndex(s)
		case opcode.Vec:
			if s.U32() != opcode.VecConst {
				s.FailAt(at, errNotConst)
			}
			s.Bytes(16)
		case opcode.I32Add, opcode.I32Sub, opcode.I32Mul, opcode.I64Add, opcode.I64Sub, opcode.I64Mul:
		default:
			s.FailAt(at, fmt.Errorf("instruction 0x%02x: %w", op, errNotConst))
		}
	}
	return nil
}

func (m *module) constGlobal(s *binread.Reader) {
	at := s.Offset()
	i := index(s, "global", uint32(len(m.constGlobals)))
	if s.Err() == nil && !m.constGlobals[i] {
		s.FailAt(at, fmt.Errorf("mutable global %d in a constant expression", i))
	}
}

// element reads an element segment.
//
// WebAssembly core specification, "Binary Format", "Element Section".
func (m *module) element(s *binread.Reader) {
	flags := s.U32()
	if flags > 7 {
		s.Failf("element segment of unknown form %d", flags)
	}
	if flags&wasmbin.ElemNotActive == 0 {
		if flags&wasmbin.ElemExplicit != 0 {
			m.tableIndex(s)
		} else if m.tableCount == 0 {
			s.Failf("unknown table 0")
		}
		m.constExpr(s)
	}
	if flags&3 != 0 {
		s.Byte()
	}
	each(s, 1, func(s *binread.Reader) {
		if flags&wasmbin.ElemExprs != 0 {
			m.constExpr(s)
		} else {
			m.funcIndex(s)
		}
	})
}
