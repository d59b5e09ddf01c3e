package binary

import (
	"github.com/berth-cli/berth/component/internal/coretype"
	"github.com/berth-cli/berth/internal/binread"
)

// operand is something that follows the opcode of a built-in.
type operand uint8

const (
	operandType operand = iota + 1
	operandOpts
	operandFlag
	operandResult
	operandRep
	operandSlot
	operandMemory
	operandCore
	operandTable
)

type builtin struct {
	name     string
	operands []operand
}

// builtinOf is the name and the operands of a built-in that is not about
// resources.
//
// Binary.md, "Canonical Definitions".
func builtinOf(op byte) (builtin, bool) {
	name := builtinName(op)
	return builtin{name, builtinOperands(op)}, name != ""
}

func builtinOperands(op byte) []operand {
	switch op {
	case 0x06, 0x0c, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x42:
		return []operand{operandFlag}
	case 0x09:
		return []operand{operandResult, operandOpts}
	case 0x0a, 0x0b:
		return []operand{operandRep, operandSlot}
	case 0x0e, 0x13, 0x14, 0x15, 0x1a, 0x1b:
		return []operand{operandType}
	case 0x0f, 0x10, 0x16, 0x17:
		return []operand{operandType, operandOpts}
	case 0x11, 0x12, 0x18, 0x19:
		return []operand{operandType, operandFlag}
	case 0x1c, 0x1d:
		return []operand{operandOpts}
	case 0x20, 0x21:
		return []operand{operandFlag, operandMemory}
	case 0x27:
		return []operand{operandCore, operandTable}
	case 0x40:
		return []operand{operandFlag, operandCore}
	case 0x41:
		return []operand{operandFlag, operandCore, operandTable}
	}
	return nil
}

// builtinName is the name of a built-in, or empty if the opcode is not one's.
func builtinName(op byte) string {
	names := [0x43]string{
		0x05: "task.cancel",
		0x06: "subtask.cancel",
		0x09: "task.return",
		0x0a: "context.get",
		0x0b: "context.set",
		0x0c: "thread.yield",
		0x0d: "subtask.drop",
		0x0e: "stream.new",
		0x0f: "stream.read",
		0x10: "stream.write",
		0x11: "stream.cancel-read",
		0x12: "stream.cancel-write",
		0x13: "stream.drop-readable",
		0x14: "stream.drop-writable",
		0x15: "future.new",
		0x16: "future.read",
		0x17: "future.write",
		0x18: "future.cancel-read",
		0x19: "future.cancel-write",
		0x1a: "future.drop-readable",
		0x1b: "future.drop-writable",
		0x1c: "error-context.new",
		0x1d: "error-context.debug-message",
		0x1e: "error-context.drop",
		0x1f: "waitable-set.new",
		0x20: "waitable-set.wait",
		0x21: "waitable-set.poll",
		0x22: "waitable-set.drop",
		0x23: "waitable.join",
		0x24: "backpressure.inc",
		0x25: "backpressure.dec",
		0x26: "thread.index",
		0x27: "thread.new-indirect",
		0x28: "thread.resume-later",
		0x29: "thread.suspend",
		0x2a: "thread.suspend-then-resume",
		0x2b: "thread.yield-then-resume",
		0x2c: "thread.suspend-then-promote",
		0x2d: "thread.yield-then-promote",
		0x40: "thread.spawn-ref",
		0x41: "thread.spawn-indirect",
		0x42: "thread.available-parallelism",
	}
	if int(op) < len(names) {
		return names[op]
	}
	return ""
}

func readCanon(r *binread.Reader) Definition {
	at := At{r.Offset()}
	switch op := r.Byte(); op {
	case 0x00:
		readFuncSort(r)
		return &Lift{At: at, CoreFunc: r.U32(), Opts: readOpts(r), Type: r.U32()}
	case 0x01:
		readFuncSort(r)
		return &Lower{At: at, Func: r.U32(), Opts: readOpts(r)}
	case byte(ResourceNew), byte(ResourceDrop), byte(ResourceRep):
		return &ResourceCanon{At: at, Op: ResourceOp(op), Type: r.U32()}
	default:
		return readBuiltin(r, at, op)
	}
}

// readFuncSort reads the zero after the opcode of a lift or lower.
func readFuncSort(r *binread.Reader) {
	if b := r.Byte(); b != 0 {
		r.BadByte(b, "the sort of a function")
	}
}

func readBuiltin(r *binread.Reader, at At, op byte) *Builtin {
	d := &Builtin{At: at, Op: op}
	spec, ok := builtinOf(op)
	if !ok {
		r.BadByte(op, "a canonical definition")
		return d
	}
	d.Name = spec.name
	for _, o := range spec.operands {
		d.read(r, o)
	}
	return d
}

func (d *Builtin) read(r *binread.Reader, o operand) {
	switch o {
	case operandType:
		d.Type = r.U32()
	case operandOpts:
		d.Opts = readOpts(r)
	case operandFlag:
		d.Flag = readFlag(r, "a boolean")
	case operandResult:
		d.Result = readResult(r)
	case operandRep:
		d.Rep = coretype.ReadValType(r)
	case operandSlot:
		d.Slot = r.U32()
	case operandMemory:
		d.Memory = r.U32()
	case operandCore:
		d.Core = r.U32()
	case operandTable:
		d.Table = r.U32()
	}
}

func readOpts(r *binread.Reader) []CanonOpt {
	var opts []CanonOpt
	for range r.Count(1) {
		o := CanonOpt{Kind: OptKind(r.Byte())}
		if o.Kind > OptGC {
			r.BadByte(byte(o.Kind), "a canonical option")
		}
		if o.Kind.HasIndex() {
			o.Index = r.U32()
		}
		opts = append(opts, o)
	}
	return opts
}
