//go:build wasmtime

package wasmtime

import (
	"errors"
	"fmt"
	"strconv"

	wt "github.com/bytecodealliance/wasmtime-go/v39"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/meter"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// instance is an instance of a module.
type instance struct {
	store   *store
	module  *module
	wt      *wt.Instance
	imports [engine.KindTag + 1][]engine.Extern // by kind
	made    map[externKey]engine.Extern
}

type externKey struct {
	kind  engine.ExternKind
	index uint32
}

var _ engine.Instance = (*instance)(nil)

// Instantiate implements engine.Store.
func (s *store) Instantiate(em engine.Module, imports []engine.Extern) (engine.Instance, error) {
	h, ok := em.(*handle)
	if !ok || h.engine != s.engine {
		return nil, errors.New("instantiate: module of another engine")
	}
	if err := s.enter(nil, 0); err != nil {
		return nil, err
	}
	if h.isClosed() {
		return nil, fmt.Errorf("module: %w", engine.ErrClosed)
	}
	externs, err := s.linkAll(h.rw, imports)
	if err != nil {
		return nil, err
	}
	if err := s.Admit(h.rw, s.memoryBytes()); err != nil {
		return nil, err
	}
	inst := &instance{store: s, module: h.module, made: map[externKey]engine.Extern{}}
	for _, x := range imports {
		inst.imports[x.ExternKind()] = append(inst.imports[x.ExternKind()], x)
	}
	s.depth++
	inst.wt, err = wt.NewInstance(s.ctx(), h.code, append(externs, s.host))
	s.depth--
	if err != nil {
		return nil, s.trap(err)
	}
	if err := inst.register(); err != nil {
		return nil, err
	}
	return inst, nil
}

// register counts the instance's memories and fuel, and then calls its start
// function.
func (i *instance) register() error {
	s, rw := i.store, i.module.rw
	for _, name := range rw.MemoryExports {
		s.memories = append(s.memories, i.get(name).Memory())
	}
	fuel := engine.ExternType{Kind: engine.KindGlobal, Val: engine.I32, Mutable: true}
	s.Add(gauge{&global{store: s, t: fuel, wt: i.get(rw.FuelExport).Global()}})
	if rw.StartExport == "" {
		return nil
	}
	return s.newFunction(engine.FuncType{}, i.get(rw.StartExport).Func()).Call(nil)
}

// get returns an export that exists.
func (i *instance) get(name string) *wt.Extern { return i.wt.GetExport(i.store.ctx(), name) }

// Export implements engine.Instance.
func (i *instance) Export(name string) engine.Extern {
	n, ok := i.module.byName[name]
	if !ok || i.store.closed {
		return nil
	}
	x := i.module.rw.Exports[n]
	kind := x.Type.Kind
	if own := i.imports[kind]; int(x.Index) < len(own) {
		return own[x.Index]
	}
	key := externKey{kind, x.Index}
	if e := i.made[key]; e != nil {
		return e
	}
	e := i.extern(x)
	if e != nil {
		i.made[key] = e
	}
	return e
}

// extern makes the extern of an export that the instance defines.
func (i *instance) extern(x rewrite.Export) engine.Extern {
	s, e := i.store, i.get(x.Name)
	defer e.Close()
	switch x.Type.Kind {
	case engine.KindFunc:
		return s.newFunction(x.Type.Func, e.Func())
	case engine.KindTable:
		return &table{store: s, t: x.Type, wt: e.Table()}
	case engine.KindMemory:
		return &memory{store: s, limits: x.Type.Limits, wt: e.Memory()}
	case engine.KindGlobal:
		return &global{store: s, t: x.Type, wt: e.Global()}
	}
	return nil
}

// ext is an extern of some store of this package.
type ext interface {
	engine.Extern
	// link returns the extern's type now, what wasmtime knows it by, and its store.
	link() (engine.ExternType, wt.AsExtern, *store, error)
}

func (f *hostFunc) link() (engine.ExternType, wt.AsExtern, *store, error) {
	t := engine.ExternType{Kind: engine.KindFunc, Func: f.t}
	if f.wt == nil {
		ft, err := f.store.engine.funcType(f.t)
		if err != nil {
			return t, nil, f.store, err
		}
		f.wt = wt.NewFunc(f.store.ctx(), ft, f.called)
	}
	return t, f.wt, f.store, nil
}

func (f *function) link() (engine.ExternType, wt.AsExtern, *store, error) {
	return engine.ExternType{Kind: engine.KindFunc, Func: f.t}, f.wt, f.store, nil
}

func (m *memory) link() (engine.ExternType, wt.AsExtern, *store, error) {
	limits := m.limits
	limits.Min = uint64(m.wt.DataSize(m.store.ctx())) / meter.PageSize
	return engine.ExternType{Kind: engine.KindMemory, Limits: limits}, m.wt, m.store, nil
}

func (t *table) link() (engine.ExternType, wt.AsExtern, *store, error) {
	now := t.t
	now.Limits.Min = uint64(t.Len())
	return now, t.wt, t.store, nil
}

func (g *global) link() (engine.ExternType, wt.AsExtern, *store, error) {
	return g.t, g.wt, g.store, nil
}

// linkAll checks the imports against the module.
func (s *store) linkAll(m *rewrite.Module, imports []engine.Extern) ([]wt.AsExtern, error) {
	if len(imports) != len(m.Imports) {
		return nil, &engine.LinkError{Index: -1, Want: strconv.Itoa(len(m.Imports)), Got: strconv.Itoa(len(imports))}
	}
	externs := make([]wt.AsExtern, len(imports), len(imports)+1)
	for i, w := range m.Imports {
		x, problem := s.linkOne(w.Type, imports[i])
		if problem != "" {
			return nil, &engine.LinkError{Index: i, Import: w.Module + "." + w.Name, Want: w.Type.String(), Got: problem}
		}
		externs[i] = x
	}
	return externs, nil
}

// linkOne returns what wasmtime knows x by, or what it is that does not fit.
func (s *store) linkOne(want engine.ExternType, x engine.Extern) (wt.AsExtern, string) {
	e, ok := x.(ext)
	switch {
	case x == nil:
		return nil, "nothing"
	case !ok:
		return nil, x.ExternKind().String() + " of another engine"
	case x.ExternKind() != want.Kind:
		return nil, x.ExternKind().String()
	case storeOf(x) != s:
		return nil, x.ExternKind().String() + " of another store"
	}
	got, extern, _, err := e.link()
	switch {
	case err != nil:
		return nil, err.Error()
	case rewrite.Fits(want, got):
		return extern, ""
	}
	return nil, got.String()
}

// storeOf returns the store of an extern of this package: reading the size of one
// of another store, closed perhaps, would be undefined.
func storeOf(x engine.Extern) *store {
	switch x := x.(type) {
	case *hostFunc:
		return x.store
	case *function:
		return x.store
	case *memory:
		return x.store
	case *table:
		return x.store
	case *global:
		return x.store
	}
	return nil
}
