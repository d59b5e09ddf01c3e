package multimem

import (
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/wasmbin"
	"github.com/berth-cli/berth/engine/internal/wasmbin/opcode"
)

// emitter writes code of the main module.
type emitter struct {
	*splitter
	out []byte
}

func (e *emitter) op(bytes ...byte) { e.out = append(e.out, bytes...) }

func (e *emitter) u32(op byte, v uint32) { e.out = wasmbin.AppendU32(append(e.out, op), v) }

func (e *emitter) i32(v int32) {
	e.out = wasmbin.AppendSigned(append(e.out, opcode.I32Const), int64(v))
}

// access writes a load or store.
func (e *emitter) access(arg memArg, a access) {
	if arg.memory == 0 {
		e.out = a.instruction(e.out, arg.align, arg.offset)
		return
	}
	if arg.offset != 0 {
		a.offset = true
		e.i32(int32(arg.offset))
	}
	e.call(arg.memory, a)
}

// plain writes an instruction whose only operand is a memory, or one memory twice.
func (e *emitter) plain(memory uint32, a access) {
	if memory == 0 {
		e.out = a.instruction(e.out, 0, 0)
		return
	}
	e.call(memory, a)
}

// call writes a call of a memory's accessor.
func (e *emitter) call(memory uint32, a access) {
	table, slot := e.slot(memory, a)
	e.i32(int32(slot))
	e.u32(opcode.CallIndirect, e.addedType(a.signature()))
	e.out = wasmbin.AppendU32(e.out, table)
}

// init writes memory.init. Data segments have in the main module the numbers they
// had.
func (e *emitter) init(memory, segment uint32) {
	n := e.segment(memory, segment)
	if memory == 0 {
		n = segment
	}
	e.plain(memory, access{prefix: opcode.Misc, op: opcode.MiscMemoryInit, segment: n})
}

// drop writes data.drop.
func (e *emitter) drop(segment uint32) {
	e.u32(opcode.Call, e.helper(helper{drop: true, to: segment}))
}

// copy writes memory.copy.
func (e *emitter) copy(to, from uint32) {
	if to == from {
		e.plain(to, access{prefix: opcode.Misc, op: opcode.MiscMemoryCopy})
		return
	}
	e.u32(opcode.Call, e.helper(helper{to: to, from: from}))
}

// initializer returns the body of the function that initializes the memories and
// calls the start function, empty if there is nothing to do.
//
// WebAssembly core specification, "Instantiation".
func (s *splitter) initializer() []byte {
	e := emitter{splitter: s, out: []byte{0}}
	for i, d := range s.data {
		if !d.active {
			continue
		}
		// The block keeps an expression that is no good from using what another
		// left.
		e.op(opcode.Block, byte(engine.I32))
		e.op(d.offset...)
		e.op(opcode.End)
		e.i32(0)
		e.i32(int32(len(d.bytes)))
		e.init(d.memory, uint32(i))
		if s.named[uint32(i)] {
			e.drop(uint32(i))
		}
	}
	if s.start >= 0 {
		e.u32(opcode.Call, uint32(s.start))
	}
	if len(e.out) == 1 {
		return nil
	}
	e.op(opcode.End)
	return wasmbin.AppendBytes(nil, e.out)
}

// helperBodies returns the bodies of the other functions that are added. They use
// no helpers themselves.
func (s *splitter) helperBodies() []byte {
	var out []byte
	for _, h := range s.helpList {
		e := emitter{splitter: s}
		if h.drop {
			e.dropAll(h.to)
		} else {
			e.copyAll(h.to, h.from)
		}
		e.op(opcode.End)
		out = wasmbin.AppendBytes(out, e.out)
	}
	return out
}

// dropAll writes the function that drops every copy of a data segment.
func (e *emitter) dropAll(segment uint32) {
	e.op(0)
	e.out = access{prefix: opcode.Misc, op: opcode.MiscDataDrop, segment: segment}.instruction(e.out, 0, 0)
	for memory := range e.memories[1:] {
		memory++
		if n, ok := e.memories[memory].segments[segment]; ok {
			e.call(uint32(memory), access{prefix: opcode.Misc, op: opcode.MiscDataDrop, segment: n})
		}
	}
}
