package enginetest

import (
	"errors"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

const page = 1 << 16

// grower exports a memory and functions that grow it and store a byte.
func grower(l w.Limits) *w.Module {
	m := w.New()
	ft := m.Type(w.Func(w.I32).Returns(w.I32))
	m.Export("memory", engine.KindMemory, m.Memory(l))
	m.Export("grow", engine.KindFunc, m.Func(ft, nil, w.LocalGet(0), w.MemoryGrow()))
	m.Export("store", engine.KindFunc, m.Func(ft, nil, w.LocalGet(0), w.I32Const(0x2a), w.I32Store(0), w.MemorySize()))
	return m
}

func testMemory(t *testing.T, r rig) {
	s := r.store(engine.StoreConfig{})
	inst := r.instantiate(s, grower(w.Limits{Min: 1, Max: 3}))
	mem := inst.Export("memory").(engine.Memory)
	if mem.Is64() || len(mem.Bytes()) != page {
		t.Errorf("Is64() = %v, len(Bytes()) = %d, want false, %d", mem.Is64(), len(mem.Bytes()), page)
	}
	mem.Bytes()[page-1] = 9
	if got := r.must(inst, "grow", 1); got != 1 {
		t.Errorf("grow(1) = %d, want 1", got)
	}
	if b := mem.Bytes(); len(b) != 2*page || b[page-1] != 9 {
		t.Fatalf("after growing: %d bytes, byte %d", len(b), b[page-1])
	}
	r.must(inst, "store", page)
	if got := mem.Bytes()[page]; got != 0x2a {
		t.Errorf("byte stored by the guest is %d, want 42", got)
	}
	if !mem.Grow(1) || len(mem.Bytes()) != 3*page {
		t.Errorf("Grow(1) from the host: %d bytes", len(mem.Bytes()))
	}
	if mem.Grow(1) || mem.Grow(1<<40) {
		t.Error("Grow beyond the maximum succeeded")
	}
	if got := r.must(inst, "grow", 1); got != 0xffff_ffff {
		t.Errorf("grow beyond the maximum = %#x, want -1", got)
	}
	if got := s.Stats(); got.MemoryBytes != 3*page || got.PeakMemoryBytes != 3*page || got.Refused != nil || got.Instances != 1 {
		t.Errorf("Stats() = %+v", got)
	}
}

func testMemoryLimit(t *testing.T, r rig) {
	s := r.store(engine.StoreConfig{MaxMemoryBytes: 10 * page})
	one := r.instantiate(s, grower(w.Limits{Min: 4}))
	two := r.instantiate(s, grower(w.Limits{Min: 3}))
	for _, tt := range []struct {
		inst engine.Instance
		by   uint64
		want uint64
	}{
		{one, 4, 0xffff_ffff},
		{one, 1, 4},
		{two, 3, 0xffff_ffff},
		{two, 2, 3},
		{one, 1, 0xffff_ffff},
		{one, 0, 5},
		{two, 65536, 0xffff_ffff},
	} {
		if got := r.must(tt.inst, "grow", tt.by); got != tt.want {
			t.Errorf("grow(%d) = %#x, want %#x", tt.by, got, tt.want)
		}
	}
	got := s.Stats()
	if got.MemoryBytes != 10*page || got.PeakMemoryBytes != 10*page || got.Refused == nil || got.Refused.Limit != "MaxMemoryBytes" {
		t.Errorf("Stats() = %+v, want 10 pages and a refused growth", got)
	}
	if two.Export("memory").(engine.Memory).Grow(1) {
		t.Error("Grow from the host went beyond the limit")
	}
	_, err := s.Instantiate(r.compile(grower(w.Limits{Min: 1})), nil)
	limit, ok := errors.AsType[*engine.LimitError](err)
	if !ok || limit.Limit != "MaxMemoryBytes" || limit.Max != 10*page || limit.Want != 11*page {
		t.Errorf("Instantiate error = %v, want a *LimitError of 11 pages", err)
	}
}

func testGlobals(t *testing.T, r rig) {
	m := w.New()
	for _, g := range []struct {
		name string
		t    engine.ValType
		init []byte
	}{
		{"i32", w.I32, w.I32Const(-1)},
		{"i64", w.I64, w.I64Const(-1)},
		{"f32", w.F32, w.Op(0x43, 0, 0, 0x80, 0x3f)},
		{"f64", w.F64, w.Op(0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f)},
	} {
		m.Export(g.name, engine.KindGlobal, m.Global(w.Global{Type: g.t, Mutable: true}, g.init))
		m.Export("const "+g.name, engine.KindGlobal, m.Global(w.Global{Type: g.t}, g.init))
	}
	m.Export("ref", engine.KindGlobal, m.Global(w.Global{Type: w.FuncRef, Mutable: true}, w.RefNull()))
	m.Export("get", engine.KindFunc, m.Func(m.Type(w.Func().Returns(w.I64)), nil, w.GlobalGet(2)))
	inst := r.instantiate(r.store(engine.StoreConfig{}), m)
	for name, want := range map[string]uint64{"i32": 0xffff_ffff, "i64": 1<<64 - 1, "f32": 0x3f80_0000, "f64": 0x3ff0 << 48} {
		g := inst.Export(name).(engine.Global)
		if got := g.Get(); got != want {
			t.Errorf("%s = %#x, want %#x", name, got, want)
		}
		if err := g.Set(want - 1); err != nil || g.Get() != want-1 {
			t.Errorf("%s: Set: %v, then %#x, want %#x", name, err, g.Get(), want-1)
		}
		c := inst.Export("const " + name).(engine.Global)
		if err := c.Set(0); !errors.Is(err, engine.ErrImmutable) || c.Get() != want {
			t.Errorf("const %s: Set: %v, then %#x", name, err, c.Get())
		}
	}
	if got := r.must(inst, "get"); got != 1<<64-2 {
		t.Errorf("the guest reads %#x, want what the host set", got)
	}
	if err := inst.Export("ref").(engine.Global).Set(1); !errors.Is(err, engine.ErrImmutable) {
		t.Errorf("setting a reference: %v, want ErrImmutable", err)
	}
}

func testTables(t *testing.T, r rig) {
	m := w.New()
	ft := m.Type(w.Func(w.I32).Returns(w.I32))
	host := m.ImportFunc("", "", ft)
	double := m.Func(ft, nil, w.LocalGet(0), w.LocalGet(0), w.Op(w.I32Add))
	tab := m.Table(w.Limits{Min: 4, Max: 10})
	m.Elem(tab, w.I32Const(0), double, host)
	m.Export("table", engine.KindTable, tab)
	m.Export("grow", engine.KindFunc, m.Func(ft, nil, w.RefFunc(double), w.LocalGet(0), w.TableGrow(tab)))
	s := r.store(engine.StoreConfig{})
	sig := engine.FuncType(w.Func(w.I32).Returns(w.I32))
	inst := r.instantiate(s, m, s.NewHostFunc(sig, func(st []uint64) error { st[0] += 1000; return nil }))
	table := inst.Export("table").(engine.Table)
	if got := table.Len(); got != 4 {
		t.Errorf("Len() = %d, want 4", got)
	}
	if got := r.must(inst, "grow", 2); got != 4 || table.Len() != 6 {
		t.Errorf("grow(2) = %d, then Len() = %d", got, table.Len())
	}
	for i, want := range map[uint32]uint64{0: 14, 1: 1007, 5: 14} {
		f, err := table.Func(i, sig)
		if err != nil {
			t.Fatalf("Func(%d): %v", i, err)
		}
		for range 2 {
			if got, err := callFunc(f, 7); err != nil || got != want {
				t.Errorf("element %d called with 7: %d, %v, want %d", i, got, err, want)
			}
		}
	}
	for _, tt := range []struct {
		name string
		i    uint32
		t    engine.FuncType
		want engine.TrapCode
	}{
		{"null", 3, sig, engine.TrapIndirectCallToNull},
		{"out of bounds", 6, sig, engine.TrapTableOutOfBounds},
		{"type", 0, engine.FuncType{}, engine.TrapBadSignature},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := table.Func(tt.i, tt.t)
			if err == nil {
				_, err = callFunc(f)
			}
			wantTrap(t, err, tt.want)
		})
	}
}

func testLimits(t *testing.T, r rig) {
	t.Run("table elements", func(t *testing.T) { testTableElems(t, r.on(t)) })
	t.Run("pool", func(t *testing.T) { testPool(t, r.on(t)) })
	t.Run("default table elements", func(t *testing.T) {
		r := r.on(t)
		inst := r.instantiate(r.store(engine.StoreConfig{}), growing(1))
		if got := r.must(inst, "grow", 0x7fff_ffff); got != 0xffff_ffff {
			t.Errorf("grow(2^31) = %d, want -1", got)
		}
	})
	t.Run("instances", func(t *testing.T) { testInstances(t, r.on(t)) })
	t.Run("entries", func(t *testing.T) { testEntries(t, r.on(t)) })
	t.Run("stack", func(t *testing.T) { testStack(t, r.on(t)) })
	t.Run("negative", func(t *testing.T) {
		if _, err := r.eng.NewStore(engine.StoreConfig{StackBytes: -1}); err == nil {
			t.Error("NewStore accepts a negative StackBytes")
		}
	})
}

// growing returns a module that exports a table of so many elements and "grow", which
// grows it.
func growing(elems uint32) *w.Module {
	m := w.New()
	ft := m.Type(w.Func(w.I32).Returns(w.I32))
	tab := m.Table(w.Limits{Min: elems})
	m.Export("table", engine.KindTable, tab)
	m.Export("grow", engine.KindFunc, m.Func(ft, nil, w.RefNull(), w.LocalGet(0), w.TableGrow(tab)))
	return m
}

func testTableElems(t *testing.T, r rig) {
	s := r.store(engine.StoreConfig{MaxTableElems: 100})
	inst := r.instantiate(s, growing(60))
	_, err := s.Instantiate(r.compile(growing(50)), nil)
	if limit, ok := errors.AsType[*engine.LimitError](err); !ok || limit.Limit != "MaxTableElems" {
		t.Errorf("Instantiate error = %v, want *LimitError", err)
	}
	if got := r.must(inst, "grow", 41); got != 0xffff_ffff {
		t.Errorf("grow(41) = %d, want -1", got)
	}
	if got := r.must(inst, "grow", 40); got != 60 {
		t.Errorf("grow(40) = %d, want 60", got)
	}
	if got := r.must(inst, "grow", 1); got != 0xffff_ffff {
		t.Errorf("grow(1) = %d, want -1", got)
	}
	if got := s.Stats().Refused; got == nil || *got != (engine.LimitError{Limit: "MaxTableElems", Max: 100, Want: 101}) {
		t.Errorf("Stats().Refused = %v, want the table that was to have 101 elements", got)
	}
}

func testInstances(t *testing.T, r rig) {
	s := r.store(engine.StoreConfig{MaxInstances: 2})
	mod := r.compile(w.New())
	for i := range 3 {
		_, err := s.Instantiate(mod, nil)
		limit, ok := errors.AsType[*engine.LimitError](err)
		if i < 2 && err != nil || i == 2 && (!ok || limit.Limit != "MaxInstances") {
			t.Errorf("instance %d: %v", i, err)
		}
	}
}

// testPool checks that stores share a pool of memory, and that what one gives back
// is another's.
func testPool(t *testing.T, r rig) {
	pool := engine.NewMemoryPool(10 * page)
	mod := r.compile(grower(w.Limits{Min: 3}))
	one, two := r.store(engine.StoreConfig{Pool: pool}), r.store(engine.StoreConfig{Pool: pool})
	var insts [2]engine.Instance
	for i, s := range []engine.Store{one, two} {
		var err error
		if insts[i], err = s.Instantiate(mod, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.must(insts[0], "grow", 5); got != 0xffff_ffff {
		t.Errorf("grow(5) = %#x, want -1", got)
	}
	if got := r.must(insts[0], "grow", 3); got != 3 {
		t.Errorf("grow(3) = %#x, want 3", got)
	}
	want := engine.LimitError{Limit: "Pool", Max: 10 * page, Want: 11 * page}
	if got := one.Stats().Refused; got == nil || *got != want {
		t.Errorf("Stats().Refused = %v, want %v", got, &want)
	}
	third := r.store(engine.StoreConfig{Pool: pool})
	_, err := third.Instantiate(mod, nil)
	if limit, ok := errors.AsType[*engine.LimitError](err); !ok || limit.Limit != "Pool" {
		t.Errorf("Instantiate beyond the pool = %v, want *LimitError", err)
	}
	if err := one.Close(); err != nil || pool.UsedBytes() != 3*page {
		t.Errorf("Close = %v, then %d bytes are in use, want those of the other store", err, pool.UsedBytes())
	}
	if _, err := third.Instantiate(mod, nil); err != nil {
		t.Errorf("Instantiate in what was given back = %v", err)
	}
}

// testEntries checks that what instances keep is counted over all of them.
func testEntries(t *testing.T, r rig) {
	segment := w.New()
	f := segment.Func(segment.Type(w.Func()), nil)
	segment.PassiveElem(f, f, f, f)
	globals := w.New()
	for range 4 {
		globals.Global(w.Global{Type: w.I32}, w.I32Const(0))
	}
	for _, tt := range []struct {
		name string
		m    *w.Module
	}{{"segment", segment}, {"globals", globals}} {
		s := r.store(engine.StoreConfig{MaxEntries: 11})
		mod := r.compile(tt.m)
		for i := range 3 {
			_, err := s.Instantiate(mod, nil)
			limit, ok := errors.AsType[*engine.LimitError](err)
			if i < 2 && err != nil || i == 2 && (!ok || limit.Limit != "MaxEntries") {
				t.Errorf("%s: instance %d: %v", tt.name, i, err)
			}
		}
	}
}

// testStack checks that StackBytes bounds recursion: that less stack allows fewer
// calls.
func testStack(t *testing.T, r rig) {
	if !r.eng.Features().StackBytes {
		t.Skip("the engine does not enforce StackBytes")
	}
	m := w.New()
	g := m.Global(w.Global{Type: w.I32, Mutable: true}, w.I32Const(0))
	m.Export("depth", engine.KindGlobal, g)
	m.Export("f", engine.KindFunc, m.Func(m.Type(w.Func()), nil,
		w.GlobalGet(g), w.I32Const(1), w.Op(w.I32Add), w.GlobalSet(g), w.Call(0)))
	depth := func(stack int) uint64 {
		inst := r.instantiate(r.store(engine.StoreConfig{StackBytes: stack}), m)
		_, err := r.call(inst, "f")
		wantTrap(t, err, engine.TrapStackOverflow)
		return inst.Export("depth").(engine.Global).Get()
	}
	small, large := depth(1<<20), depth(16<<20)
	if small*2 > large {
		t.Errorf("recursion of %d calls in 1 MiB, %d in 16 MiB", small, large)
	}
}
