package wazero_test

import (
	"context"
	"os"
	"strconv"
	"testing"

	wz "github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/engine/wazero"
)

// benchModule exports "in", of four parameters and a result, and "out", which calls
// the imported "h" "f" of that type as often as its parameter says.
func benchModule() []byte {
	m := w.New()
	four := m.Type(w.Func(w.I32, w.I32, w.I32, w.I32).Returns(w.I32))
	host := m.ImportFunc("h", "f", four)
	m.Export("in", engine.KindFunc, m.Func(four, nil, w.LocalGet(0), w.LocalGet(3), w.Op(w.I32Add)))
	m.Export("out", engine.KindFunc, m.Func(m.Type(w.Func(w.I32)), nil, w.Loop(
		w.LocalGet(0), w.LocalGet(0), w.LocalGet(0), w.LocalGet(0), w.Call(host), w.Op(w.Drop),
		w.LocalGet(0), w.I32Const(1), w.Op(w.I32Sub), w.LocalTee(0), w.BrIf(0))))
	m.Export("spin", engine.KindFunc, m.Func(m.Type(w.Func(w.I32)), nil, w.Loop(
		w.LocalGet(0), w.I32Const(1), w.Op(w.I32Sub), w.LocalTee(0), w.BrIf(0))))
	return m.Bytes()
}

func benchInstance(b *testing.B) engine.Instance {
	e := newEngine(wazero.Config{})(b)
	mod, err := e.Compile(b.Context(), benchModule())
	if err != nil {
		b.Fatal(err)
	}
	s, err := e.NewStore(engine.StoreConfig{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	host := s.NewHostFunc(mod.Imports()[0].Type.Func, func(st []uint64) error { st[0] += st[3]; return nil })
	inst, err := s.Instantiate(mod, []engine.Extern{host})
	if err != nil {
		b.Fatal(err)
	}
	return inst
}

func BenchmarkCallIn(b *testing.B) {
	f := benchInstance(b).Export("in").(engine.Func)
	stack := make([]uint64, 4)
	b.ReportAllocs()
	for b.Loop() {
		if err := f.Call(stack); err != nil {
			b.Fatal(err)
		}
	}
}

func benchN(b *testing.B, inst engine.Instance, name string) {
	f := inst.Export(name).(engine.Func)
	b.ReportAllocs()
	b.ResetTimer()
	if err := f.Call([]uint64{uint64(b.N)}); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkCallOut(b *testing.B) { benchN(b, benchInstance(b), "out") }

func BenchmarkSpin(b *testing.B) { benchN(b, benchInstance(b), "spin") }

// rawInstance instantiates the same module in wazero without this package.
func rawInstance(b *testing.B) api.Module {
	ctx := context.Background()
	r := wz.NewRuntime(ctx)
	b.Cleanup(func() { r.Close(ctx) })
	i32 := api.ValueTypeI32
	fn := api.GoModuleFunc(func(_ context.Context, _ api.Module, st []uint64) { st[0] += st[3] })
	_, err := r.NewHostModuleBuilder("h").NewFunctionBuilder().
		WithGoModuleFunction(fn, []api.ValueType{i32, i32, i32, i32}, []api.ValueType{i32}).Export("f").Instantiate(ctx)
	if err != nil {
		b.Fatal(err)
	}
	mod, err := r.Instantiate(ctx, benchModule())
	if err != nil {
		b.Fatal(err)
	}
	return mod
}

func BenchmarkRawCallIn(b *testing.B) {
	f := rawInstance(b).ExportedFunction("in")
	stack := make([]uint64, 4)
	b.ReportAllocs()
	for b.Loop() {
		if err := f.CallWithStack(b.Context(), stack); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRawCallOut(b *testing.B) {
	f := rawInstance(b).ExportedFunction("out")
	b.ResetTimer()
	if err := f.CallWithStack(b.Context(), []uint64{uint64(b.N)}); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkRawSpin(b *testing.B) {
	f := rawInstance(b).ExportedFunction("spin")
	b.ResetTimer()
	if err := f.CallWithStack(b.Context(), []uint64{uint64(b.N)}); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkStore makes a store of four linked instances with fifty host functions.
func BenchmarkStore(b *testing.B) {
	e := newEngine(wazero.Config{})(b)
	mods := []engine.Module{}
	for i := range 4 {
		m := w.New()
		t := m.Type(w.Func(w.I32, w.I32).Returns(w.I32))
		n := 12
		if i > 0 {
			n++
		}
		for range n {
			m.ImportFunc("", "", t)
		}
		m.Memory(w.Limits{Min: 17})
		m.Export("f", engine.KindFunc, m.Func(t, nil, w.LocalGet(0)))
		mod, err := e.Compile(b.Context(), append(m.Bytes(), w.Section(0, w.Name(strconv.Itoa(i)))...))
		if err != nil {
			b.Fatal(err)
		}
		mods = append(mods, mod)
	}
	b.ReportAllocs()
	for b.Loop() {
		benchStore(b, e, mods)
	}
}

func benchStore(b *testing.B, e engine.Engine, mods []engine.Module) {
	s, err := e.NewStore(engine.StoreConfig{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var last engine.Instance
	for _, m := range mods {
		var imports []engine.Extern
		for range 12 {
			imports = append(imports, s.NewHostFunc(m.Imports()[0].Type.Func, func([]uint64) error { return nil }))
		}
		if last != nil {
			imports = append(imports, last.Export("f"))
		}
		if last, err = s.Instantiate(m, imports); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCompile compiles the module BERTH_BENCH_WASM names.
func BenchmarkCompile(b *testing.B) {
	name := os.Getenv("BERTH_BENCH_WASM")
	wasm, err := os.ReadFile(name)
	if err != nil {
		b.Skip("set BERTH_BENCH_WASM to a core module")
	}
	b.SetBytes(int64(len(wasm)))
	for b.Loop() {
		e := newEngine(wazero.Config{})(b)
		if _, err := e.Compile(b.Context(), wasm); err != nil {
			b.Fatal(err)
		}
		e.Close()
	}
}
