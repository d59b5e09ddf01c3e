package rewrite

// The instructions after the prefix 0xfc, beyond the saturating conversions 0-7.
const (
	miscMemoryInit = 8
	miscDataDrop   = 9
	miscMemoryCopy = 10
	miscMemoryFill = 11
	miscTableInit  = 12
	miscElemDrop   = 13
	miscTableCopy  = 14
	miscTableGrow  = 15
	miscTableSize  = 16
	miscTableFill  = 17
)

// misc reads an instruction with the prefix 0xfc.
func (k *walker) misc(at int) {
	op := k.u32()
	bulk, wide := true, false
	switch op {
	case miscMemoryInit:
		k.namesData = true
		k.u32()
		k.memory()
	case miscMemoryCopy:
		to, from := k.memory(), k.memory()
		wide = to && from
	case miscMemoryFill:
		wide = k.memory()
	case miscTableInit:
		k.elemIndex()
		k.tableIndex()
	case miscTableCopy:
		k.tableIndex()
		k.tableIndex()
	case miscTableFill:
		k.tableIndex()
	default:
		bulk = false
		k.notBulk(at, op)
	}
	if bulk {
		k.push(-3)
		k.flush(at)
		k.meterBulk(wide)
	}
}

// notBulk reads the operands of the other instructions with the prefix 0xfc.
func (k *walker) notBulk(at int, op uint32) {
	switch op {
	case miscDataDrop:
		k.namesData = true
		k.u32()
	case miscElemDrop:
		k.elemIndex()
	case miscTableSize:
		k.push(1)
		k.tableIndex()
	case miscTableGrow:
		k.push(-1)
		k.tableIndex()
		k.flush(at)
		k.checkGrow(HostTableGrow, false)
	default:
		if op > 7 {
			k.failAt(at, "instruction 0xfc 0x%x is not supported", op)
		}
	}
}

// maxVec is the last instruction of the fixed-width SIMD proposal.
const maxVec = 0xff

// vector reads an instruction with the prefix 0xfd, and writes its number anew.
//
// wazero reads a single byte after the prefix, and of the numbers from 0x80, which
// take two, the second, 0x01, as a nop. Writing the shortest form keeps both
// readings the same.
func (k *walker) vector(at int) {
	op := k.u32()
	operands := k.pos
	k.push(pushedVec(op))
	switch {
	case op <= 11, op == 92, op == 93: // loads and stores
		k.memArg()
	case op == vecConst, op == 13: // v128.const, i8x16.shuffle
		k.bytes(16)
	case op >= 21 && op <= 34: // lanes
		k.byte()
	case op >= 84 && op <= 91: // loads and stores of a lane
		k.memArg()
		k.byte()
	case op > maxVec:
		k.failAt(at, "instruction 0xfd 0x%x is not supported", op)
	}
	if k.err == nil {
		k.flush(at)
		k.out = appendU32(append(k.out, opVec), op)
		k.from = operands
	}
}
