package enginetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// activeData adds an active data segment.
func activeData(m *w.Module, memory uint32, offset []byte, text string) {
	m.RawData([]byte{2}, w.U32(memory), offset, []byte{w.End}, w.Name(text))
}

func testSegments(t *testing.T, r rig) {
	s := r.store(engine.StoreConfig{})
	g := w.New()
	g.Export("g", engine.KindGlobal, g.Global(w.Global{Type: w.I32}, w.I32Const(5)))
	global := r.instantiate(s, g).Export("g")
	m := w.New()
	at := m.ImportGlobal("", "", w.Global{Type: w.I32})
	for i := range 3 {
		m.Export(fmt.Sprint(i), engine.KindMemory, m.Memory(w.Limits{Min: 1}))
	}
	activeData(m, 1, w.I32Const(3), "later")
	activeData(m, 0, w.GlobalGet(at), "first")
	activeData(m, 2, slices.Concat(w.GlobalGet(at), w.I32Const(2), w.Op(0x6a)), "third")
	activeData(m, 1, w.I32Const(1), "abc")
	activeData(m, 1, w.I32Const(page), "")
	inst := r.instantiate(s, m, global)
	for i, want := range []string{"\x00\x00\x00\x00\x00first", "\x00abcater", "\x00\x00\x00\x00\x00\x00\x00third"} {
		if got := inst.Export(fmt.Sprint(i)).(engine.Memory).Bytes()[:len(want)]; string(got) != want {
			t.Errorf("memory %d begins with %q, want %q", i, got, want)
		}
	}
}

// testSegmentOrder: what comes before a segment that does not fit has happened, what
// comes after it has not.
func testSegmentOrder(t *testing.T, r rig) {
	s := r.store(engine.StoreConfig{})
	from := r.instantiate(s, bulkModule(w.Limits{Min: 1}))
	m := w.New()
	for range 2 {
		m.ImportMemory("", "", w.Limits{Min: 1})
	}
	activeData(m, 0, w.I32Const(0), "a")
	activeData(m, 1, w.I32Const(0), "b")
	activeData(m, 1, w.I32Const(page-1), "no")
	activeData(m, 0, w.I32Const(0), "c")
	_, err := s.Instantiate(r.compile(m), []engine.Extern{from.Export("0"), from.Export("1")})
	wantTrap(t, err, engine.TrapMemoryOutOfBounds)
	for i, want := range []byte("ab") {
		if got := from.Export(fmt.Sprint(i)).(engine.Memory).Bytes()[0]; got != want {
			t.Errorf("memory %d begins with %q, want %q", i, got, want)
		}
	}
}

// testStartMemories: the start function sees the memories initialized.
func testStartMemories(t *testing.T, r rig) {
	m := w.New()
	for i := range 2 {
		m.Export(fmt.Sprint(i), engine.KindMemory, m.Memory(w.Limits{Min: 1}))
	}
	activeData(m, 1, w.I32Const(4), "\x2a")
	// memory 0 at 0 = memory 1 at 4
	m.Start(m.Func(m.Type(w.Func()), nil, w.I32Const(0), w.I32Const(4), w.Op(0x2d), w.MemArg(1, 0), w.Op(0x3a), w.MemArg(0, 0)))
	inst := r.instantiate(r.store(engine.StoreConfig{}), m)
	if got := inst.Export("0").(engine.Memory).Bytes()[0]; got != 0x2a {
		t.Errorf("the start function read %d, want 42", got)
	}
	trap := w.New()
	trap.Memory(w.Limits{})
	trap.Memory(w.Limits{})
	trap.Start(trap.Func(trap.Type(w.Func()), nil, w.Op(0x00)))
	_, err := r.store(engine.StoreConfig{}).Instantiate(r.compile(trap), nil)
	wantTrap(t, err, engine.TrapUnreachable)
}

// relayModule imports a function, a memory, a global and a memory, and has a third
// memory.
func relayModule() *w.Module {
	m := w.New()
	ft := m.Type(w.Func())
	f := m.ImportFunc("m", "f", ft)
	m.ImportMemory("m", "0", w.Limits{Min: 1})
	m.ImportGlobal("m", "g", w.Global{Type: w.I32})
	m.ImportMemory("m", "1", w.Limits{Min: 1, Max: 2})
	m.Memory(w.Limits{Min: 3})
	m.Export("first", engine.KindMemory, 0)
	m.Export("run", engine.KindFunc, m.Func(ft, nil, w.Call(f), w.I32Const(8), w.I32Const(7), w.Op(0x3a), w.MemArg(1, 4)))
	m.Export("second", engine.KindMemory, 1)
	m.Export("third", engine.KindMemory, 2)
	m.Export("0", engine.KindFunc, f)
	return m
}

// testLinkMemories imports and exports further memories.
func testLinkMemories(t *testing.T, r rig) {
	s := r.store(engine.StoreConfig{})
	from := r.instantiate(s, bulkModule(w.Limits{Min: 1, Max: 2}))
	mod := r.compile(relayModule())
	checkTypes(t, mod)
	called := 0
	host := s.NewHostFunc(engine.FuncType{}, func([]uint64) error { called++; return nil })
	g := w.New()
	g.Export("g", engine.KindGlobal, g.Global(w.Global{Type: w.I32}, w.I32Const(5)))
	externs := []engine.Extern{host, from.Export("0"), r.instantiate(s, g).Export("g"), from.Export("1")}
	inst, err := s.Instantiate(mod, externs)
	if err != nil {
		t.Fatal(err)
	}
	r.must(inst, "run")
	if b := inst.Export("second").(engine.Memory).Bytes(); called != 1 || b[12] != 7 || from.Export("1").(engine.Memory).Bytes()[12] != 7 {
		t.Error("the memory exported again is another one")
	}
	if got := len(inst.Export("third").(engine.Memory).Bytes()); got != 3*page {
		t.Errorf("the third memory has %d bytes", got)
	}
	for _, name := range []string{"1", "2", "3", "memory", ""} {
		if x := inst.Export(name); x != nil {
			t.Errorf("Export(%q) = %v, want nil", name, x)
		}
	}
	refuseMemories(t, s, mod, externs)
	further := r.instantiate(s, copier(), inst.Export("third"), inst.Export("second"), inst.Export("first"))
	r.must(further, "copy", 2*page, 0, page)
}

// checkTypes checks the imports and exports of relayModule, and their order.
func checkTypes(t *testing.T, mod engine.Module) {
	var imports, exports []string
	for _, x := range mod.Imports() {
		imports = append(imports, fmt.Sprint(x.Name, " ", x.Type.Kind, " ", x.Type.Limits))
	}
	for _, x := range mod.Exports() {
		exports = append(exports, fmt.Sprint(x.Name, " ", x.Type.Kind, " ", x.Type.Limits))
	}
	if got, want := fmt.Sprintf("%q", imports), `["f func 0" "0 memory 1" "g global 0" "1 memory 1 2"]`; got != want {
		t.Errorf("imports are %s, want %s", got, want)
	}
	if got, want := fmt.Sprintf("%q", exports), `["first memory 1" "run func 0" "second memory 1 2" "third memory 3" "0 func 0"]`; got != want {
		t.Errorf("exports are %s, want %s", got, want)
	}
}

// refuseMemories links what does not fit.
func refuseMemories(t *testing.T, s engine.Store, mod engine.Module, externs []engine.Extern) {
	for i := range externs {
		other := slices.Clone(externs)
		other[i] = externs[(i+1)%4]
		_, err := s.Instantiate(mod, other)
		if link, ok := errors.AsType[*engine.LinkError](err); !ok || link.Index != i {
			t.Errorf("import %d replaced: error = %v, want a *LinkError of it", i, err)
		}
	}
	_, err := s.Instantiate(mod, externs[:3])
	if link, ok := errors.AsType[*engine.LinkError](err); !ok || link.Index != -1 {
		t.Errorf("three imports: error = %v, want a *LinkError", err)
	}
}

// testLimitMemories: all memories count.
func testLimitMemories(t *testing.T, r rig) {
	s := r.store(engine.StoreConfig{MaxMemoryBytes: 5 * page})
	mod := r.compile(bulkModule(w.Limits{Min: 2}))
	inst, err := s.Instantiate(mod, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.must(inst, "grow1", 2); got != 1<<32-1 {
		t.Errorf("grow1(2) beyond the limit = %d", got)
	}
	if got := r.must(inst, "grow1", 1); got != 2 || s.Stats().MemoryBytes != 5*page {
		t.Errorf("grow1(1) = %d, %d bytes in use", got, s.Stats().MemoryBytes)
	}
	if got := r.must(inst, "grow0", 1); got != 1<<32-1 {
		t.Errorf("grow0(1) beyond the limit = %d", got)
	}
	small := r.store(engine.StoreConfig{MaxMemoryBytes: 3 * page})
	_, err = small.Instantiate(mod, nil)
	if limit, ok := errors.AsType[*engine.LimitError](err); !ok || limit.Limit != "MaxMemoryBytes" || limit.Want != 4*page {
		t.Errorf("Instantiate error = %v, want a *LimitError of 4 pages", err)
	}
	if got := small.Stats(); got.MemoryBytes != 0 || got.Instances != 0 {
		t.Errorf("after a module was refused: %+v", got)
	}
}
