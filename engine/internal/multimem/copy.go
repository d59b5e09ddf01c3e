package multimem

import (
	"github.com/berth-cli/berth/engine/internal/wasmbin"
	"github.com/berth-cli/berth/engine/internal/wasmbin/opcode"
)

// The locals of a function that copies.
const (
	copyTo = iota
	copyFrom
	copyLen
)

// copyAll writes the function that copies between two memories, eight bytes at a
// time. They may be one memory, imported twice: so it begins at the end where no byte
// is overwritten before it is read.
func (e *emitter) copyAll(to, from uint32) {
	e.op(0) // no locals but the parameters
	e.checkRange(to, from)
	e.get(copyTo)
	e.get(copyFrom)
	e.op(opcode.I32LeU, opcode.If, wasmbin.BlockVoid)
	e.forward(to, from, 8)
	e.forward(to, from, 1)
	e.op(opcode.Else)
	e.backward(to, from, 8)
	e.backward(to, from, 1)
	e.op(opcode.End)
}

func (e *emitter) get(local uint32) { e.u32(opcode.LocalGet, local) }

// checkRange writes a check that both ranges are inside their memories, before
// anything is written.
func (e *emitter) checkRange(to, from uint32) {
	e.outside(to, copyTo)
	e.outside(from, copyFrom)
	e.op(opcode.I32Or, opcode.If, wasmbin.BlockVoid)
	e.i32(-1)
	e.access(memArg{memory: to, offset: 1<<32 - 1}, access{op: opcode.I32Load8U}) // no memory is so large
	e.op(opcode.Drop, opcode.End)
}

// outside leaves whether the range that begins at a local does not fit a memory.
func (e *emitter) outside(memory, local uint32) {
	e.plain(memory, access{op: opcode.MemorySize})
	e.op(opcode.I64ExtendI32U, opcode.I64Const, 16, opcode.I64Shl)
	e.get(local)
	e.op(opcode.I64ExtendI32U)
	e.get(copyLen)
	e.op(opcode.I64ExtendI32U, opcode.I64Add, opcode.I64LtU)
}

// forward writes a loop that copies n bytes from the beginning while there are so
// many.
func (e *emitter) forward(to, from uint32, n int32) {
	e.while(n)
	e.get(copyTo)
	e.get(copyFrom)
	e.move(to, from, n)
	for _, local := range []uint32{copyTo, copyFrom} {
		e.advance(local, opcode.I32Add, n)
	}
	e.advance(copyLen, opcode.I32Sub, n)
	e.op(opcode.Br, 1, opcode.End, opcode.End)
}

// backward writes a loop that copies n bytes from the end.
func (e *emitter) backward(to, from uint32, n int32) {
	e.while(n)
	e.advance(copyLen, opcode.I32Sub, n)
	for _, local := range []uint32{copyTo, copyFrom} {
		e.get(local)
		e.get(copyLen)
		e.op(opcode.I32Add)
	}
	e.move(to, from, n)
	e.op(opcode.Br, 1, opcode.End, opcode.End)
}

// while writes the beginning of a loop that ends when less than n bytes are left.
func (e *emitter) while(n int32) {
	e.op(opcode.Loop, wasmbin.BlockVoid)
	e.get(copyLen)
	e.i32(n)
	e.op(opcode.I32GeU, opcode.If, wasmbin.BlockVoid)
}

// advance writes local op= n.
func (e *emitter) advance(local uint32, op byte, n int32) {
	e.get(local)
	e.i32(n)
	e.op(op)
	e.u32(opcode.LocalSet, local)
}

// move writes a copy of 8 bytes or 1, whose addresses are on the stack.
func (e *emitter) move(to, from uint32, n int32) {
	load, store := access{op: opcode.I64Load}, access{op: opcode.I64Store}
	if n == 1 {
		load, store = access{op: opcode.I32Load8U}, access{op: opcode.I32Store8}
	}
	e.access(memArg{memory: from}, load)
	e.access(memArg{memory: to}, store)
}
