package wazero

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// instance is an instance of a module.
type instance struct {
	store   *store
	module  *module
	mod     api.Module
	imports [engine.KindTag + 1][]engine.Extern // by kind
	linear  *linear                             // of the memory it defines
	made    map[externKey]engine.Extern
}

type externKey struct {
	kind  engine.ExternKind
	index uint32
}

var _ engine.Instance = (*instance)(nil)

// Instantiate implements engine.Store.
func (s *store) Instantiate(em engine.Module, imports []engine.Extern) (engine.Instance, error) {
	if m, ok := em.(*splitModule); ok && m.engine == s.engine {
		return s.instantiateSplit(m, imports)
	}
	h, ok := em.(*handle)
	if !ok || h.engine != s.engine {
		return nil, errors.New("instantiate: module of another engine")
	}
	if s.closed {
		return nil, fmt.Errorf("store: %w", engine.ErrClosed)
	}
	if err := s.enter(nil, 0); err != nil {
		return nil, err
	}
	m := h.module
	if m.isClosed() {
		return nil, fmt.Errorf("module: %w", engine.ErrClosed)
	}
	sources, relay, err := s.linkAll(m, imports)
	if err != nil {
		return nil, err
	}
	if err := s.Admit(m.rw, s.memory.used); err != nil {
		return nil, err
	}
	inst := &instance{store: s, module: m, made: map[externKey]engine.Extern{}}
	for _, x := range imports {
		inst.imports[x.ExternKind()] = append(inst.imports[x.ExternKind()], x)
	}
	if err := inst.checkElements(); err != nil {
		return nil, err
	}
	if err := inst.make(sources, relay); err != nil {
		return nil, err
	}
	if err := inst.start(); err != nil {
		return nil, err
	}
	return inst, nil
}

// checkElements traps if an active element segment does not fit its table, which
// wazero lets pass.
func (i *instance) checkElements() error {
	rw := i.module.rw
	offsets := rw.Offsets(func(g int) uint64 { return i.imports[engine.KindGlobal][g].(*global).Get() })
	for n, seg := range rw.Active {
		var size uint64
		if int(seg.Table) < rw.ImportedTables {
			size = uint64(i.imports[engine.KindTable][seg.Table].(*table).Len())
		} else {
			size = rw.Tables[seg.Table].Limits.Min
		}
		if uint64(offsets[n])+uint64(seg.Len) > size {
			return &engine.Trap{Code: engine.TrapTableOutOfBounds, Message: "element segment " + strconv.Itoa(n)}
		}
	}
	return nil
}

// make instantiates the module.
func (i *instance) make(sources []source, relay []rewrite.RelayImport) error {
	s, rw := i.store, i.module.rw
	gather, err := s.gather(i.module, sources, relay)
	if err != nil {
		return err
	}
	i.mod, err = s.instantiate(i.module.code, func(name string) api.Module {
		if name == rewrite.HostModule {
			return s.engine.host
		}
		return gather
	})
	if err != nil {
		return instantiateError(err)
	}
	if len(rw.Memories) > rw.ImportedMemories {
		i.linear = s.memory.all[len(s.memory.all)-1]
	}
	s.modules = append(s.modules, i.mod)
	s.Add(i.mod.ExportedGlobal(rw.FuelExport).(api.MutableGlobal))
	return nil
}

// start calls the start function. The instance stays in the store even if that
// traps: others may hold its functions by then, as plain addresses that Go's
// garbage collector does not see.
func (i *instance) start() error {
	name := i.module.rw.StartExport
	if name == "" {
		return nil
	}
	return i.store.newFunction(engine.FuncType{}, func() (api.Function, error) {
		return i.mod.ExportedFunction(name), nil
	}).Call(nil)
}

// gather returns an instance that exports the sources by position, nil if there are
// none.
func (s *store) gather(m *module, sources []source, relay []rewrite.RelayImport) (api.Module, error) {
	if len(sources) == 0 {
		return nil, nil
	}
	code, once, err := m.relay(relay)
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	if once {
		defer code.Close(s.ctx)
	}
	mod, err := s.instantiate(code, func(name string) api.Module {
		n, err := strconv.Atoi(name)
		if err != nil || n >= len(sources) {
			return nil
		}
		return sources[n].mod
	})
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	s.modules = append(s.modules, mod)
	return mod, nil
}

// instantiateError makes an error of wazero's: a trap if a data segment does not
// fit.
func instantiateError(err error) error {
	if text := err.Error(); strings.HasPrefix(text, "data[") && strings.HasSuffix(text, "out of bounds memory access") {
		return &engine.Trap{Code: engine.TrapMemoryOutOfBounds, Message: "data segment"}
	}
	return fmt.Errorf("instantiate: %w", err)
}

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
	src := source{i.mod, x.Name}
	switch x.Type.Kind {
	case engine.KindFunc:
		f := i.store.newFunction(x.Type.Func, func() (api.Function, error) { return i.mod.ExportedFunction(x.Name), nil })
		f.source = src
		return f
	case engine.KindTable:
		return &table{source: src, store: i.store, t: x.Type}
	case engine.KindMemory:
		return &memory{source: src, store: i.store, linear: i.linear, api: i.mod.ExportedMemory(x.Name), limits: x.Type.Limits}
	case engine.KindGlobal:
		return &global{source: src, store: i.store, t: x.Type, api: i.mod.ExportedGlobal(x.Name)}
	case engine.KindTag:
		return &tag{source: src, store: i.store, t: x.Type.Func}
	}
	return nil
}

// instantiate instantiates code with the modules that resolve names, in this store.
func (s *store) instantiate(code wazero.CompiledModule, resolve experimental.ImportResolver) (mod api.Module, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("instantiation panicked: %.200v", v)
		}
	}()
	values := experimental.WithImportResolver(context.Background(), resolve)
	values = experimental.WithMemoryAllocator(values, &s.memory)
	return s.engine.runtime.InstantiateModule(&runContext{store: s, values: values}, code, s.engine.anon)
}
