package diff

import (
	"math"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// function writes the body of one function.
type function struct {
	*builder
	index  int // functions before it may be called
	code   []byte
	locals []engine.ValType // parameters, locals, then the scratch ones
	vars   int              // how many of them code may name
	sig    w.Signature
	labels []bool // the labels without values around; true: of a loop
	depth  int    // labels of any kind around
	at     []int  // for each of labels, the depth it is at
	crowds int    // of the code so far: see crowd
}

// Depths that bound a program's size.
const (
	exprDepth = 5
	stmtDepth = 3
	maxCrowds = 3
)

// scratchF32 is the scratch locals after a function's variables.
const (
	scratchF32 = iota
	scratchF64
	scratchI32                      // two
	scratchI64     = scratchI32 + 2 // two
	scratchCounter = scratchI64 + 2 // the first of stmtDepth+1 counters of loops
)

// function adds a function to the module.
func (b *builder) function(s *source, index int) {
	sig := b.signature(s)
	id := b.mod.Type(sig)
	b.types, b.typeIDs = append(b.types, sig), append(b.typeIDs, id)
	f := &function{builder: b, index: index, sig: sig}
	f.locals = append(append(f.locals, sig.Params...), variables(s)...)
	f.vars = len(f.locals)
	scratch := []engine.ValType{w.F32, w.F64, w.I32, w.I32, w.I64, w.I64}
	for range stmtDepth + 2 {
		scratch = append(scratch, w.I32)
	}
	f.locals = append(f.locals, scratch...)
	f.spend()
	if s.oneIn(2) {
		f.loadAll()
	}
	for range 1 + s.intn(8) {
		f.stmt(s, stmtDepth)
	}
	for _, t := range sig.Results {
		f.expr(s, t, exprDepth)
	}
	if s.oneIn(2) {
		f.storeAll()
	}
	b.mod.Func(id, f.locals[len(sig.Params):], f.code)
}

// variables are the types of a function's own locals: few, or more than a processor
// has registers, mixed or mostly of one type.
func variables(s *source) []engine.ValType {
	own := someNumbers(s, s.intn(6))
	if s.oneIn(3) {
		n := 12 + s.intn(36)
		t := pick(s, numbers())
		own = someNumbers(s, n/6)
		for len(own) < n {
			own = append(own, t)
		}
	}
	for range s.intn(3) {
		own = append(own, w.V128)
	}
	return own
}

// loadAll gives every variable a value from memory: none is a constant zero that
// needs no register.
func (f *function) loadAll() {
	for i := len(f.sig.Params); i < f.vars; i++ {
		f.emit(w.I32Const(0)...)
		f.access(plain(loads(), f.locals[i]), uint32(8*(i%32)))
		f.emit(w.LocalSet(uint32(i))...)
	}
}

// storeAll writes every variable to memory: all of them are needed to the end.
func (f *function) storeAll() {
	for i, t := range f.locals[:f.vars] {
		f.emit(w.I32Const(0)...)
		f.emit(w.LocalGet(uint32(i))...)
		if t == w.F32 || t == w.F64 {
			f.emit(f.canonical(t)...)
		}
		f.access(plain(stores(), t), uint32(1<<15+16*i))
	}
}

// integerOp writes an instruction on integers, as the program is to avoid it.
func (f *function) integerOp(code byte) {
	avoid := f.seed.Avoid
	switch {
	case avoid&Remainder != 0 && (code == 0x6f || code == 0x70):
		f.remainder(w.I32, code)
	case avoid&Remainder != 0 && (code == 0x6f+to64 || code == 0x70+to64):
		f.remainder(w.I64, code-to64)
	case avoid&MaskedOrder != 0 && (code >= 0x48 && code <= 0x4f || code >= 0x53 && code <= 0x5a):
		f.emit(code)
		f.emit(w.I32Const(0)...)
		f.emit(opOr)
	default:
		f.emit(code)
	}
}

// remainder writes x - x/y*y. A signed division by -1 is one by 1, which leaves as
// little and does not overflow.
func (f *function) remainder(t engine.ValType, code byte) {
	x, y := f.scratch(scratchI32), f.scratch(scratchI32+1)
	if t == w.I64 {
		x, y = f.scratch(scratchI64), f.scratch(scratchI64+1)
	}
	f.emit(w.LocalSet(y)...)
	f.emit(w.LocalSet(x)...)
	if code == 0x6f {
		f.number(t, 1)
		f.emit(w.LocalGet(y)...)
		f.emit(w.LocalGet(y)...)
		f.number(t, math.MaxUint64)
		f.emit(map[engine.ValType]byte{w.I32: 0x46, w.I64: 0x51}[t]) // eq
		f.emit(0x1b)                                                 // select
		f.emit(w.LocalSet(y)...)
	}
	f.emit(w.LocalGet(x)...)
	f.emit(w.LocalGet(x)...)
	f.emit(w.LocalGet(y)...)
	f.op(t, code-2)
	f.emit(w.LocalGet(y)...)
	f.op(t, opMul)
	f.op(t, opMul-1)
}

func (f *function) emit(code ...byte) { f.code = append(f.code, code...) }

func (f *function) scratch(i int) uint32 { return uint32(f.vars + i) }

// spend takes one from the budget and traps when nothing is left of it.
func (f *function) spend() {
	f.emit(w.GlobalGet(0)...)
	f.emit(w.I32Const(1)...)
	f.emit(w.I32Sub)
	f.emit(w.GlobalSet(0)...)
	f.emit(w.GlobalGet(0)...)
	f.emit(w.I32Const(0)...)
	f.emit(0x4c) // i32.le_s
	f.emit(w.If(w.Op(w.Unreachable))...)
}

// variable is a local of type t that code may name.
func (f *function) variable(s *source, t engine.ValType) (uint32, bool) {
	var fit []uint32
	for i, l := range f.locals[:f.vars] {
		if l == t {
			fit = append(fit, uint32(i))
		}
	}
	if len(fit) == 0 {
		return 0, false
	}
	return pick(s, fit), true
}

// global is a global of type t, without the budget.
func (f *function) global(s *source, t engine.ValType) (uint32, bool) {
	var fit []uint32
	for i, g := range f.globals {
		if g == t {
			fit = append(fit, uint32(i+1))
		}
	}
	if len(fit) == 0 {
		return 0, false
	}
	return pick(s, fit), true
}

// open begins a block, loop or if without values; with named, branches may go there.
func (f *function) open(opcode byte, named bool) {
	f.emit(opcode, 0x40)
	f.depth++
	if named {
		f.labels = append(f.labels, opcode == 0x03)
		f.at = append(f.at, f.depth)
	}
}

// openOf begins a block or if with one result.
func (f *function) openOf(opcode byte, t engine.ValType) {
	f.emit(opcode, byte(t))
	f.depth++
}

// end ends what open or openOf began.
func (f *function) end() {
	f.emit(w.End)
	if n := len(f.at); n > 0 && f.at[n-1] == f.depth {
		f.at, f.labels = f.at[:n-1], f.labels[:n-1]
	}
	f.depth--
}

// label is the operand of a branch to a label without values.
func (f *function) label(s *source) (uint32, bool) {
	if len(f.at) == 0 {
		return 0, false
	}
	return uint32(f.depth - pick(s, f.at)), true
}
