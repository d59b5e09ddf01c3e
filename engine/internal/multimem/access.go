package multimem

import (
	"fmt"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/wasmbin"
	"github.com/berth-cli/berth/engine/internal/wasmbin/opcode"
	"github.com/berth-cli/berth/internal/binread"
)

// access is a kind of access to a memory, which a function of its accessor does.
type access struct {
	prefix  byte   // opMisc, opVec or 0
	op      uint32 // of the instruction
	lane    byte   // of a vector
	offset  bool   // the last parameter is added to the address
	segment uint32 // of memory.init and data.drop
}

// shape is what a load or store takes and gives.
type shape struct {
	val   engine.ValType
	align uint32 // the largest power of two the instruction may claim
	store bool
	lane  bool // a lane of a vector: takes it, too, and has its number
}

// scalar is the shape of a load or store without prefix.
func scalar(op byte) shape {
	vals := [...]engine.ValType{engine.I32, engine.I64, engine.F32, engine.F64}
	const aligns = "\x02\x03\x02\x03" + "\x00\x00\x01\x01" + "\x00\x00\x01\x01\x02\x02" + // loads
		"\x02\x03\x02\x03" + "\x00\x01" + "\x00\x01\x02" // stores
	s := shape{store: op >= 0x36, align: uint32(aligns[op-0x28])}
	switch {
	case op <= 0x2b:
		s.val = vals[op-0x28]
	case op >= 0x36 && op <= 0x39:
		s.val = vals[op-0x36]
	case op <= 0x2f, op == 0x3a, op == 0x3b:
		s.val = engine.I32
	default:
		s.val = engine.I64
	}
	return s
}

// vector is the shape of a load or store with the prefix 0xfd.
func vector(op uint32) (shape, bool) {
	s := shape{val: engine.V128}
	switch {
	case op == 0, op == 11:
		s.align, s.store = 4, op == 11
	case op <= 6: // half as many values, each twice as wide
		s.align = 3
	case op <= 10: // the same value in each lane
		s.align = op - 7
	case op >= 84 && op <= 91:
		s.align, s.store, s.lane = (op-84)&3, op >= 88, true
	case op == 92, op == 93: // one value, then zeros
		s.align = op - 90
	default:
		return s, false
	}
	return s, true
}

// signature returns the type of an access, in the binary format.
func (a access) signature() string {
	const i32 = byte(engine.I32)
	params, results := []byte{}, []byte{}
	switch s, ok := a.shape(); {
	case ok:
		params = append(params, i32)
		if s.store || s.lane {
			params = append(params, byte(s.val))
		}
		if a.offset {
			params = append(params, i32)
		}
		if !s.store {
			results = append(results, byte(s.val))
		}
	case a.prefix == opcode.Misc && a.op != opcode.MiscDataDrop:
		params = append(params, i32, i32, i32)
	case a.prefix == 0:
		results = append(results, i32)
		if a.op == opcode.MemoryGrow {
			params = append(params, i32)
		}
	}
	t := append([]byte{wasmbin.FuncForm, byte(len(params))}, params...)
	t = append(append(t, byte(len(results))), results...)
	return string(t)
}

// shape returns what a load or store takes and gives, and whether a is one.
func (a access) shape() (shape, bool) {
	switch {
	case a.prefix == opcode.Vec:
		return vector(a.op)
	case a.prefix == 0 && a.op < opcode.MemorySize:
		return scalar(byte(a.op)), true
	}
	return shape{}, false
}

// memArg is the operand of a load or store.
type memArg struct {
	align, memory, offset uint32
}

func (m *module) memArg(s *binread.Reader, largest uint32) memArg {
	at := s.Offset()
	a := memArg{align: s.U32()}
	if a.align&wasmbin.HasMemory != 0 {
		a.align &^= wasmbin.HasMemory
		a.memory = m.memoryIndex(s)
	} else if len(m.memoryTypes) == 0 {
		s.FailAt(at, fmt.Errorf("unknown memory 0"))
	}
	if s.Err() == nil && a.align > largest {
		s.FailAt(at, fmt.Errorf("alignment 2**%d is larger than natural", a.align))
	}
	a.offset = s.U32()
	return a
}
