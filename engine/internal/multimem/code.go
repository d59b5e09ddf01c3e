package multimem

import (
	"fmt"

	"github.com/berth-cli/berth/engine/internal/wasmbin"
	"github.com/berth-cli/berth/engine/internal/wasmbin/opcode"
	"github.com/berth-cli/berth/internal/binread"
)

// code returns the function bodies of the main module, but for those this package
// adds, each with its size.
func (s *splitter) code() ([]byte, error) {
	var out []byte
	w := walker{emitter: emitter{splitter: s}}
	for i, b := range s.bodies {
		w.r = binread.New(b.bytes, binread.Options{Base: b.offset})
		w.out, w.from = w.out[:0], b.offset
		w.locals()
		for w.r.Err() == nil && w.r.Len() > 0 {
			w.instruction()
		}
		w.flush(w.r.Offset())
		if err := w.r.Err(); err != nil {
			return nil, fmt.Errorf("function %d: %w", i, err)
		}
		out = wasmbin.AppendBytes(out, w.out)
	}
	return out, nil
}

// walker copies one function's code and replaces what uses memories. It must know
// the length of every instruction.
type walker struct {
	emitter
	r    *binread.Reader
	from int64 // what is read from here on is not copied yet
}

func (w *walker) locals() {
	each(w.r, 2, func(r *binread.Reader) {
		r.U32()
		r.Byte()
	})
}

// flush copies what was read before an offset of the input.
func (w *walker) flush(to int64) {
	if w.r.Err() == nil {
		w.out = append(w.out, w.in[w.from:to]...)
		w.from = to
	}
}

// instead leaves out the instruction just read, which began at an offset. The
// caller writes what stands for it. It reports whether reading it went well.
func (w *walker) instead(at int64) bool {
	w.flush(at)
	w.from = w.r.Offset()
	return w.r.Err() == nil
}

// instruction reads the next instruction.
func (w *walker) instruction() {
	at := w.r.Offset()
	op := w.r.Byte()
	switch {
	case op >= 0x28 && op < opcode.MemorySize:
		arg := w.memArg(w.r, scalar(op).align)
		if w.instead(at) {
			w.access(arg, access{op: uint32(op)})
		}
	case op == opcode.MemorySize, op == opcode.MemoryGrow:
		memory := w.memoryIndex(w.r)
		if w.instead(at) {
			w.plain(memory, access{op: uint32(op)})
		}
	case op == opcode.Misc:
		w.misc(at)
	case op == opcode.Vec:
		w.vector(at)
	default:
		w.operands(at, op)
	}
}

// operands reads those of an instruction that is copied as it is. It checks the
// indices of what the main module has more of.
func (w *walker) operands(at int64, op byte) {
	r := w.r
	switch op {
	case opcode.Block, opcode.Loop, opcode.If, opcode.TryTable:
		w.blockType()
		if op == opcode.TryTable {
			w.catches()
		}
	case opcode.Throw, opcode.Br, opcode.BrIf, opcode.LocalGet, opcode.LocalSet, opcode.LocalTee, opcode.GlobalGet, opcode.GlobalSet:
		r.U32()
	case opcode.BrTable:
		each(r, 1, func(r *binread.Reader) { r.U32() })
		r.U32()
	case opcode.Call, opcode.ReturnCall, opcode.RefFunc:
		w.funcIndex(r)
	case opcode.CallIndirect, opcode.ReturnCallIndirect:
		w.typeIndex(r)
		w.tableIndex(r)
	case opcode.TableGet, opcode.TableSet:
		w.tableIndex(r)
	case opcode.SelectTyped:
		each(r, 1, func(r *binread.Reader) { r.Byte() })
	case opcode.RefNull:
		r.Byte()
	case opcode.I32Const:
		r.S32()
	case opcode.I64Const:
		r.S64()
	case opcode.F32Const:
		r.Bytes(4)
	case opcode.F64Const:
		r.Bytes(8)
	default:
		if !isPlain(op) {
			r.FailAt(at, fmt.Errorf("instruction 0x%02x is not supported", op))
		}
	}
}

// isPlain reports whether an instruction has no operands.
func isPlain(op byte) bool {
	switch op {
	case opcode.Unreachable, opcode.Nop, opcode.Else, opcode.ThrowRef, opcode.End, opcode.Return,
		opcode.Drop, opcode.Select, opcode.RefIsNull:
		return true
	}
	return op >= 0x45 && op <= 0xc4
}

func (w *walker) blockType() {
	at := w.r.Offset()
	if t := w.r.S33(); t >= int64(w.typeCount) {
		w.r.FailAt(at, fmt.Errorf("unknown type %d", t))
	}
}

func (w *walker) catches() {
	each(w.r, 2, func(r *binread.Reader) {
		switch kind := r.Byte(); kind {
		case 0, 1:
			r.U32()
		case 2, 3:
		default:
			r.BadByte(kind, "a kind of catch")
		}
		r.U32()
	})
}

// misc reads an instruction with the prefix 0xfc.
func (w *walker) misc(at int64) {
	switch op := w.r.U32(); op {
	case opcode.MiscMemoryInit:
		segment, memory := w.dataIndex(), w.memoryIndex(w.r)
		if w.instead(at) {
			w.named[segment] = true
			w.init(memory, segment)
		}
	case opcode.MiscDataDrop:
		segment := w.dataIndex()
		if w.instead(at) {
			w.drop(segment)
		}
	case opcode.MiscMemoryCopy:
		to, from := w.memoryIndex(w.r), w.memoryIndex(w.r)
		if w.instead(at) {
			w.copy(to, from)
		}
	case opcode.MiscMemoryFill:
		memory := w.memoryIndex(w.r)
		if w.instead(at) {
			w.plain(memory, access{prefix: opcode.Misc, op: opcode.MiscMemoryFill})
		}
	case opcode.MiscTableInit, opcode.MiscTableCopy:
		if op == opcode.MiscTableCopy {
			w.tableIndex(w.r)
		} else {
			w.r.U32()
		}
		w.tableIndex(w.r)
	case opcode.MiscElemDrop:
		w.r.U32()
	case opcode.MiscTableGrow, opcode.MiscTableSize, opcode.MiscTableFill:
		w.tableIndex(w.r)
	default:
		if op > 7 {
			w.r.FailAt(at, fmt.Errorf("instruction 0xfc 0x%x is not supported", op))
		}
	}
}

// dataIndex reads the index of a data segment.
func (w *walker) dataIndex() uint32 {
	if w.dataCount < 0 {
		w.r.Failf("data segment named, and no data count section")
		return 0
	}
	return index(w.r, "data segment", uint32(w.dataCount))
}

// vector reads an instruction with the prefix 0xfd.
func (w *walker) vector(at int64) {
	op := w.r.U32()
	if s, ok := vector(op); ok {
		arg, a := w.memArg(w.r, s.align), access{prefix: opcode.Vec, op: op}
		if s.lane {
			a.lane = w.r.Byte()
		}
		if w.instead(at) {
			w.access(arg, a)
		}
		return
	}
	switch {
	case op == opcode.VecConst, op == opcode.VecShuffle:
		w.r.Bytes(16)
	case op >= 21 && op <= 34: // lanes
		w.r.Byte()
	case op > opcode.VecLast:
		w.r.FailAt(at, fmt.Errorf("instruction 0xfd 0x%x is not supported", op))
	}
}
