package rewrite

// The instructions on integers that repairs look for. Those on i64 follow at a
// fixed distance.
const (
	opI32Eq   = 0x46
	opI32GeU  = 0x4f
	opI64Eq   = 0x51
	opI64LtS  = 0x53
	opI64GeU  = 0x5a
	opI32DivS = 0x6d
	opI32RemS = 0x6f
	opI32RemU = 0x70
	opI32And  = 0x71
	opI32Or   = 0x72
	opI64RemS = 0x81
	opI64RemU = 0x82
	opI32Shl  = 0x74
	opI64Shl  = 0x86
	opNop     = 0x01
	toI64     = 0x7c - 0x6a
)

// repair steps around faults of a compiler: where the instruction op at offset at is
// one, it writes code that means the same and that the compiler gets right.
// docs/engines.md names the faults.
func (k *walker) repair(at int, op byte) {
	o := k.m.options
	switch {
	case o.SplitRemainder && (op == opI32RemS || op == opI32RemU):
		k.instead(at)
		k.remainder(op, 0, k.scratch, k.scratch+1)
	case o.SplitRemainder && (op == opI64RemS || op == opI64RemU):
		k.instead(at)
		k.remainder(op, toI64, k.scratch+2, k.scratch+3)
	case o.GuardMasked && isOrder(op) && k.masked.confused():
		k.flush(k.pos)
		k.out = append(k.out, opI32Const, 0, opI32Or)
	}
	if o.GuardMasked {
		k.masked.note(op, k.operand)
	}
}

// isOrder reports whether op compares integers for more than equality.
func isOrder(op byte) bool {
	return op >= opI32LtS && op <= opI32GeU || op >= opI64LtS && op <= opI64GeU
}

// remainder writes x - x/y*y for the remainder of what is on the stack, with two
// locals of its type. A signed division by -1 becomes one by 1: it leaves as little
// and does not overflow. In the loop of a body both locals hold nothing else.
func (k *walker) remainder(op, wide byte, x, y uint32) {
	local := func(op byte, i uint32) { k.out = appendU32(append(k.out, op), i) }
	local(opLocalSet, y)
	local(opLocalTee, x)
	if op == opI32RemS || op == opI64RemS {
		constant, eq := byte(opI32Const), byte(opI32Eq)
		if wide != 0 {
			constant, eq = opI64Const, opI64Eq
		}
		k.out = append(k.out, constant, 1)
		local(opLocalGet, y)
		local(opLocalGet, y)
		k.out = append(k.out, constant, minusOne, eq, opSelect)
		local(opLocalSet, y)
	}
	local(opLocalGet, x)
	local(opLocalGet, y)
	k.out = append(k.out, op-opI32RemS+opI32DivS)
	local(opLocalGet, y)
	k.out = append(k.out, opI32Mul+wide, opI32Mul+wide-1)
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
