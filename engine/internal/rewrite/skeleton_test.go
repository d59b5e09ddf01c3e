package rewrite_test

import (
	"bytes"
	"crypto/sha256"
	"reflect"
	"testing"

	wz "github.com/tetratelabs/wazero"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// skeletonModule uses what a skeleton must keep: an import, a table with elements,
// a start function, data, names and functions referred to by ref.func alone.
func skeletonModule() []byte {
	m := w.New()
	ft := m.Type(w.Func())
	m.ImportFunc("env", "host", ft)
	m.Memory(w.Limits{Min: 1})
	a := m.Func(ft, nil, w.RefFunc(2), w.Op(w.Drop), w.RefFunc(1), w.Op(w.Drop), w.Loop(w.Call(0)))
	m.Func(ft, []engine.ValType{w.I64}, w.RefFunc(2), w.Op(w.Drop))
	m.Export("a", engine.KindFunc, a)
	m.Export("b", engine.KindFunc, a+1)
	m.Custom("name", []byte{1, 4, 1, 1, 1, 'x'})
	m.Custom("other", []byte("bytes"))
	return m.Bytes()
}

// TestSkeleton checks that a skeleton says of its module all that the module says
// itself, and that wazero takes it, but for the code.
func TestSkeleton(t *testing.T) {
	for _, tt := range []struct {
		name string
		wasm []byte
	}{
		{"empty", []byte(w.Header)},
		{"function", code(w.Op(w.Nop))},
		{"several", skeletonModule()},
	} {
		t.Run(tt.name, func(t *testing.T) { checkSkeleton(t, tt.wasm) })
	}
}

func checkSkeleton(t *testing.T, wasm []byte) {
	t.Helper()
	o := rewrite.Options{RefTable: true}
	want, err := rewrite.Rewrite(wasm, o)
	if err != nil {
		return
	}
	skeleton := want.Skeleton(wasm)
	got, err := rewrite.LoadSkeleton(skeleton, sha256.Sum256(wasm), o)
	if err != nil {
		t.Fatalf("LoadSkeleton(%x) of %x: %v", skeleton, wasm, err)
	}
	if again := got.Skeleton(skeleton); !bytes.Equal(again, skeleton) {
		t.Errorf("skeleton of the skeleton is %x, want %x", again, skeleton)
	}
	if got.FuncName(1) != want.FuncName(1) {
		t.Errorf("FuncName(1) = %q, want %q", got.FuncName(1), want.FuncName(1))
	}
	whole, stub := want.Wasm, got.Wasm
	if g, w := withoutCode(stub), withoutCode(whole); !bytes.Equal(g, w) {
		t.Errorf("rewritten skeleton without code is\n%x, want\n%x", g, w)
	}
	sameFacts(t, got, want)
	r := wz.NewRuntimeWithConfig(t.Context(), wz.NewRuntimeConfigInterpreter())
	defer r.Close(t.Context())
	if _, err := r.CompileModule(t.Context(), whole); err != nil {
		return // a type error: wazero's to find
	}
	if _, err := r.CompileModule(t.Context(), stub); err != nil {
		t.Errorf("wazero refuses the rewritten skeleton: %v", err)
	}
}

// sameFacts compares what the engine knows of a module beside its bytes. Where
// constant expressions lay in the input is not of it.
func sameFacts(t *testing.T, got, want *rewrite.Module) {
	t.Helper()
	offsets := func(m *rewrite.Module) []uint32 { return m.Offsets(func(int) uint64 { return 7 }) }
	for _, f := range []struct {
		name      string
		got, want any
	}{
		{"ID", got.ID, want.ID},
		{"Imports", got.Imports, want.Imports},
		{"Exports", got.Exports, want.Exports},
		{"FuelExport", got.FuelExport, want.FuelExport},
		{"StartExport", got.StartExport, want.StartExport},
		{"MemoryExports", got.MemoryExports, want.MemoryExports},
		{"Memories", got.Memories, want.Memories},
		{"Tables", got.Tables, want.Tables},
		{"Entries", got.Entries(), want.Entries()},
		{"Offsets", offsets(got), offsets(want)},
	} {
		if !reflect.DeepEqual(f.got, f.want) {
			t.Errorf("%s = %v, want %v", f.name, f.got, f.want)
		}
	}
}

// withoutCode drops a module's code section.
func withoutCode(wasm []byte) []byte {
	out := bytes.Clone(wasm[:8])
	for p := 8; p < len(wasm); {
		start := p
		id := wasm[p]
		size, shift := 0, 0
		for p++; ; p++ {
			size |= int(wasm[p]&0x7f) << shift
			shift += 7
			if wasm[p] < 0x80 {
				break
			}
		}
		p += 1 + size
		if id != 10 {
			out = append(out, wasm[start:p]...)
		}
	}
	return out
}

// FuzzSkeleton: a skeleton says what its module says, whatever that is.
func FuzzSkeleton(f *testing.F) {
	f.Add(skeletonModule())
	f.Add(code(w.RefFunc(0), w.Op(w.Drop)))
	f.Add([]byte(w.Header))
	f.Fuzz(func(t *testing.T, wasm []byte) { checkSkeleton(t, wasm) })
}
