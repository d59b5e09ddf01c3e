package enginetest

import (
	"strconv"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// Benchmark measures what a run pays an engine: calls in and out, a loop's metering,
// and a store of four linked instances with fifty host functions.
func Benchmark(b *testing.B, newEngine func(testing.TB) engine.Engine) {
	b.Run("CallIn", func(b *testing.B) { benchIn(b, newEngine) })
	b.Run("CallOut", func(b *testing.B) { benchN(b, newEngine, "out") })
	b.Run("Spin", func(b *testing.B) { benchN(b, newEngine, "spin") })
	b.Run("Store", func(b *testing.B) { benchStores(b, newEngine(b)) })
}

// BenchModule exports "in", of four parameters and a result; "out", which calls the
// imported "h" "f" of that type as often as its parameter says; and "spin", which
// loops as often.
func BenchModule() []byte {
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

func benchInstance(b *testing.B, newEngine func(testing.TB) engine.Engine) engine.Instance {
	e := newEngine(b)
	mod, err := e.Compile(b.Context(), BenchModule())
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

func benchIn(b *testing.B, newEngine func(testing.TB) engine.Engine) {
	f := benchInstance(b, newEngine).Export("in").(engine.Func)
	stack := make([]uint64, 4)
	b.ReportAllocs()
	for b.Loop() {
		if err := f.Call(stack); err != nil {
			b.Fatal(err)
		}
	}
}

func benchN(b *testing.B, newEngine func(testing.TB) engine.Engine, name string) {
	f := benchInstance(b, newEngine).Export(name).(engine.Func)
	b.ReportAllocs()
	b.ResetTimer()
	if err := f.Call([]uint64{uint64(b.N)}); err != nil {
		b.Fatal(err)
	}
}

func benchStores(b *testing.B, e engine.Engine) {
	var mods []engine.Module
	for i := range 4 {
		m := w.New()
		t := m.Type(w.Func(w.I32, w.I32).Returns(w.I32))
		for range 12 + min(i, 1) {
			m.ImportFunc("", "", t)
		}
		m.Memory(w.Limits{Min: 17})
		m.Export("f", engine.KindFunc, m.Func(t, nil, w.LocalGet(0)))
		m.Custom(strconv.Itoa(i), nil)
		mod, err := e.Compile(b.Context(), m.Bytes())
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
