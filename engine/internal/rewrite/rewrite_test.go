package rewrite_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	wz "github.com/tetratelabs/wazero"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// code returns a module with one function of no parameters and that code, one
// table, one global, one passive element segment and one type.
func code(parts ...[]byte) []byte {
	m := w.New()
	f := m.Func(m.Type(w.Func()), nil, parts...)
	m.Table(w.Limits{Min: 1})
	m.Memory(w.Limits{Min: 1})
	m.Global(w.Global{Type: w.I32, Mutable: true}, w.I32Const(0))
	m.PassiveElem(f)
	m.PassiveData("x")
	return m.Bytes()
}

// TestRefused gives the rewriter what it must refuse itself: what would name the
// things it adds, make wazero allocate, or be read differently by wazero.
func TestRefused(t *testing.T) {
	wide := w.New()
	wide.Type(w.Func(make([]engine.ValType, 1001)...))
	tall := make([][]byte, 0, 60_000)
	for range 20_001 {
		tall = append(tall, w.Op(0x02, 0x40))
	}
	for range 20_001 {
		tall = append(tall, w.Op(w.End))
	}
	for _, tt := range []struct {
		name string
		wasm []byte
		want string
	}{
		{"fuel global", code(w.I32Const(1), w.GlobalSet(1)), "unknown global 1"},
		{"fuel global read", code(w.GlobalGet(1), w.Op(w.Drop)), "unknown global 1"},
		{"scratch local", code(w.LocalGet(0), w.Op(w.Drop)), "unknown local 0"},
		{"reference table", code(w.I32Const(0), w.CallIndirect(0, 1)), "unknown table 1"},
		{"reference table get", code(w.I32Const(0), w.Op(0x25, 1, w.Drop)), "unknown table 1"},
		{"reference table grow", code(w.RefNull(), w.I32Const(0), w.TableGrow(1), w.Op(w.Drop)), "unknown table 1"},
		{"reference segment", code(w.Op(0xfc, 13, 1)), "unknown element segment 1"},
		{"reference segment init", code(w.I32Const(0), w.I32Const(0), w.I32Const(0), w.Op(0xfc, 12, 1, 0)), "unknown element segment 1"},
		{"host function", code(w.Call(1)), "unknown function 1"},
		{"host type", code(w.I32Const(0), w.CallIndirect(1, 0)), "unknown type 1"},
		{"host block type", code(w.Op(0x02, 1, w.End)), "unknown type 1"},
		{"undeclared function", module(w.RefFunc(0), w.Op(w.Drop)), "undeclared"},
		{"second memory", code(w.Op(0x3f, 1, w.Drop)), "one memory"},
		{"second memory load", code(w.I32Const(0), w.Op(0x28, 0x42, 1, 0, w.Drop)), "one memory"},
		{"atomics", code(w.Op(0xfe, 3, 0)), "not supported"},
		{"relaxed vectors", code(w.Op(0xfd, 0x80, 2)), "not supported"},
		{"exceptions", code(w.Op(0x08, 0)), "not enabled"},
		{"typed references", code(w.Op(0x14, 0)), "not supported"},
		{"padded block type", code(w.Op(0x02, 0xc0, 0x7f, w.End)), "not canonical"},
		{"wide type", wide.Bytes(), "1001 values"},
		{"nesting", code(tall...), "nest deeper"},
		{"locals", locals(50_001), "locals"},
		{"locals beyond 32 bits", locals(0xffff_ffff), "locals"},
		{"shared memory", rawMemory(3, 1, 1), "limits"},
		{"memory64", rawMemory(4, 1), "limits"},
		{"large memory", rawMemory(0, 0x81, 0x80, 4), "65536"},
		{"two memories", two(), "2 memories"},
		{"large count", append([]byte(w.Header), 10, 5, 0xff, 0xff, 0xff, 0xff, 0x0f), "count"},
		{"large name", append([]byte(w.Header), 0, 3, 0xff, 0x7f, 'x'), "count"},
		{"values", explosion(), "too complex"},
		{"trailing code", append([]byte(w.Header), 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 5, 1, 3, 0, 0x0b, 0x0b), "after the end"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := rewrite.Rewrite(tt.wasm, rewrite.Options{RefTable: true})
			ce, ok := errors.AsType[*engine.CompileError](err)
			if !ok || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Rewrite error = %v, want *CompileError with %q", err, tt.want)
			}
			if ce.Offset < 0 || ce.Offset > int64(len(tt.wasm)) {
				t.Errorf("offset %d is outside the module", ce.Offset)
			}
		})
	}
}

func module(parts ...[]byte) []byte {
	m := w.New()
	m.Func(m.Type(w.Func()), nil, parts...)
	return m.Bytes()
}

func locals(n uint32) []byte {
	m := w.New()
	m.RawFunc(m.Type(w.Func()), []byte{1}, w.U32(n), []byte{byte(w.I32), w.End})
	return m.Bytes()
}

func rawMemory(limits ...byte) []byte {
	m := w.New()
	m.RawMemory(limits...)
	return m.Bytes()
}

func two() []byte {
	m := w.New()
	m.Memory(w.Limits{})
	m.Memory(w.Limits{})
	return m.Bytes()
}

// explosion names a thousand values in every other byte.
func explosion() []byte {
	m := w.New()
	params := make([]engine.ValType, 1000)
	for i := range params {
		params[i] = w.I32
	}
	m.Type(w.Func(params...).Returns(params...))
	calls := make([][]byte, 1000)
	for i := range calls {
		calls[i] = w.Call(0)
	}
	m.Func(0, nil, calls...)
	return m.Bytes()
}

// TestWhole checks a small module's rewriting byte by byte. If it changes,
// rewrite.Version must too.
func TestWhole(t *testing.T) {
	m := w.New()
	ft := m.Type(w.Func())
	host := m.ImportFunc("", "x", ft)
	f := m.Func(ft, nil, w.Loop(w.Call(host), w.Call(1), w.Br(0)))
	m.Export("f", engine.KindFunc, f)
	m.Custom("dropped", []byte("bytes"))
	got, err := rewrite.Rewrite(m.Bytes(), rewrite.Options{RefTable: true})
	if err != nil {
		t.Fatal(err)
	}
	check := func(scratch, weight byte) []byte {
		return []byte{
			0x23, 0, 0x41, 0x80 | weight, 0x80, 0, 0x6b, // global.get fuel, i32.const weight, i32.sub
			0x22, scratch, 0x24, 0, 0x20, scratch, // local.tee, global.set fuel, local.get
			0x41, 0, 0x48, 0x04, 0x40, // i32.const 0, i32.lt_s, if
			0x41, 0, 0x20, scratch, 0x10, 1, 0x24, 0, 0x0b, // host(HostRefuel, fuel), global.set, end
		}
	}
	want := w.New()
	want.Type(w.Func())
	want.Type(w.Func(w.I32, w.I32).Returns(w.I32))
	want.ImportFunc("imports", "0", 0)
	want.ImportFunc("host", "host", 1)
	want.RawFunc(0, []byte{1, 2, 0x7f}, check(0, 1), w.Op(0x03, 0x40), check(0, 1), w.Call(0), w.Call(2), w.Br(0), w.Op(w.End, w.End))
	want.Global(w.Global{Type: w.I32, Mutable: true}, w.I32Const(0))
	want.Export("f", engine.KindFunc, 2)
	want.Export(got.FuelExport, engine.KindGlobal, 0)
	want.Custom("name", append([]byte{0, byte(len(got.ID) + 1)}, w.Name(got.ID)...))
	if !bytes.Equal(got.Wasm, want.Bytes()) {
		t.Errorf("Rewrite =\n%x\nwant\n%x", got.Wasm, want.Bytes())
	}
}

// FuzzRewrite: what wazero accepts after rewriting has the exports it had, and the
// rewriter refuses nothing wazero takes, but for what it says it does.
func FuzzRewrite(f *testing.F) {
	f.Add(code())
	f.Add(code(w.Loop(w.I32Const(1), w.BrIf(0)), w.RefFunc(0), w.Op(w.Drop)))
	f.Add(code(w.I32Const(0), w.I32Const(0), w.I32Const(9), w.MemoryFill()))
	f.Add(code(w.RefNull(), w.I32Const(1), w.TableGrow(0), w.Op(w.Drop)))
	f.Add(explosion())
	f.Add([]byte(w.Header))
	r := wz.NewRuntimeWithConfig(f.Context(), wz.NewRuntimeConfigInterpreter())
	f.Fuzz(func(t *testing.T, wasm []byte) {
		m, err := rewrite.Rewrite(wasm, rewrite.Options{RefTable: true})
		if err != nil {
			if _, ok := errors.AsType[*engine.CompileError](err); !ok {
				t.Fatalf("Rewrite error is %T", err)
			}
			return
		}
		if len(m.Wasm) > 64*len(wasm)+1024 {
			t.Errorf("%d bytes became %d", len(wasm), len(m.Wasm))
		}
		c, err := r.CompileModule(t.Context(), m.Wasm)
		if err != nil {
			return // a type error: wazero's to find
		}
		defer c.Close(t.Context())
		funcs := c.ExportedFunctions()
		for _, x := range m.Exports {
			if _, ok := funcs[x.Name]; x.Type.Kind == engine.KindFunc && !ok {
				t.Errorf("export %q is gone", x.Name)
			}
		}
		m.FuncName(0)
	})
}

func BenchmarkRewrite(b *testing.B) {
	wasm, err := os.ReadFile(os.Getenv("BERTH_BENCH_WASM"))
	if err != nil {
		b.Skip("set BERTH_BENCH_WASM to a core module")
	}
	b.SetBytes(int64(len(wasm)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rewrite.Rewrite(wasm, rewrite.Options{RefTable: true}); err != nil {
			b.Fatal(err)
		}
	}
}
