package wazero_test

import (
	"testing"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/enginetest/diff"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/engine/wazero"
)

// known is the faults of this version of wazero that a module can still meet, where
// rewriting does not see them: a masked value that went through a local.
const known = diff.MaskedOrder

// The compiler and the interpreter agree on generated programs, but for what is
// known.
func TestDiff(t *testing.T) {
	compiler, interpreter := compilerAndInterpreter(t)
	n := uint64(200)
	if testing.Short() || raced {
		n = 60
	}
	for number := range n {
		checkAgree(t, compiler, interpreter, diff.Seed{Number: number})
	}
	// The programs that found what is known, on arm64 and on both processors.
	for _, number := range []uint64{0x2a4, 0x328, 0x453} {
		checkAgree(t, compiler, interpreter, diff.Seed{Number: number})
	}
}

// What is written in the place of code that a compiler gets wrong means the same.
func TestRepairs(t *testing.T) {
	plain, repaired := newEngine(wazero.Config{Interpreter: true, Workers: 1})(t), newEngine(wazero.RepairAll(wazero.Config{Interpreter: true, Workers: 1}))(t)
	for number := range uint64(100) {
		if d := disagreement(t, repaired, plain, diff.Seed{Number: number}); d != "" {
			t.Errorf("seed %#x: repaired, then plain:\n%s", number, d)
		}
	}
	const minInt32, minInt64 = 1 << 31, 1 << 63
	for _, op := range []struct {
		code byte
		t    engine.ValType
	}{{0x6f, w.I32}, {0x70, w.I32}, {0x81, w.I64}, {0x82, w.I64}} {
		m := w.New()
		m.Export("f", engine.KindFunc, m.Func(m.Type(w.Func(op.t, op.t).Returns(op.t)), nil, w.LocalGet(0), w.LocalGet(1), w.Op(op.code)))
		edges := []uint64{0, 1, 2, 7, 60, 0xffffffff, minInt32, minInt32 + 1, minInt64, minInt64 - 1, 1<<64 - 1, 1<<64 - 60}
		for _, x := range edges {
			for _, y := range edges {
				p := &diff.Program{Wasm: m.Bytes(), Calls: []diff.Call{{Export: "f", Args: []uint64{x, y}}}}
				if d := diff.Disagreement(t, repaired, plain, p); d != "" {
					t.Errorf("0x%x: repaired, then plain:\n%s", op.code, d)
				}
			}
		}
	}
}

// FuzzDiff is TestDiff with seeds a fuzzer finds.
func FuzzDiff(f *testing.F) {
	compiler, interpreter := compilerAndInterpreter(f)
	diff.Fuzz(f, func(t *testing.T, seed diff.Seed) { checkAgree(t, compiler, interpreter, seed) })
}

func checkAgree(t *testing.T, compiler, interpreter engine.Engine, seed diff.Seed) {
	t.Helper()
	d := disagreement(t, compiler, interpreter, seed)
	if d == "" {
		return
	}
	careful := seed
	careful.Avoid = known
	if disagreement(t, compiler, interpreter, careful) == "" {
		t.Logf("seed %#x: a known fault of the compiler:\n%s", seed.Number, d)
		return
	}
	t.Errorf("seed %#x, twist %x: the compiler, then the interpreter:\n%s", seed.Number, seed.Twist, d)
}

// disagreement is the first line in which two engines differ on a program, empty if
// there is none.
func disagreement(t testing.TB, a, b engine.Engine, seed diff.Seed) string {
	t.Helper()
	return diff.Disagreement(t, a, b, diff.Generate(seed))
}
