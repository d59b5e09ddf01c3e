package diff

import (
	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// The opcodes of i32 from which those of i64 follow at a fixed distance.
const (
	opAdd  = 0x6a
	opMul  = 0x6c
	opDivU = 0x6e
	opRemU = 0x70
	opAnd  = 0x71
	opOr   = 0x72
	opShl  = 0x74
	opShrS = 0x75
	opShrU = 0x76
	opRotl = 0x77
	to64   = 0x7c - 0x6a
)

// The opcodes between i32 and i64.
const (
	wrap    = 0xa7
	extendS = 0xac
	extendU = 0xad
)

// idiom writes what compilers look for: a sequence with a constant in it, or the
// one that they make of a division.
func (f *function) idiom(s *source, t engine.ValType, depth int) {
	pick(s, []func(*source, engine.ValType, int){
		f.divide, f.digits, f.mask, f.shiftAdd, f.mulHigh, f.extendAdd, f.rotate, f.withConstant,
	})(s, t, depth)
}

// op emits an opcode of i32, or the same of i64.
func (f *function) op(t engine.ValType, code byte) {
	if t == w.I64 {
		code += to64
	}
	f.integerOp(code)
}

// number emits a constant.
func (f *function) number(t engine.ValType, v uint64) {
	if t == w.I64 {
		f.emit(w.I64Const(int64(v))...)
		return
	}
	f.emit(w.I32Const(int32(v))...)
}

// withConstant writes any operator of two integers with a constant on the right.
func (f *function) withConstant(s *source, t engine.ValType, depth int) {
	f.expr(s, t, depth)
	f.number(t, integer(s))
	f.op(t, byte(opAdd+s.intn(15)))
}

// divide writes a division or remainder by a constant.
func (f *function) divide(s *source, t engine.ValType, depth int) {
	f.expr(s, t, depth)
	f.number(t, pick(s, interesting()))
	f.op(t, byte(0x6d+s.intn(4)))
}

// digits writes the last part of a number in some base, as printing a clock does:
// x/a + x/(a*b) * -b, in its low byte, a part of it or as it is.
func (f *function) digits(s *source, t engine.ValType, depth int) {
	i, ok := f.variable(s, t)
	if !ok {
		f.divide(s, t, depth)
		return
	}
	a, b := pick(s, []uint64{1, 10, 60, 100}), pick(s, []uint64{10, 24, 60, 100})
	f.expr(s, t, depth)
	f.emit(w.LocalTee(i)...)
	f.number(t, a)
	f.op(t, opDivU)
	f.emit(w.LocalGet(i)...)
	f.number(t, a*b)
	f.op(t, opDivU)
	f.number(t, pick(s, []uint64{-b, 256 - b}))
	f.op(t, opMul)
	f.op(t, opAdd)
	if s.oneIn(3) {
		return
	}
	f.number(t, 255)
	f.op(t, opAnd)
	if s.oneIn(2) {
		f.number(t, 10)
		f.op(t, pick(s, []byte{opDivU, opRemU}))
	}
}

// mask cuts bits out of a value.
func (f *function) mask(s *source, t engine.ValType, depth int) {
	f.expr(s, t, depth)
	if s.oneIn(2) {
		f.number(t, uint64(s.intn(64)))
		f.op(t, pick(s, []byte{opShl, opShrS, opShrU}))
	}
	f.number(t, 1<<s.intn(64)-1)
	f.op(t, opAnd)
}

// shiftAdd adds a shifted value, as an address of an element does.
func (f *function) shiftAdd(s *source, t engine.ValType, depth int) {
	f.expr(s, t, depth)
	f.expr(s, t, depth)
	f.number(t, uint64(s.intn(66)))
	f.op(t, opShl)
	f.op(t, pick(s, []byte{opAdd, opAdd + 1, opAnd, opOr, opOr + 1}))
}

// mulHigh writes the high half of a product, or a division that has become one.
func (f *function) mulHigh(s *source, t engine.ValType, depth int) {
	for range 2 {
		f.expr(s, w.I32, depth)
		f.emit(pick(s, []byte{extendU, extendU, extendS}))
	}
	f.op(w.I64, opMul)
	f.emit(w.I64Const(int64(pick(s, []uint64{32, 33, 35, 37, 63})))...)
	f.op(w.I64, opShrU)
	if t == w.I32 {
		f.emit(wrap)
	}
}

// extendAdd adds a value that was widened from half, a byte or two.
func (f *function) extendAdd(s *source, t engine.ValType, depth int) {
	f.expr(s, t, depth)
	if t == w.I64 {
		f.expr(s, w.I32, depth)
		f.emit(pick(s, []byte{extendS, extendU}))
	} else {
		f.expr(s, w.I32, depth)
		f.emit(pick(s, []byte{0xc0, 0xc1}))
	}
	f.op(t, pick(s, []byte{opAdd, opAdd + 1, opMul, opAnd}))
}

// rotate joins both halves of a rotation by a constant, or rotates.
func (f *function) rotate(s *source, t engine.ValType, depth int) {
	i, ok := f.variable(s, t)
	f.expr(s, t, depth)
	n := uint64(s.intn(66))
	if !ok || s.oneIn(2) {
		f.number(t, n)
		f.op(t, pick(s, []byte{opRotl, opRotl + 1}))
		return
	}
	f.emit(w.LocalTee(i)...)
	f.number(t, n)
	f.op(t, opShl)
	f.emit(w.LocalGet(i)...)
	f.number(t, -n)
	f.op(t, opShrU)
	f.op(t, opOr)
}
