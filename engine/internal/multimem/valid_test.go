//go:build wasmtime

package multimem_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/engine/internal/multimem"
	"github.com/berth-cli/berth/engine/wasmtime"
	"github.com/berth-cli/berth/engine/wazero"
)

// engines returns one that takes modules apart and one that runs them as they are.
func engines(t testing.TB) [2]engine.Engine {
	wz, err := wazero.New(wazero.Config{Interpreter: true})
	if err != nil {
		t.Fatal(err)
	}
	wt, err := wasmtime.New(wasmtime.Config{AllowVulnerableARM64: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { wz.Close(); wt.Close() })
	return [2]engine.Engine{wz, wt}
}

// FuzzValid: what is valid in parts is valid as a whole, and the reverse.
func FuzzValid(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed)
	}
	both := engines(f)
	f.Fuzz(func(t *testing.T, wasm []byte) {
		if !multimem.Needed(wasm) {
			return
		}
		var errs [2]error
		for i, e := range both {
			m, err := e.Compile(t.Context(), wasm)
			if errs[i] = err; err == nil {
				m.Close()
			}
		}
		if errs[0] == nil && errs[1] != nil {
			t.Errorf("valid in parts, but %v", errs[1])
		}
		if errs[0] != nil && errs[1] == nil && !allowed(errs[0].Error()) {
			t.Errorf("valid, but in parts %v", errs[0])
		}
	})
}

// allowed reports whether wazero's engine may refuse what wasmtime's takes.
func allowed(text string) bool {
	for _, words := range []string{"memories, 32 allowed", "limits of form", "too complex", "not supported"} {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}

// FuzzRun does what the bytes say with three memories, on both engines: the results,
// the traps and the memories must be the same.
func FuzzRun(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17})
	f.Add([]byte("0 1 2 some text that is long enough for a good number of steps"))
	f.Add(bytes.Repeat([]byte{5, 7, 250, 3, 90}, 60))
	both := engines(f)
	f.Fuzz(func(t *testing.T, steps []byte) {
		wasm := program(steps[:min(len(steps), 600)])
		var results [2]string
		for i, e := range both {
			results[i] = run(t, e, wasm)
		}
		if results[0] != results[1] {
			t.Errorf("in parts:\n%s\nas a whole:\n%s", results[0], results[1])
		}
	})
}

// program returns a module with a function for each step, of six bytes.
func program(steps []byte) []byte {
	m := w.New()
	for range 3 {
		m.Memory(w.Limits{Min: 1, Max: 3})
	}
	m.PassiveData("0123456789")
	m.PassiveData("abcdefghijklmnopqrstuvwxyz")
	for i := range uint32(3) {
		m.Export(fmt.Sprint("m", i), engine.KindMemory, i)
	}
	ft := m.Type(w.Func().Returns(w.I64))
	for n := 0; len(steps) >= 6; n++ {
		m.Export(fmt.Sprint(n), engine.KindFunc, m.Func(ft, nil, step(steps[:6])...))
		steps = steps[6:]
	}
	return m.Bytes()
}

// step is an instruction on memory a, and b if it has two, with arguments near the
// beginning or the end of a page.
func step(s []byte) [][]byte {
	a, b := s[1]%3, s[1]/3%3
	address := func(v byte) []byte { return w.I32Const(int32(v>>6)<<16 + int32(int8(v<<2))) }
	args := bytes.Join([][]byte{address(s[2]), address(s[3]), w.I32Const(int32(s[4]))}, nil)
	result := w.I64Const(0)
	switch s[0] % 8 {
	case 0:
		return [][]byte{args, w.Op(0xfc, 11, a), result}
	case 1, 2:
		return [][]byte{args, w.Op(0xfc, 10, a, b), result}
	case 3:
		return [][]byte{args, w.Op(0xfc, 8, b&1, a), result}
	case 4:
		if s[2] < 230 {
			return [][]byte{w.Op(0x3f, a, 0xad)}
		}
		return [][]byte{w.Op(0xfc, 9, b&1), result}
	case 5:
		return [][]byte{w.I32Const(int32(s[2] & 3)), w.Op(0x40, a, 0xad)}
	case 6:
		return [][]byte{address(s[2]), w.Op(0x29), w.MemArg(uint32(a), uint32(s[3])<<(s[4]&31))}
	}
	return [][]byte{address(s[2]), w.I64Const(int64(s[5]) * 0x0102030405060708), w.Op(0x37), w.MemArg(uint32(a), uint32(s[3])<<(s[4]&31)), result}
}

// run calls all functions and tells what came of it.
func run(t *testing.T, e engine.Engine, wasm []byte) string {
	m, err := e.Compile(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	s, err := e.NewStore(engine.StoreConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	inst, err := s.Instantiate(m, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for n := 0; ; n++ {
		f, ok := inst.Export(fmt.Sprint(n)).(engine.Func)
		if !ok {
			break
		}
		stack := []uint64{0}
		if err := f.Call(stack); err != nil {
			trap, ok := errors.AsType[*engine.Trap](err)
			if !ok {
				t.Fatal(err)
			}
			fmt.Fprintln(&out, n, trap.Code)
			continue
		}
		fmt.Fprintln(&out, n, stack[0])
	}
	for i := range 3 {
		b := inst.Export(fmt.Sprint("m", i)).(engine.Memory).Bytes()
		fmt.Fprintf(&out, "memory %d: %d bytes\n", i, len(b))
		for at, v := range b {
			if v != 0 {
				fmt.Fprintf(&out, "%d=%d ", at, v)
			}
		}
	}
	return out.String()
}
