package multimem_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	wz "github.com/tetratelabs/wazero"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/engine/internal/multimem"
)

// two returns a module with two memories and code that uses both.
func two(code ...[]byte) *w.Module {
	m := w.New()
	m.Memory(w.Limits{Min: 1})
	m.Memory(w.Limits{Min: 2, Max: 3})
	code = append(code, w.I32Const(4), w.Op(0x28), w.MemArg(1, 8), w.Op(w.Drop))
	m.Func(m.Type(w.Func()), nil, code...)
	return m
}

func TestNeeded(t *testing.T) {
	for _, tt := range []struct {
		name  string
		build func(m *w.Module)
		want  bool
	}{
		{"none", func(*w.Module) {}, false},
		{"one", func(m *w.Module) { m.Memory(w.Limits{}) }, false},
		{"one imported", func(m *w.Module) { m.ImportMemory("", "", w.Limits{}) }, false},
		{"two", func(m *w.Module) { m.Memory(w.Limits{}); m.Memory(w.Limits{}) }, true},
		{"two imported", func(m *w.Module) { m.ImportMemory("", "", w.Limits{}); m.ImportMemory("", "", w.Limits{}) }, true},
		{"one of each", func(m *w.Module) { m.ImportMemory("", "", w.Limits{}); m.Memory(w.Limits{}) }, true},
	} {
		m := w.New()
		tt.build(m)
		if got := multimem.Needed(m.Bytes()); got != tt.want {
			t.Errorf("%s: Needed = %v, want %v", tt.name, got, tt.want)
		}
	}
	for _, b := range []string{"", "x", w.Header, w.Header + "\x05\x80", w.Header + "\x02\xff\xff\xff\xff\x0f", w.Header + "\x05\x05\xff\xff\xff\xff\x0f"} {
		if multimem.Needed([]byte(b)) {
			t.Errorf("Needed(%q) = true", b)
		}
	}
}

// TestWhole checks a small module byte by byte.
func TestWhole(t *testing.T) {
	m := two()
	m.Export("m", engine.KindMemory, 1)
	m.Export("0", engine.KindMemory, 0)
	got, err := multimem.Split(m.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	main := w.New()
	main.Type(w.Func())
	load := main.Type(w.Func(w.I32, w.I32).Returns(w.I32))
	main.Memory(w.Limits{Min: 1})
	main.Table(w.Limits{Min: 1, Max: 1})
	main.Func(0, nil, w.I32Const(4), w.I32Const(8), w.I32Const(0), w.CallIndirect(load, 0), w.Op(w.Drop))
	main.Export("0", engine.KindMemory, 0)
	main.Export("1", engine.KindTable, 0)
	if !bytes.Equal(got.Main, main.Bytes()) {
		t.Errorf("Main =\n%x\nwant\n%x", got.Main, main.Bytes())
	}
	acc := w.New()
	ft := acc.Type(w.Func(w.I32, w.I32).Returns(w.I32))
	acc.ImportTable("", "", w.Limits{Min: 1})
	acc.Memory(w.Limits{Min: 2, Max: 3})
	acc.Func(ft, nil,
		w.LocalGet(0), w.LocalGet(1), w.Op(w.I32Add), w.LocalTee(0), w.LocalGet(1), w.Op(w.I32LtU),
		w.If(w.I32Const(-1), w.Op(0x2d), w.MemArg(0, 1<<32-1), w.Op(w.Drop)),
		w.LocalGet(0), w.Op(0x28), w.MemArg(0, 0))
	acc.Export("memory", engine.KindMemory, 0)
	acc.RawElem(w.Op(0), w.I32Const(0), w.Op(w.End, 1, 0))
	acc.FuncName(0, "access to memory 1")
	if mem := got.Memories[0]; !bytes.Equal(mem.Accessor, acc.Bytes()) || mem.Table != "1" || mem.Import != -1 {
		t.Errorf("Memories[0] = %+v, its accessor\n%x\nwant\n%x", mem, mem.Accessor, acc.Bytes())
	}
	if s := fmt.Sprint(got.Exports, got.Start); s != "[{m 0} {0 -1}]" {
		t.Errorf("Exports, Start = %s", s)
	}
}

// TestUnseen: what nothing uses and nobody sees needs no accessor.
func TestUnseen(t *testing.T) {
	m := w.New()
	m.ImportMemory("m", "0", w.Limits{})
	m.ImportMemory("m", "1", w.Limits{})
	m.Memory(w.Limits{Min: 1})
	m.Export("1", engine.KindMemory, 1)
	got, err := multimem.Split(m.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for i, imported := range []int{1, -1} {
		if mem := got.Memories[i]; mem.Accessor != nil || mem.Table != "" || mem.Import != imported {
			t.Errorf("Memories[%d] = %+v, want import %d and no accessor", i, mem, imported)
		}
	}
	if got.Start != "" {
		t.Errorf("Start = %q, want none", got.Start)
	}
}

// TestRefuses is what must be refused here, because validating the result would not.
func TestRefuses(t *testing.T) {
	sections := func(parts ...[]byte) []byte { return append([]byte(w.Header), bytes.Join(parts, nil)...) }
	memories := w.Section(5, []byte{2, 0, 0, 0, 0})
	types, funcs := w.Section(1, []byte{1, 0x60, 0, 0}), w.Section(3, []byte{1, 0})
	body := func(code ...byte) []byte {
		return w.Section(10, append([]byte{1, byte(len(code) + 2), 0}, append(code, w.End)...))
	}
	data := w.Section(11, []byte{1, 1, 1, 'x'})
	many := two()
	many.PassiveData(strings.Repeat("x", 1000))
	for i := range byte(9) {
		if i > 1 {
			many.Memory(w.Limits{})
		}
		many.Func(0, nil, w.I32Const(0), w.I32Const(0), w.I32Const(0), w.Op(0xfc, 8, 0, i))
	}
	pairs := two()
	for range 8 {
		pairs.Memory(w.Limits{})
	}
	for i := range byte(100) {
		pairs.Func(0, nil, w.I32Const(0), w.I32Const(0), w.I32Const(0), w.Op(0xfc, 10, i/10, i%10))
	}
	for _, tt := range []struct {
		name string
		wasm []byte
		want string
	}{
		{"nothing", nil, "not a core module"},
		{"no memories", sections(), "0 memories"},
		{"a section twice", sections(memories, memories), "section 5"},
		{"sections out of order", sections(types, memories, funcs), "section 3"},
		{"unknown section", sections(memories, w.Section(14, nil)), "section 14"},
		{"custom section without name", sections(memories, w.Section(0, nil)), "end"},
		{"bytes after memories", sections(w.Section(5, []byte{2, 0, 0, 0, 0, 0})), "before its section"},
		{"bytes after a start", sections(types, funcs, memories, w.Section(8, []byte{0, 0}), body()), "before its section"},
		{"tag of a type that is only added", sections(types, funcs, memories, w.Section(13, []byte{1, 0, 1}), body(0x41, 0, 0x28, 0x42, 1, 0, 0x1a)), "unknown type 1"},
		{"data count without data", sections(memories, w.Section(12, []byte{1})), "data count of 1"},
		{"another data count", sections(memories, w.Section(12, []byte{2}), data), "data count of 2"},
		{"no data count", sections(types, funcs, memories, body(0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 8, 0, 1), data), "no data count"},
		{"drop without data count", sections(types, funcs, memories, body(0xfc, 9, 0), data), "no data count"},
		{"shared memory", sections(w.Section(5, []byte{2, 0, 0, 3, 0, 1})), "limits of form"},
		{"memory of 64 bits", sections(w.Section(5, []byte{2, 0, 0, 4, 0})), "limits of form"},
		{"atomics", two(w.Op(0xfe, 0x10, 2, 0)).Bytes(), "0xfe"},
		{"segments", many.Bytes(), "too many memories"},
		{"copies", pairs.Bytes(), "between 90 pairs"},
	} {
		m, err := multimem.Split(tt.wasm)
		if ce, ok := errors.AsType[*engine.CompileError](err); !ok || !strings.Contains(ce.Error(), tt.want) {
			t.Errorf("%s: Split = %v, %v, want *engine.CompileError with %q", tt.name, m, err, tt.want)
		}
	}
}

// TestLeaves is what is wrong and stays so, for who validates the parts.
func TestLeaves(t *testing.T) {
	for _, id := range []byte{1, 4} {
		wasm := append([]byte(w.Header), w.Section(id, []byte{0, 1})...)
		m, err := multimem.Split(append(wasm, w.Section(5, []byte{2, 0, 0, 0, 0})...))
		if err != nil || !bytes.HasPrefix(m.Main, wasm) {
			t.Errorf("section %d with more than its count says: %v, %v", id, m, err)
		}
	}
}

// FuzzSplit: what is refused is so by a *CompileError, and what is made of a module
// is bounded by its size.
func FuzzSplit(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed)
	}
	r := wz.NewRuntimeWithConfig(f.Context(), wz.NewRuntimeConfigInterpreter())
	f.Fuzz(func(t *testing.T, wasm []byte) {
		multimem.Needed(wasm)
		m, err := multimem.Split(wasm)
		if err != nil {
			if _, ok := errors.AsType[*engine.CompileError](err); !ok {
				t.Fatalf("Split error is %T", err)
			}
			return
		}
		total := len(m.Main)
		for _, mem := range m.Memories {
			total += len(mem.Accessor)
		}
		if total > 64*len(wasm)+4096 {
			t.Errorf("%d bytes became %d", len(wasm), total)
		}
		c, err := r.CompileModule(t.Context(), m.Main)
		if err != nil {
			return // invalid, as the input was
		}
		defer c.Close(t.Context())
		if _, ok := c.ExportedFunctions()[m.Start]; m.Start != "" && !ok {
			t.Errorf("Start is %q, which is not exported", m.Start)
		}
	})
}

// seeds are modules with several memories.
func seeds() [][]byte {
	bulk := two(w.I32Const(0), w.I32Const(0), w.I32Const(9), w.Op(0xfc, 10, 1, 0), w.Op(0xfc, 9, 0))
	bulk.PassiveData("data")
	bulk.RawData(w.Op(2, 1), w.I32Const(0), w.Op(w.End), w.Name("active"))
	bulk.Start(0)
	imports := w.New()
	imports.ImportMemory("a", "b", w.Limits{})
	imports.ImportFunc("", "", imports.Type(w.Func(w.I32)))
	imports.ImportMemory("a", "b", w.Limits{Min: 1, Max: 1})
	imports.Table(w.Limits{Min: 3})
	imports.Elem(0, w.I32Const(0), 0)
	imports.Export("m", engine.KindMemory, 1)
	imports.Func(0, nil, w.LocalGet(0), w.LocalGet(0), w.Op(0xfd, 9), w.MemArg(1, 3), w.Op(0xfd, 91), w.MemArg(1, 0), w.Op(1))
	return [][]byte{two().Bytes(), bulk.Bytes(), imports.Bytes(), []byte(w.Header)}
}
