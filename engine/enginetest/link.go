package enginetest

import (
	"errors"
	"io"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// provider exports one of everything.
func provider() *w.Module {
	m := w.New()
	ft := m.Type(w.Func().Returns(w.I32))
	f := m.Func(ft, nil, w.I32Const(41))
	m.Export("func", engine.KindFunc, f)
	m.Export("memory", engine.KindMemory, m.Memory(w.Limits{Min: 1, Max: 4}))
	m.Export("table", engine.KindTable, m.Table(w.Limits{Min: 4, Max: 8}))
	m.Export("mut", engine.KindGlobal, m.Global(w.Global{Type: w.I32, Mutable: true}, w.I32Const(5)))
	m.Export("const", engine.KindGlobal, m.Global(w.Global{Type: w.I32}, w.I32Const(6)))
	m.Export("grow", engine.KindFunc, m.Func(ft, nil, w.I32Const(1), w.MemoryGrow()))
	m.Elem(0, w.I32Const(0), f)
	return m
}

func testLink(t *testing.T, r rig) {
	s := r.store(engine.StoreConfig{})
	p := r.instantiate(s, provider())
	other := r.instantiate(r.store(engine.StoreConfig{}), provider())
	host := s.NewHostFunc(engine.FuncType{Results: []engine.ValType{w.I32}}, func(st []uint64) error { st[0] = 7; return nil })

	imports := func(add func(*w.Module)) *w.Module {
		m := w.New()
		m.Type(w.Func().Returns(w.I32))
		m.Type(w.Func())
		add(m)
		return m
	}
	for _, tt := range []struct {
		name    string
		add     func(*w.Module)
		imports []engine.Extern
		ok      bool
	}{
		{"func", func(m *w.Module) { m.ImportFunc("x", "y", 0) }, []engine.Extern{p.Export("func")}, true},
		{"host func", func(m *w.Module) { m.ImportFunc("x", "y", 0) }, []engine.Extern{host}, true},
		{"same name twice", func(m *w.Module) { m.ImportFunc("", "", 0); m.ImportFunc("", "", 0) }, []engine.Extern{host, p.Export("func")}, true},
		{"func of another type", func(m *w.Module) { m.ImportFunc("x", "y", 1) }, []engine.Extern{p.Export("func")}, false},
		{"memory for func", func(m *w.Module) { m.ImportFunc("x", "y", 0) }, []engine.Extern{p.Export("memory")}, false},
		{"nil", func(m *w.Module) { m.ImportFunc("x", "y", 0) }, []engine.Extern{nil}, false},
		{"too few", func(m *w.Module) { m.ImportFunc("x", "y", 0) }, nil, false},
		{"too many", func(m *w.Module) {}, []engine.Extern{host}, false},
		{"other store", func(m *w.Module) { m.ImportFunc("x", "y", 0) }, []engine.Extern{other.Export("func")}, false},
		{"memory", func(m *w.Module) { m.ImportMemory("x", "y", w.Limits{Min: 1, Max: 4}) }, []engine.Extern{p.Export("memory")}, true},
		{"memory too small", func(m *w.Module) { m.ImportMemory("x", "y", w.Limits{Min: 2}) }, []engine.Extern{p.Export("memory")}, false},
		{"memory may grow too far", func(m *w.Module) { m.ImportMemory("x", "y", w.Limits{Min: 1, Max: 3}) }, []engine.Extern{p.Export("memory")}, false},
		{"table", func(m *w.Module) { m.ImportTable("x", "y", w.Limits{Min: 4, Max: 8}) }, []engine.Extern{p.Export("table")}, true},
		{"table too small", func(m *w.Module) { m.ImportTable("x", "y", w.Limits{Min: 5}) }, []engine.Extern{p.Export("table")}, false},
		{"global", func(m *w.Module) { m.ImportGlobal("x", "y", w.Global{Type: w.I32, Mutable: true}) }, []engine.Extern{p.Export("mut")}, true},
		{"constant global", func(m *w.Module) { m.ImportGlobal("x", "y", w.Global{Type: w.I32}) }, []engine.Extern{p.Export("const")}, true},
		{"constant for mutable", func(m *w.Module) { m.ImportGlobal("x", "y", w.Global{Type: w.I32, Mutable: true}) }, []engine.Extern{p.Export("const")}, false},
		{"mutable for constant", func(m *w.Module) { m.ImportGlobal("x", "y", w.Global{Type: w.I32}) }, []engine.Extern{p.Export("mut")}, false},
		{"global of another type", func(m *w.Module) { m.ImportGlobal("x", "y", w.Global{Type: w.I64}) }, []engine.Extern{p.Export("const")}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mod := r.on(t).compile(imports(tt.add))
			_, err := s.Instantiate(mod, tt.imports)
			if (err == nil) != tt.ok {
				t.Fatalf("Instantiate error = %v, want ok = %v", err, tt.ok)
			}
			if _, ok := errors.AsType[*engine.LinkError](err); err != nil && !ok {
				t.Errorf("error is %T (%v), want *LinkError", err, err)
			}
		})
	}
	t.Run("grown memory", func(t *testing.T) {
		r := r.on(t)
		r.must(p, "grow")
		r.instantiate(s, imports(func(m *w.Module) { m.ImportMemory("x", "y", w.Limits{Min: 2}) }), p.Export("memory"))
	})
	t.Run("shared", func(t *testing.T) { testShared(t, r.on(t)) })
}

// testShared links two instances through a table, a memory and a global, as
// components do.
func testShared(t *testing.T, r rig) {
	s := r.store(engine.StoreConfig{})
	p := r.instantiate(s, provider())
	m := w.New()
	ft := m.Type(w.Func().Returns(w.I32))
	host := m.ImportFunc("", "", ft)
	m.ImportTable("", "", w.Limits{Min: 4})
	m.ImportMemory("", "", w.Limits{Min: 1})
	m.ImportGlobal("", "", w.Global{Type: w.I32, Mutable: true})
	m.Elem(0, w.I32Const(1), host)
	m.Data(w.I32Const(8), "berth")
	m.Export("f", engine.KindFunc, m.Func(ft, nil,
		w.I32Const(77), w.GlobalSet(0),
		w.I32Const(0), w.CallIndirect(ft, 0), w.I32Const(1), w.CallIndirect(ft, 0), w.Op(w.I32Add)))
	hf := s.NewHostFunc(engine.FuncType{Results: []engine.ValType{w.I32}}, func(st []uint64) error { st[0] = 1000; return nil })
	inst := r.instantiate(s, m, hf, p.Export("table"), p.Export("memory"), p.Export("mut"))
	if got := r.must(inst, "f"); got != 1041 {
		t.Errorf("f() = %d, want 1041", got)
	}
	if got := p.Export("mut").(engine.Global).Get(); got != 77 {
		t.Errorf("global = %d, want 77", got)
	}
	if got := string(p.Export("memory").(engine.Memory).Bytes()[8:13]); got != "berth" {
		t.Errorf("memory holds %q, want berth", got)
	}
}

func testStart(t *testing.T, r rig) {
	m := w.New()
	ft := m.Type(w.Func())
	host := m.ImportFunc("", "", ft)
	m.Start(m.Func(ft, nil, w.Call(host)))
	s := r.store(engine.StoreConfig{})
	calls := 0
	var fail error
	hf := s.NewHostFunc(engine.FuncType{}, func([]uint64) error { calls++; return fail })
	r.instantiate(s, m, hf)
	if calls != 1 {
		t.Errorf("the start function ran %d times, want 1", calls)
	}
	fail = io.ErrUnexpectedEOF
	_, err := s.Instantiate(r.compile(m), []engine.Extern{hf})
	wantTrap(t, err, engine.TrapHostError)
	if !errors.Is(err, fail) {
		t.Errorf("Instantiate error = %v, want %v", err, fail)
	}
	if got := s.Stats().Instances; got != 2 {
		t.Errorf("Stats().Instances = %d, want 2", got)
	}
	testActiveSegments(t, r)
}

// testActiveSegments instantiates modules whose segments do not fit.
func testActiveSegments(t *testing.T, r rig) {
	for _, tt := range []struct {
		name string
		add  func(*w.Module)
		want engine.TrapCode
	}{
		{"data", func(m *w.Module) { m.Memory(w.Limits{Min: 1}); m.Data(w.I32Const(65535), "ab") }, engine.TrapMemoryOutOfBounds},
		{"elements", func(m *w.Module) { m.Elem(m.Table(w.Limits{Min: 1}), w.I32Const(1), 0) }, engine.TrapTableOutOfBounds},
		{"elements by global", func(m *w.Module) {
			g := m.ImportGlobal("", "", w.Global{Type: w.I32})
			m.Elem(m.Table(w.Limits{Min: 4}), w.GlobalGet(g), 0)
		}, engine.TrapTableOutOfBounds},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := r.on(t)
			s := r.store(engine.StoreConfig{})
			m := w.New()
			m.Func(m.Type(w.Func()), nil)
			tt.add(m)
			mod := r.compile(m)
			var imports []engine.Extern
			if len(mod.Imports()) > 0 {
				imports = []engine.Extern{r.instantiate(s, provider()).Export("const")}
			}
			_, err := s.Instantiate(mod, imports)
			wantTrap(t, err, tt.want)
		})
	}
}
