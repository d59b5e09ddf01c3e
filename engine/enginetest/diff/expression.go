package diff

import (
	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// expr writes code that leaves one value of type t.
func (f *function) expr(parent *source, t engine.ValType, depth int) {
	s := f.node(parent)
	if f.isCut(s) {
		f.emit(zero(t)...)
		return
	}
	if depth <= 0 || s.oneIn(5) {
		f.leaf(s, t)
		return
	}
	f.inner(s, t, depth-1)
}

// leaf writes a variable, a global or a constant.
func (f *function) leaf(s *source, t engine.ValType) {
	if i, ok := f.variable(s, t); ok && !s.oneIn(3) {
		f.emit(w.LocalGet(i)...)
		return
	}
	if i, ok := f.global(s, t); ok && s.oneIn(3) {
		f.emit(w.GlobalGet(i)...)
		return
	}
	f.emit(f.constant(s, t)...)
}

// inner writes an expression with parts.
func (f *function) inner(s *source, t engine.ValType, depth int) {
	integer := t == w.I32 || t == w.I64
	switch k := s.intn(20); {
	case k == 0:
		f.load(s, t, depth)
	case k == 1:
		f.choose(s, t, depth)
	case k == 2:
		f.ifExpr(s, t, depth)
	case k == 3:
		f.blockExpr(s, t, depth)
	case k == 4:
		f.tee(s, t, depth)
	case k == 5:
		f.callExpr(s, t, depth)
	case k == 6 && t == w.I32:
		f.emit(w.MemorySize()...)
	case k <= 7 && f.laneExpr(s, t, depth):
	case k == 8 && f.crowds < maxCrowds:
		f.crowd(s, t, depth)
	case k <= 12 && integer:
		f.idiom(s, t, depth)
	default:
		f.operator(s, t, depth)
	}
}

// operator writes an instruction on parts.
func (f *function) operator(s *source, t engine.ValType, depth int) {
	o := pick(s, f.ops[t])
	for i, in := range o.in {
		f.expr(s, in, depth)
		if i == o.bits {
			f.emit(f.canonical(in)...)
		}
	}
	if len(o.code) == 1 {
		f.integerOp(o.code[0])
		return
	}
	f.emit(o.code...)
}

func (f *function) canonical(t engine.ValType) []byte {
	if t == w.F32 {
		return canonical(t, f.scratch(scratchF32))
	}
	return canonical(t, f.scratch(scratchF64))
}

// choose writes a select, typed or not.
func (f *function) choose(s *source, t engine.ValType, depth int) {
	f.expr(s, t, depth)
	f.expr(s, t, depth)
	f.expr(s, w.I32, depth)
	if s.oneIn(2) {
		f.emit(0x1b)
		return
	}
	f.emit(0x1c, 1, byte(t))
}

func (f *function) ifExpr(s *source, t engine.ValType, depth int) {
	f.expr(s, w.I32, depth)
	f.openOf(0x04, t)
	f.expr(s, t, depth)
	f.emit(w.Else)
	f.expr(s, t, depth)
	f.end()
}

// blockExpr writes a block that is left with a value, maybe early.
func (f *function) blockExpr(s *source, t engine.ValType, depth int) {
	f.openOf(0x02, t)
	f.expr(s, t, depth)
	f.expr(s, w.I32, depth)
	f.emit(w.BrIf(0)...)
	f.emit(w.Drop)
	f.expr(s, t, depth)
	f.end()
}

// crowd computes a value and keeps it while everything else is needed, so that it is
// the first to leave its register.
func (f *function) crowd(s *source, t engine.ValType, depth int) {
	f.crowds++
	if integer := t == w.I32 || t == w.I64; integer && s.oneIn(2) {
		f.idiom(s, t, depth)
	} else {
		f.operator(s, t, depth)
	}
	f.storeAll()
}

func (f *function) tee(s *source, t engine.ValType, depth int) {
	f.expr(s, t, depth)
	if i, ok := f.variable(s, t); ok {
		f.emit(w.LocalTee(i)...)
	}
}

// callExpr writes a call, direct or through the table, of a function with one result.
func (f *function) callExpr(s *source, t engine.ValType, depth int) {
	var fit []int
	for i, sig := range f.types[:f.index] {
		if len(sig.Results) == 1 && sig.Results[0] == t {
			fit = append(fit, i)
		}
	}
	if len(fit) == 0 {
		f.operator(s, t, depth)
		return
	}
	callee := pick(s, fit)
	if s.oneIn(2) {
		f.call(s, callee, depth)
		return
	}
	f.callIndirect(s, callee, depth)
}

func (f *function) call(s *source, callee, depth int) {
	for _, p := range f.types[callee].Params {
		f.expr(s, p, min(depth, 2))
	}
	f.emit(w.Call(uint32(callee))...)
}

// callIndirect calls callee, or at times what has another type, is null, or is not
// in the table. It never calls this function or a later one.
func (f *function) callIndirect(s *source, callee, depth int) {
	for _, p := range f.types[callee].Params {
		f.expr(s, p, min(depth, 2))
	}
	switch s.intn(8) {
	case 0:
		f.expr(s, w.I32, depth)
		f.emit(w.I32Const(int32(spare + f.index))...)
		f.op(w.I32, opRemU)
	case 1:
		f.emit(w.I32Const(int32(1000 + s.intn(3)))...)
	default:
		f.emit(w.I32Const(int32(spare + callee))...)
	}
	f.emit(w.CallIndirect(f.typeIDs[callee], 0)...)
}
