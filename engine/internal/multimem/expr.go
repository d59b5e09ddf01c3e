package multimem

import (
	"errors"
	"fmt"

	"github.com/berth-cli/berth/internal/binread"
)

// The instructions this package reads or writes.
const (
	opUnreachable  = 0x00
	opBlock        = 0x02
	opLoop         = 0x03
	opIf           = 0x04
	opThrow        = 0x08
	opElse         = 0x05
	opEnd          = 0x0b
	opBr           = 0x0c
	opBrIf         = 0x0d
	opBrTable      = 0x0e
	opCall         = 0x10
	opCallIndirect = 0x11
	opReturnCall   = 0x12
	opReturnCallIn = 0x13
	opDrop         = 0x1a
	opSelectTyped  = 0x1c
	opTryTable     = 0x1f
	opLocalGet     = 0x20
	opLocalSet     = 0x21
	opLocalTee     = 0x22
	opGlobalGet    = 0x23
	opGlobalSet    = 0x24
	opTableGet     = 0x25
	opTableSet     = 0x26
	opI32Load8U    = 0x2d
	opI64Load      = 0x29
	opI64Store     = 0x37
	opI32Store8    = 0x3a
	opMemorySize   = 0x3f
	opMemoryGrow   = 0x40
	opI32Const     = 0x41
	opI64Const     = 0x42
	opF32Const     = 0x43
	opF64Const     = 0x44
	opI32LtU       = 0x49
	opI32LeU       = 0x4d
	opI32GeU       = 0x4f
	opI64LtU       = 0x54
	opI32Add       = 0x6a
	opI32Sub       = 0x6b
	opI32Mul       = 0x6c
	opI32Or        = 0x72
	opI64Add       = 0x7c
	opI64Sub       = 0x7d
	opI64Mul       = 0x7e
	opI64Shl       = 0x86
	opI64ExtendU   = 0xad
	opRefNull      = 0xd0
	opRefFunc      = 0xd2
	opMisc         = 0xfc
	opVec          = 0xfd

	vecConst  = 12
	blockVoid = 0x40
)

var errNotConst = errors.New("not an instruction of a constant expression")

// constExpr reads a constant expression and returns it without its end. Its type is
// for others to check.
func (m *module) constExpr(s *binread.Reader) []byte {
	start := s.Offset()
	for s.Err() == nil {
		at := s.Offset()
		switch op := s.Byte(); op {
		case opEnd:
			return m.in[start:at]
		case opI32Const:
			s.S32()
		case opI64Const:
			s.S64()
		case opF32Const:
			s.Bytes(4)
		case opF64Const:
			s.Bytes(8)
		case opGlobalGet:
			m.constGlobal(s)
		case opRefNull:
			s.Byte()
		case opRefFunc:
			m.funcIndex(s)
		case opVec:
			if s.U32() != vecConst {
				s.FailAt(at, errNotConst)
			}
			s.Bytes(16)
		case opI32Add, opI32Sub, opI32Mul, opI64Add, opI64Sub, opI64Mul:
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

// The bits of an element segment's flags.
const (
	elemNotActive = 1 // passive or declarative
	elemExplicit  = 2 // active: has a table index; otherwise: declarative
	elemExprs     = 4
)

// element reads an element segment.
//
// WebAssembly core specification, "Binary Format", "Element Section".
func (m *module) element(s *binread.Reader) {
	flags := s.U32()
	if flags > 7 {
		s.Failf("element segment of unknown form %d", flags)
	}
	if flags&elemNotActive == 0 {
		if flags&elemExplicit != 0 {
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
		if flags&elemExprs != 0 {
			m.constExpr(s)
		} else {
			m.funcIndex(s)
		}
	})
}
