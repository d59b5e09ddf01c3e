package rewrite

import (
	"github.com/berth-cli/berth/engine/internal/wasmbin"
	"github.com/berth-cli/berth/engine/internal/wasmbin/opcode"
)

// misc reads an instruction with the prefix 0xfc.
func (k *walker) misc(at int) {
	op := k.u32()
	bulk, wide := true, false
	switch op {
	case opcode.MiscMemoryInit:
		k.namesData = true
		k.u32()
		k.memory()
	case opcode.MiscMemoryCopy:
		to, from := k.memory(), k.memory()
		wide = to && from
	case opcode.MiscMemoryFill:
		wide = k.memory()
	case opcode.MiscTableInit:
		k.elemIndex()
		k.tableIndex()
	case opcode.MiscTableCopy:
		k.tableIndex()
		k.tableIndex()
	case opcode.MiscTableFill:
		k.tableIndex()
	default:
		bulk = false
		k.notBulk(at, op)
	}
	if bulk {
		k.push(-3)
		k.effort.hidden += bulkBlocks
		if op == opcode.MiscMemoryFill || op == opcode.MiscTableFill {
			k.effort.hidden += fillBlocks - bulkBlocks
		}
		k.flush(at)
		k.meterBulk(wide)
	}
}

// notBulk reads the operands of the other instructions with the prefix 0xfc.
func (k *walker) notBulk(at int, op uint32) {
	switch op {
	case opcode.MiscDataDrop:
		k.namesData = true
		k.u32()
	case opcode.MiscElemDrop:
		k.elemIndex()
	case opcode.MiscTableSize:
		k.push(1)
		k.tableIndex()
	case opcode.MiscTableGrow:
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
	case op == opcode.VecConst, op == opcode.VecShuffle:
		k.bytes(16)
	case op >= 21 && op <= 34: // lanes
		k.byte()
	case op >= 84 && op <= 91: // loads and stores of a lane
		k.memArg()
		k.byte()
	case op > opcode.VecLast:
		k.failAt(at, "instruction 0xfd 0x%x is not supported", op)
	}
	if k.err == nil {
		k.flush(at)
		k.out = wasmbin.AppendU32(append(k.out, opcode.Vec), op)
		k.from = operands
	}
}
