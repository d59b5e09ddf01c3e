package wazero_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// A way is code for a value: before runs first, and code leaves it on the stack.
type way struct {
	name         string
	before, code []byte
}

// The locals of a way's function: its parameter, one for the masked value, one that
// is never set, and one set to zero.
const (
	waysArg = iota
	waysMasked
	waysUnset
	waysZero
)

// waysOf returns ways to x & 15 and to zero.
func waysOf(wide bool) (masks, zeros []way) {
	constant, and, shl := func(n int32) []byte { return w.I32Const(n) }, byte(0x71), byte(0x74)
	result := byte(0x7f)
	if wide {
		constant = func(n int32) []byte { return w.I64Const(int64(n)) }
		and, shl, result = 0x83, 0x86, 0x7e
	}
	mask := slices.Concat(w.LocalGet(waysArg), constant(15), w.Op(and))
	const block, tee = 0x02, 0x22
	masks = []way{
		{"direct", nil, mask},
		{"local", slices.Concat(mask, w.LocalSet(waysMasked)), w.LocalGet(waysMasked)},
		{"tee", nil, slices.Concat(mask, w.Op(tee, waysMasked))},
		{"copied local", slices.Concat(mask, w.LocalSet(waysMasked), w.LocalGet(waysMasked), w.LocalSet(waysArg)), w.LocalGet(waysArg)},
		{"set before a block", slices.Concat(mask, w.LocalSet(waysMasked), w.Op(block, 0x40)), slices.Concat(w.LocalGet(waysMasked))},
		{"shifted by nothing", nil, slices.Concat(mask, constant(0), w.Op(shl))},
		{"shifted by the width", nil, slices.Concat(mask, constant(64), w.Op(shl+2))},
		{"dropped over", nil, slices.Concat(mask, constant(7), w.Op(w.Drop))},
		{"of a block", nil, slices.Concat(w.Op(block, result), mask, w.Op(w.End))},
		{"nop", nil, slices.Concat(mask, w.Op(0x01))},
		{"global set over", nil, slices.Concat(mask, w.I32Const(3), w.Op(0x24, 0))},
	}
	zeros = []way{
		{"constant", nil, constant(0)},
		{"unset local", nil, w.LocalGet(waysUnset)},
		{"set local", slices.Concat(constant(0), w.LocalSet(waysZero)), w.LocalGet(waysZero)},
		{"shifted by nothing", nil, slices.Concat(constant(0), constant(32), w.Op(shl+1), constant(0), w.Op(shl))},
		{"one", nil, constant(1)},
	}
	return masks, zeros
}

// branchOn returns 7 if an operation on two operands holds, else 8, as many ways to
// ask for it as there are.
func branchOn(wide bool, left, right way, op byte) []byte {
	t := w.I32
	if wide {
		t = w.I64
	}
	open := 0
	for _, o := range []way{left, right} {
		if o.name == "set before a block" {
			open++
		}
	}
	compare := slices.Concat(left.code, right.code, w.Op(op))
	before := slices.Concat(left.before, right.before)
	code := slices.Concat(before, compare, w.Op(0x04, 0x7f), w.I32Const(7), w.Op(w.Else), w.I32Const(8), w.Op(w.End), w.Op(0x0f))
	for range open {
		code = slices.Concat(code, w.Op(w.End))
	}
	m := w.New()
	m.Global(w.Global{Type: w.I32, Mutable: true}, w.I32Const(0))
	m.Export("f", engine.KindFunc, m.Func(m.Type(w.Func(t).Returns(w.I32)), []engine.ValType{t, t, t}, code, w.Op(0x00)))
	return m.Bytes()
}

// Every comparison by order of x & 15 with zero branches right, however both got there.
func TestMaskedComparisons(t *testing.T) {
	compiler, interpreter := compilerAndInterpreter(t)
	for _, wide := range []bool{false, true} {
		masks, zeros := waysOf(wide)
		first := byte(0x46)
		if wide {
			first = 0x51
		}
		for _, mask := range masks {
			for _, zero := range zeros {
				t.Run(fmt.Sprintf("%s/%s/wide=%v", mask.name, zero.name, wide), func(t *testing.T) {
					for op := first; op < first+10; op++ {
						for i, operands := range [][2]way{{mask, zero}, {zero, mask}} {
							wasm := branchOn(wide, operands[0], operands[1], op)
							for _, arg := range []uint64{5, 16} {
								want, got := runIn(t, interpreter, wasm, arg), runIn(t, compiler, wasm, arg)
								if got != want {
									t.Errorf("op 0x%x, masked value %d: f(%d) = %d, interpreter: %d", op, i, arg, got, want)
								}
							}
						}
					}
				})
			}
		}
	}
}
