package diff

import (
	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// vectorOp is an instruction on vectors of integers. Those on vectors of floats are
// left out, but for conversions to integers: the bits of a NaN would show in a lane.
type vectorOp struct {
	code  uint32
	lanes byte // number of lanes if it has a lane as its immediate, else 0
	in    []engine.ValType
	out   engine.ValType
}

func (o vectorOp) bytes() []byte { return append([]byte{0xfd}, w.U32(o.code)...) }

// vectorSpan is a run of opcodes of one type.
type vectorSpan struct {
	first, last uint32
	in          []engine.ValType
	out         engine.ValType
}

// vectorSpans is the instructions without a lane, those of a shape together. Their
// order is part of what a seed means.
//
// WebAssembly core specification, "Binary Format", "Vector Instructions".
func vectorSpans() []vectorSpan {
	v, i32 := w.V128, w.I32
	one, two, three := []engine.ValType{v}, []engine.ValType{v, v}, []engine.ValType{v, v, v}
	shift := []engine.ValType{v, i32}
	return []vectorSpan{
		// swizzle, splats of integers, comparisons, logic, bitselect, any_true
		{14, 14, two, v}, {15, 17, []engine.ValType{i32}, v}, {18, 18, []engine.ValType{w.I64}, v},
		{35, 64, two, v}, {77, 77, one, v}, {78, 81, two, v}, {82, 82, three, v}, {83, 83, one, i32},
		// i8x16, and the pairwise additions of it and of i16x8
		{96, 98, one, v}, {99, 100, one, i32}, {101, 102, two, v}, {107, 109, shift, v},
		{110, 115, two, v}, {118, 121, two, v}, {123, 123, two, v}, {124, 127, one, v},
		// i16x8
		{128, 129, one, v}, {130, 130, two, v}, {131, 132, one, i32}, {133, 134, two, v},
		{135, 138, one, v}, {139, 141, shift, v}, {142, 147, two, v}, {149, 153, two, v}, {155, 159, two, v},
		// i32x4
		{160, 161, one, v}, {163, 164, one, i32}, {167, 170, one, v}, {171, 173, shift, v},
		{174, 174, two, v}, {177, 177, two, v}, {181, 186, two, v}, {188, 191, two, v},
		// i64x2
		{192, 193, one, v}, {195, 196, one, i32}, {199, 202, one, v}, {203, 205, shift, v},
		{206, 206, two, v}, {209, 209, two, v}, {213, 223, two, v},
		// truncations of floats
		{248, 249, one, v}, {252, 253, one, v},
	}
}

// vectorOps is the instructions of vectorSpans.
func vectorOps() []vectorOp {
	var all []vectorOp
	for _, s := range vectorSpans() {
		for c := s.first; c <= s.last; c++ {
			all = append(all, vectorOp{code: c, in: s.in, out: s.out})
		}
	}
	return all
}

// laneOps is the instructions that read or write a lane.
func laneOps() []vectorOp {
	v := w.V128
	one := []engine.ValType{v}
	return []vectorOp{
		{21, 16, one, w.I32}, {22, 16, one, w.I32}, {23, 16, []engine.ValType{v, w.I32}, v},
		{24, 8, one, w.I32}, {25, 8, one, w.I32}, {26, 8, []engine.ValType{v, w.I32}, v},
		{27, 4, one, w.I32}, {28, 4, []engine.ValType{v, w.I32}, v},
		{29, 2, one, w.I64}, {30, 2, []engine.ValType{v, w.I64}, v},
		{31, 4, one, w.F32}, {33, 2, one, w.F64},
	}
}

// laneExpr reads or writes a lane, or shuffles.
func (f *function) laneExpr(s *source, t engine.ValType, depth int) bool {
	if t == w.V128 && s.oneIn(3) {
		f.expr(s, t, depth)
		f.expr(s, t, depth)
		f.emit(0xfd, 13)
		for range 16 {
			f.emit(byte(s.intn(32)))
		}
		return true
	}
	var fit []vectorOp
	for _, o := range laneOps() {
		if o.out == t {
			fit = append(fit, o)
		}
	}
	if len(fit) == 0 {
		return false
	}
	o := pick(s, fit)
	for _, in := range o.in {
		f.expr(s, in, depth)
	}
	f.emit(o.bytes()...)
	f.emit(byte(s.intn(int(o.lanes))))
	return true
}
