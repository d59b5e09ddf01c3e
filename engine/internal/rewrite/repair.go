package rewrite

import (
	"github.com/berth-cli/berth/engine/internal/wasmbin"
	"github.com/berth-cli/berth/engine/internal/wasmbin/opcode"
)

// toI64 is how far after an instruction of arithmetic on i32 that on i64 follows.
const toI64 = opcode.I64Add - opcode.I32Add

// repair steps around faults of a compiler: where the instruction op at offset at is
// one, it writes code that means the same and that the compiler gets right.
// docs/engines.md names the faults.
func (k *walker) repair(at int, op byte) {
	o := k.m.options
	switch {
	case o.SplitRemainder && (op == opcode.I32RemS || op == opcode.I32RemU):
		k.instead(at)
		k.remainder(op, 0, k.scratch, k.scratch+1)
	case o.SplitRemainder && (op == opcode.I64RemS || op == opcode.I64RemU):
		k.instead(at)
		k.remainder(op, toI64, k.scratch+2, k.scratch+3)
	case o.GuardMasked && isOrder(op) && k.masked.confused():
		k.flush(k.pos)
		k.out = append(k.out, opcode.I32Const, 0, opcode.I32Or)
	}
	if o.GuardMasked {
		k.masked.note(op, k.operand)
	}
}

// isOrder reports whether op compares integers for more than equality.
func isOrder(op byte) bool {
	return op >= opcode.I32LtS && op <= opcode.I32GeU || op >= opcode.I64LtS && op <= opcode.I64GeU
}

// remainder writes x - x/y*y for the remainder of what is on the stack, with two
// locals of its type. A signed division by -1 becomes one by 1: it leaves as little
// and does not overflow. In the loop of a body both locals hold nothing else.
func (k *walker) remainder(op, wide byte, x, y uint32) {
	local := func(op byte, i uint32) { k.out = wasmbin.AppendU32(append(k.out, op), i) }
	local(opcode.LocalSet, y)
	local(opcode.LocalTee, x)
	if op == opcode.I32RemS || op == opcode.I64RemS {
		constant, eq := byte(opcode.I32Const), byte(opcode.I32Eq)
		if wide != 0 {
			constant, eq = opcode.I64Const, opcode.I64Eq
		}
		k.out = append(k.out, constant, 1)
		local(opcode.LocalGet, y)
		local(opcode.LocalGet, y)
		k.out = append(k.out, constant, minusOne, eq, opcode.Select)
		local(opcode.LocalSet, y)
	}
	local(opcode.LocalGet, x)
	local(opcode.LocalGet, y)
	k.out = append(k.out, op-opcode.I32RemS+opcode.I32DivS)
	local(opcode.LocalGet, y)
	k.out = append(k.out, opcode.I32Mul+wide, opcode.I32Mul+wide-1)
}

// minusOne is -1 in signed LEB128.
const minusOne = 0x7f

// repairLocals returns how many locals of type i64 are needed, beside two i32.
func (o Options) repairLocals(wideMemory bool) byte {
	switch {
	case o.SplitRemainder:
		return 2
	case wideMemory:
		return 1
	}
	return 0
}
