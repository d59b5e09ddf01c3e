package rewrite

import (
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/wasmbin/opcode"
)

// ConstExpr is a constant expression: a bounded sequence of instructions.
type ConstExpr struct{ ops []constOp }

type constOp struct {
	op       byte
	arg      int64 // the constant or the index
	pos, end int   // where it lies in the input
}

// constExpr reads an expression. wazero checks its types.
func (m *module) constExpr(s *reader) ConstExpr {
	var e ConstExpr
	for s.err == nil {
		op := constOp{pos: s.pos}
		op.op = s.byte()
		switch op.op {
		case opcode.End:
			return e
		case opcode.I32Const:
			op.arg = s.signed(32)
		case opcode.I64Const:
			op.arg = s.signed(64)
		case opcode.F32Const:
			s.bytes(4)
		case opcode.F64Const:
			s.bytes(8)
		case opcode.GlobalGet:
			op.arg = int64(m.constGlobal(s))
		case opcode.RefNull:
			refType(s, m.options)
		case opcode.RefFunc:
			op.arg = int64(m.funcIndex(s))
			m.declared[uint32(op.arg)] = true
		case opcode.Vec:
			if s.u32() != opcode.VecConst {
				s.fail("not a constant instruction")
			}
			s.bytes(16)
		case opcode.I32Add, opcode.I32Sub, opcode.I32Mul, opcode.I64Add, opcode.I64Sub, opcode.I64Mul:
		default:
			s.failAt(op.pos, "instruction 0x%02x in a constant expression", op.op)
		}
		op.end = s.pos
		e.ops = append(e.ops, op)
	}
	return e
}

func (m *module) constGlobal(s *reader) uint32 {
	start := s.pos
	i := s.u32()
	switch {
	case int64(i) >= int64(len(m.Globals)):
		s.failAt(start, "unknown global %d", i)
	case m.Globals[i].Mutable:
		s.failAt(start, "mutable global %d in a constant expression", i)
	}
	return i
}

func refType(s *reader, o Options) {
	switch t := engine.ValType(s.byte()); {
	case t == engine.FuncRef, t == engine.ExternRef, t == engine.ExnRef && o.Exceptions:
	default:
		s.failAt(s.pos-1, "reference type 0x%02x is not supported", byte(t))
	}
}

// Offsets returns the offset of each active element segment, given the value of
// the i-th imported global.
func (m *Module) Offsets(imported func(i int) uint64) []uint32 {
	var globals []uint64
	offsets := make([]uint32, len(m.Active))
	for i, seg := range m.Active {
		if globals == nil && seg.Offset.usesGlobal() {
			globals = m.globalValues(imported)
		}
		offsets[i] = uint32(seg.Offset.eval(globals))
	}
	return offsets
}

func (e ConstExpr) usesGlobal() bool {
	for _, op := range e.ops {
		if op.op == opcode.GlobalGet {
			return true
		}
	}
	return false
}

// globalValues returns the initial value of every integer global. Each refers
// only to earlier ones.
func (m *Module) globalValues(imported func(i int) uint64) []uint64 {
	values := make([]uint64, len(m.Globals))
	for i, g := range m.Globals {
		if i < m.ImportedGlobals {
			values[i] = imported(i)
		} else {
			values[i] = g.Init.eval(values)
		}
	}
	return values
}

// eval returns the value of an expression of integers, anything for another.
func (e ConstExpr) eval(globals []uint64) uint64 {
	var stack []uint64
	for _, op := range e.ops {
		switch op.op {
		case opcode.I32Const, opcode.I64Const:
			stack = append(stack, uint64(op.arg))
		case opcode.GlobalGet:
			stack = append(stack, globals[op.arg])
		default:
			stack = binary(op.op, stack)
		}
	}
	if len(stack) == 0 {
		return 0
	}
	return stack[len(stack)-1]
}

func binary(op byte, stack []uint64) []uint64 {
	n := len(stack)
	if n < 2 {
		return stack
	}
	a, b := stack[n-2], stack[n-1]
	switch op {
	case opcode.I32Add, opcode.I64Add:
		a += b
	case opcode.I32Sub, opcode.I64Sub:
		a -= b
	case opcode.I32Mul, opcode.I64Mul:
		a *= b
	}
	return append(stack[:n-2], a)
}
