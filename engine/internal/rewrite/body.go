package rewrite

import (
	"errors"
	"fmt"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/wasmbin"
	"github.com/berth-cli/berth/engine/internal/wasmbin/opcode"
)

// walker copies one function's code, with its functions renumbered and its fuel
// paid. It knows every instruction's length and rejects those it does not know:
// a byte that it took for part of an operand and wazero for a loop would be a loop
// without fuel.
type walker struct {
	reader
	*writer
	out     []byte
	from    int    // input offset of what is read but not yet copied
	scratch uint32 // index of the first of the locals it adds
	open    []frame
	budget  *int64 // of stack values named by types, over the whole module
	effort  effort
	masked  masked
	operand int64  // of the last instruction, if it names a local or is a constant integer
	squares int64  // left of what maxSquares bounds, over the whole module
	largest uint64 // of effort.bytes, over the whole module
}

// frame is an open block.
type frame struct {
	op     byte
	arity  int // values a branch to it takes
	start  int // of a loop: input offset
	weight int // of a loop: output offset of its weight

	height, params, results, localOps int // for the effort
}

// emitBody appends the code of function index, whose input is b, with its size.
func (w *writer) emitBody(out []byte, index int, b body, budget *int64) ([]byte, error) {
	k := &w.walker
	k.writer, k.budget, k.out, k.open = w, budget, k.out[:0], k.open[:0]
	k.effort = effort{}
	w.sites.begin(index)
	k.reader = reader{buf: w.in, pos: b.pos, end: b.end}
	ft := w.m.types[w.m.funcs[index]]
	locals := k.locals(len(ft.Params))
	k.masked.begin(locals)
	k.from = k.pos
	k.meter(1 + uint32((b.end-b.pos)>>weightShift) + uint32(locals>>localsShift))
	k.open = append(k.open, frame{op: opcode.Block, arity: len(ft.Results)})
	k.effort.branch()
	for k.err == nil && len(k.open) > 0 {
		k.instruction()
	}
	if k.err == nil && k.pos != k.end {
		k.fail("code after the end of a function")
	}
	if k.err == nil {
		k.checkEffort(locals)
		k.largest = max(k.largest, k.effort.bytes(b.end-b.pos, locals))
	}
	k.flush(k.pos)
	if ce, ok := errors.AsType[*engine.CompileError](k.err); ok {
		ce.Err = fmt.Errorf("function %d: %w", index, ce.Err)
		return nil, ce
	}
	code := w.sites.end(k.out)
	out = wasmbin.AppendU32(out, uint32(len(code)))
	w.sites.place(len(out))
	return append(out, code...), nil
}

// locals copies the local declarations, adds the scratch locals, two i32 and, for
// 64-bit memories and remainders, i64, and returns how many locals there are.
func (k *walker) locals(params int) int {
	start := k.pos
	groups := k.count(2)
	at := k.pos
	total := uint64(params)
	for range groups {
		total += uint64(k.u32())
		k.m.valType(&k.reader)
		if total > maxLocals {
			k.failAt(start, "more than %d locals", maxLocals)
			return 0
		}
	}
	k.scratch = uint32(total)
	added := []byte{2, byte(engine.I32)}
	if n := k.m.options.repairLocals(k.m.hasWideMemory()); n > 0 {
		added = append(added, n, byte(engine.I64))
	}
	k.out = wasmbin.AppendU32(k.out, uint32(groups+len(added)/2))
	k.out = append(k.out, k.buf[at:k.pos]...)
	k.out = append(k.out, added...)
	return int(total)
}

// push changes the height of the operand stack.
func (k *walker) push(n int) { k.effort.push(n, k.open[len(k.open)-1]) }

// flush copies what was read before offset to.
func (k *walker) flush(to int) {
	if k.err == nil {
		k.sites.copied(len(k.out), k.from, to-k.from)
		k.out = append(k.out, k.buf[k.from:to]...)
		k.from = to
	}
}

// instead copies what was read before offset at. The caller writes what stands for
// the instruction from there to where the reader is.
func (k *walker) instead(at int) {
	k.flush(at)
	k.from = k.pos
}

// instruction reads the next instruction.
func (k *walker) instruction() {
	at := k.pos
	op := k.byte()
	k.push(pushed(op))
	if mayTrap(op) {
		k.effort.traps++
	}
	switch {
	case op >= 0x45 && op <= 0xc4, op == opcode.Unreachable, op == opcode.Nop, op == opcode.Return,
		op == opcode.Drop, op == opcode.Select, op == opcode.RefIsNull:
	case op >= 0x28 && op <= 0x3e:
		k.memArg()
	case op >= opcode.LocalGet && op <= opcode.LocalTee:
		k.operand = int64(k.index("local", uint64(k.scratch)))
		k.effort.localOps++
	case op == opcode.GlobalGet, op == opcode.GlobalSet:
		k.index("global", uint64(len(k.m.Globals)))
	case op == opcode.TableGet, op == opcode.TableSet:
		k.tableIndex()
	default:
		k.special(at, op)
	}
	k.repair(at, op)
}

// special reads the other instructions.
func (k *walker) special(at int, op byte) {
	switch op {
	case opcode.Block, opcode.If, opcode.Loop, opcode.TryTable:
		k.block(at, op)
	case opcode.Else:
		k.elseBlock(at)
	case opcode.End:
		k.closeBlock()
	case opcode.Br, opcode.BrIf:
		k.effort.branch()
		k.spend(k.label(k.u32()))
	case opcode.BrTable:
		k.brTable()
	case opcode.Call, opcode.ReturnCall, opcode.RefFunc:
		k.funcOperand(at, op)
	case opcode.CallIndirect, opcode.ReturnCallIndirect:
		t := k.m.typeAt(k.m.typeIndex(&k.reader))
		k.spend(len(t.Params) + len(t.Results))
		k.push(len(t.Results) - len(t.Params))
		k.tableIndex()
		k.effort.hidden += indirectBlocks
	case opcode.SelectTyped:
		if n := k.count(1); n != 1 {
			k.failAt(at, "select of %d types", n)
		}
		k.m.valType(&k.reader)
	case opcode.MemorySize:
		k.memory()
	case opcode.MemoryGrow:
		k.memoryGrow(at)
	case opcode.I32Const, opcode.I64Const, opcode.F32Const, opcode.F64Const:
		k.constant(op)
	case opcode.RefNull:
		refType(&k.reader, k.m.options)
	case opcode.Throw, opcode.ThrowRef:
		k.throw(at, op)
	case opcode.Misc:
		k.misc(at)
	case opcode.Vec:
		k.vector(at)
	default:
		k.failAt(at, "instruction 0x%02x is not supported", op)
	}
}

// constant reads the operand of a constant number.
func (k *walker) constant(op byte) {
	switch op {
	case opcode.I32Const:
		k.operand = k.signed(32)
	case opcode.I64Const:
		k.operand = k.signed(64)
	case opcode.F32Const:
		k.bytes(4)
	case opcode.F64Const:
		k.bytes(8)
	}
}

// spend takes n from the budget of stack values. Types of a thousand values used
// by a million short instructions would make the compiler need a thousand times
// the module's size.
func (k *walker) spend(n int) {
	if *k.budget -= int64(n); *k.budget < 0 {
		k.fail("code too complex: its types name too many values")
	}
}

// index reads an index below n. The rewritten module has one more of most things
// than the input, and the guest must not name those.
func (k *walker) index(what string, n uint64) uint32 {
	start := k.pos
	i := k.u32()
	if k.err == nil && uint64(i) >= n {
		k.failAt(start, "unknown %s %d", what, i)
	}
	return i
}

func (k *walker) tableIndex() { k.index("table", uint64(len(k.m.Tables))) }

func (k *walker) elemIndex() { k.index("element segment", uint64(len(k.m.elements))) }

// memory reads the index of a memory and reports whether it is of 64 bits. With one
// memory it is a single zero byte: wazero reads no other form.
func (k *walker) memory() bool {
	if !k.m.options.MultiMemory {
		if b := k.byte(); b != 0 {
			k.failAt(k.pos-1, "memory 0x%02x, this engine supports one memory", b)
			return false
		}
		return k.is64(0)
	}
	start := k.pos
	i := k.u32()
	if k.err == nil && int64(i) >= int64(len(k.m.Memories)) {
		k.failAt(start, "unknown memory %d", i)
	}
	return k.is64(i)
}

func (k *walker) is64(i uint32) bool {
	return int64(i) < int64(len(k.m.Memories)) && k.m.Memories[i].Is64
}

// memoryGrow reads memory.grow.
func (k *walker) memoryGrow(at int) {
	wide := k.memory()
	if k.m.options.CheckGrow {
		k.flush(at)
		k.checkGrow(HostMemoryGrow, wide)
	}
}

func (k *walker) memArg() {
	start := k.pos
	align := k.u32()
	wide := k.is64(0)
	if align&wasmbin.HasMemory != 0 && k.m.options.MultiMemory {
		align &^= wasmbin.HasMemory
		wide = k.memory()
	}
	if align >= 32 {
		k.failAt(start, "alignment 0x%x, this engine supports one memory", align)
	}
	k.unsigned(wide)
}

// block reads the start of a block.
func (k *walker) block(at int, op byte) {
	if op == opcode.TryTable && !k.m.options.Exceptions {
		k.failAt(at, "exceptions are not enabled")
		return
	}
	t := k.blockType()
	k.spend(len(t.Params) + len(t.Results))
	if op == opcode.TryTable {
		k.catches()
	}
	if len(k.open) >= maxNesting {
		k.failAt(at, "blocks nest deeper than %d", maxNesting)
	}
	f := frame{op: op, arity: len(t.Results), start: at}
	k.effort.enter(&f, t)
	if op == opcode.Loop {
		f.arity = len(t.Params)
		k.flush(k.pos)
		f.weight = k.meter(1)
	}
	k.open = append(k.open, f)
}

func (k *walker) elseBlock(at int) {
	f := &k.open[len(k.open)-1]
	if f.op != opcode.If {
		k.failAt(at, "else without if")
	}
	f.op = opcode.Else
	k.effort.otherwise(*f)
}

func (k *walker) closeBlock() {
	f := k.open[len(k.open)-1]
	k.open = k.open[:len(k.open)-1]
	k.effort.leave(f, int(k.scratch))
	if f.op == opcode.Loop && k.err == nil {
		putWeight(k.out[f.weight:], 1+uint32((k.pos-f.start)>>weightShift))
	}
}

func (k *walker) blockType() engine.FuncType {
	start := k.pos
	v := k.signed(33)
	if v >= 0 {
		if v >= int64(len(k.m.types)) {
			k.failAt(start, "unknown type %d", v)
			return engine.FuncType{}
		}
		return k.m.types[v]
	}
	t := engine.ValType(v & 0x7f)
	switch {
	case k.pos != start+1:
		k.failAt(start, "block type is not canonical")
	case t == wasmbin.BlockVoid:
		return engine.FuncType{}
	default:
		k.pos = start
		k.m.valType(&k.reader)
	}
	return engine.FuncType{Results: []engine.ValType{t}}
}

func (k *walker) catches() {
	for range k.count(2) {
		switch kind := k.byte(); kind {
		case 0, 1:
			k.index("tag", uint64(len(k.m.tags)))
		case 2, 3:
		default:
			k.failAt(k.pos-1, "catch of unknown kind 0x%02x", kind)
		}
		k.spend(k.label(k.u32()) + 1)
	}
}

// label returns the arity of a branch target.
func (k *walker) label(depth uint32) int {
	if int64(depth) >= int64(len(k.open)) {
		k.fail("branch to unknown label %d", depth)
		return 0
	}
	return k.open[len(k.open)-1-int(depth)].arity
}

func (k *walker) brTable() {
	for range k.count(1) + 1 {
		k.spend(k.label(k.u32()) + 1)
		k.effort.branch()
		if k.err != nil {
			return
		}
	}
}

// funcOperand reads call, return_call and ref.func and renumbers their function.
func (k *walker) funcOperand(at int, op byte) {
	operand := k.pos
	i := k.m.funcIndex(&k.reader)
	if k.err != nil {
		return
	}
	k.instead(at)
	if op == opcode.RefFunc {
		if !k.m.declared[i] {
			k.failAt(operand, "undeclared reference to function %d", i)
		}
		k.refFunc(i)
		return
	}
	t := k.m.types[k.m.funcs[i]]
	k.spend(len(t.Params) + len(t.Results))
	k.push(len(t.Results) - len(t.Params))
	k.out = wasmbin.AppendU32(append(k.out, op), k.newFunc(i))
}

func (k *walker) throw(at int, op byte) {
	if !k.m.options.Exceptions {
		k.failAt(at, "exceptions are not enabled")
		return
	}
	if op == opcode.Throw {
		k.index("tag", uint64(len(k.m.tags)))
	}
}
