//go:build wasmtime

package wasmtime_test

import (
	"testing"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/enginetest/diff"
	"github.com/berth-cli/berth/engine/wasmtime"
	"github.com/berth-cli/berth/engine/wazero"
)

// wasmtimeAndInterpreter are wasmtime and wazero's interpreter: what wazero's
// compiler is compared with, too.
func wasmtimeAndInterpreter(t testing.TB) (compiler, interpreter engine.Engine) {
	t.Helper()
	interpreter, err := wazero.New(wazero.Config{Interpreter: true, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { interpreter.Close() })
	return newEngine(wasmtime.Config{})(t), interpreter
}

// wasmtime and wazero's interpreter agree on generated programs.
func TestDiff(t *testing.T) {
	compiler, interpreter := wasmtimeAndInterpreter(t)
	n := uint64(200)
	if testing.Short() {
		n = 40
	}
	for number := range n {
		checkAgree(t, compiler, interpreter, diff.Seed{Number: number})
	}
}

// FuzzDiff is TestDiff with seeds a fuzzer finds.
func FuzzDiff(f *testing.F) {
	compiler, interpreter := wasmtimeAndInterpreter(f)
	diff.Fuzz(f, func(t *testing.T, seed diff.Seed) { checkAgree(t, compiler, interpreter, seed) })
}

func checkAgree(t *testing.T, compiler, interpreter engine.Engine, seed diff.Seed) {
	t.Helper()
	if d := diff.Disagreement(t, compiler, interpreter, diff.Generate(seed)); d != "" {
		t.Errorf("seed %#x, twist %x: wasmtime, then wazero's interpreter:\n%s", seed.Number, seed.Twist, d)
	}
}
