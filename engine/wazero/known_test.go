package wazero_test

import (
	"runtime"
	"slices"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// A fault is the smallest module that shows a fault of wazero's compiler.
type fault struct {
	name  string
	wasm  []byte
	arg   uint64
	right uint64
	left  []string // processors on which a module still meets it
}

// faults is those that are known: what rewriting steps around, and what is left.
func faults() []fault {
	return []fault{
		// The sign and overflow flags are those of "x & m" compared with 0.
		{"0 <= masked", branchOnMasked(0x4c, true, false), 5, 7, nil},
		{"0 >= masked", branchOnMasked(0x4e, true, false), 5, 8, nil},
		{"0 < masked, unsigned", branchOnMasked(0x49, true, false), 5, 7, nil},
		{"0 <= masked, in a local", branchOnMasked(0x4c, true, true), 5, 7, nil},
		// On arm64, ANDS clears the carry that a comparison with 0 sets.
		{"masked > 0, unsigned", branchOnMasked(0x4b, false, false), 5, 7, nil},
		{"masked >= 0, unsigned", branchOnMasked(0x4f, false, false), 5, 7, nil},
		{"masked > 0, unsigned, in a local", branchOnMasked(0x4b, false, true), 5, 7, nil},
		// On arm64, a remainder among more live integers than there are registers
		// (wazero issue 2516).
		{"remainder, crowded", crowdedRemainder(0x6f, 30), 307, 7, nil},
		{"remainder, crowded, unsigned", crowdedRemainder(0x70, 30), 307, 7, nil},
	}
}

// branchOnMasked returns 7 if comparing x & 15 and 0 holds, else 8. The masked value
// may come from a local.
func branchOnMasked(compare byte, zeroLeft, inLocal bool) []byte {
	before, masked := []byte(nil), slices.Concat(w.LocalGet(0), w.I32Const(15), w.Op(0x71))
	if inLocal {
		before, masked = slices.Concat(masked, w.LocalSet(0)), w.LocalGet(0)
	}
	code := slices.Concat(masked, w.I32Const(0))
	if zeroLeft {
		code = slices.Concat(w.I32Const(0), masked)
	}
	m := w.New()
	m.Export("f", engine.KindFunc, m.Func(m.Type(w.Func(w.I32).Returns(w.I32)), nil, before, code, w.Op(compare),
		w.Op(0x04, 0x7f), w.I32Const(7), w.Op(w.Else), w.I32Const(8), w.Op(w.End)))
	return m.Bytes()
}

// crowdedRemainder returns x % 60 while n more integers are live.
func crowdedRemainder(op byte, n uint32) []byte {
	var before, after [][]byte
	locals := make([]engine.ValType, n)
	for i := range n {
		locals[i] = w.I32
		before = append(before, w.LocalGet(0), w.I32Const(int32(7*i)), w.Op(w.I32Add), w.LocalSet(i+1))
		after = append(after, w.I32Const(0), w.LocalGet(i+1), w.I32Store(4*i))
	}
	m := w.New()
	m.Memory(w.Limits{Min: 1})
	remainder := slices.Concat(w.LocalGet(0), w.I32Const(60), w.Op(op))
	m.Export("f", engine.KindFunc, m.Func(m.Type(w.Func(w.I32).Returns(w.I32)), locals, slices.Concat(before...), remainder, slices.Concat(after...)))
	return m.Bytes()
}

// What is known is right where code is rewritten, and the list of the rest may only
// shrink: what wazero has repaired comes off it.
func TestKnownFaults(t *testing.T) {
	compiler, interpreter := compilerAndInterpreter(t)
	for _, f := range faults() {
		t.Run(f.name, func(t *testing.T) {
			if got := runIn(t, interpreter, f.wasm, f.arg); got != f.right {
				t.Errorf("interpreter: f(%d) = %d, want %d", f.arg, got, f.right)
			}
			got := runIn(t, compiler, f.wasm, f.arg)
			if wrong, listed := got != f.right, slices.Contains(f.left, runtime.GOARCH); wrong != listed {
				t.Errorf("compiler on %s: f(%d) = %d, want %d; listed as wrong: %v", runtime.GOARCH, f.arg, got, f.right, listed)
			}
		})
	}
}
