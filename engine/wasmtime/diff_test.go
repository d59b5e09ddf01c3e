//go:build wasmtime

package wasmtime_test

import (
	"encoding/binary"
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
	for number := range uint64(16) {
		f.Add(binary.LittleEndian.AppendUint64(nil, number))
	}
	compiler, interpreter := wasmtimeAndInterpreter(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 8 || len(data) > 4096 {
			return
		}
		checkAgree(t, compiler, interpreter, diff.Seed{Number: binary.LittleEndian.Uint64(data), Twist: data[8:]})
	})
}

func checkAgree(t *testing.T, compiler, interpreter engine.Engine, seed diff.Seed) {
	t.Helper()
	p := diff.Generate(seed)
	got, err := diff.Observe(t.Context(), compiler, p)
	if err != nil {
		t.Fatalf("seed %#x: wasmtime: %v", seed.Number, err)
	}
	want, err := diff.Observe(t.Context(), interpreter, p)
	if err != nil {
		t.Fatalf("seed %#x: interpreter: %v", seed.Number, err)
	}
	if d := diff.First(got, want); d != "" {
		t.Errorf("seed %#x, twist %x: wasmtime, then wazero's interpreter:\n%s", seed.Number, seed.Twist, d)
	}
}
