package rewrite

import "github.com/berth-cli/berth/engine/internal/wasmbin/opcode"

// masked finds the comparisons by order that a compiler of wazero may take for a test
// of the bits "x & m": one operand is the result of an and, the other is zero, and
// the and stands in the same run of code without branches. It follows values as far
// as wazero does: through locals, and through shifts, which wazero leaves out if they
// shift by nothing. Of what it does not know it says that it may be either.
//
// It needs no more than the two uppermost values: what puts a value on the stack
// without taking one leaves the one below as the second.
type masked struct {
	top, below origins
	any        bool     // there was an and in this run
	run        uint32   // number of this run; counted on from function to function
	locals     []origin // by index
}

// origins says what a value may be.
type origins byte

const (
	fromAnd origins = 1 << iota
	isZero

	either  = fromAnd | isZero
	neither = origins(0)
)

// origin is what a local was set to, and in which run.
type origin struct {
	run  uint32
	what origins
}

// begin begins a function of so many locals. They may be zero.
func (m *masked) begin(locals int) {
	m.branch()
	if locals > len(m.locals) {
		m.locals = make([]origin, locals)
	}
}

// branch begins a new run: no and before it counts.
func (m *masked) branch() {
	m.run++
	m.any, m.top, m.below = false, isZero, isZero
}

// confused reports whether a comparison of the two uppermost values may be taken for
// a test of bits.
func (m *masked) confused() bool {
	return m.any && (m.top&fromAnd != 0 && m.below&isZero != 0 || m.top&isZero != 0 && m.below&fromAnd != 0)
}

func (m *masked) push(what origins) { m.below, m.top = m.top, what }

func (m *masked) pop() { m.top, m.below = m.below, either }

// note follows an instruction. operand is the local it names, or the constant.
func (m *masked) note(op byte, operand int64) {
	switch {
	case op == opcode.LocalGet:
		m.push(m.local(uint32(operand)))
	case op == opcode.LocalSet:
		m.set(uint32(operand))
		m.pop()
	case op == opcode.LocalTee:
		m.set(uint32(operand))
	case op == opcode.I32And || op == opcode.I64And:
		m.pop()
		m.top, m.any = fromAnd, true
	case isShift(op):
		m.pop()
	case (op == opcode.I32Const || op == opcode.I64Const) && operand == 0:
		m.push(isZero)
	case pushed(op) == 1:
		m.push(neither)
	case isBinary(op):
		m.pop()
		m.top = neither
	case op >= 0x28 && op <= 0x35, op >= 0x45 && op <= 0xc4: // loads, and what takes one value and makes one
		m.top = neither
	case op == opcode.Drop, op == opcode.GlobalSet:
		m.pop()
	case op == opcode.Loop, op == opcode.If, op == opcode.Else, op == opcode.End, op == opcode.BrIf:
		m.branch()
	case op == opcode.Nop, op == opcode.Block:
	default:
		m.top, m.below = either, either
	}
}

func (m *masked) local(i uint32) origins {
	if int64(i) < int64(len(m.locals)) && m.locals[i].run == m.run {
		return m.locals[i].what
	}
	return isZero
}

func (m *masked) set(i uint32) {
	if int64(i) < int64(len(m.locals)) {
		m.locals[i] = origin{m.run, m.top}
	}
}

// isShift reports whether an instruction is shl, shr_s or shr_u.
func isShift(op byte) bool {
	return op >= opcode.I32Shl && op <= opcode.I32ShrU || op >= opcode.I64Shl && op <= opcode.I64ShrU
}
