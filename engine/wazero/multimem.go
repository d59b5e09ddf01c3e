package wazero

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/meter"
	"github.com/berth-cli/berth/engine/internal/multimem"
)

// splitModule is a module with several memories, compiled as several modules with
// one each, see package multimem.
type splitModule struct {
	engine    *Engine
	split     *multimem.Module // without its bytes
	main      engine.Module
	accessors []engine.Module // of the further memories, nil where there is none
	imports   []engine.ImportType
	exports   []engine.ExportType
	memories  map[string]int // the exports of further memories
	names     map[string]bool
	once      sync.Once
}

var _ engine.Module = (*splitModule)(nil)

func (e *Engine) compileSplit(ctx context.Context, wasm []byte) (engine.Module, error) {
	split, err := multimem.Split(wasm)
	if err != nil {
		return nil, err
	}
	m := &splitModule{engine: e, split: split, memories: map[string]int{}, names: map[string]bool{}}
	if m.main, err = e.Compile(ctx, split.Main); err != nil {
		return nil, splitError(err)
	}
	split.Main = nil
	for i := range split.Memories {
		var accessor engine.Module
		if wasm := split.Memories[i].Accessor; wasm != nil {
			if accessor, err = e.Compile(ctx, wasm); err != nil {
				_ = m.Close()
				return nil, splitError(err)
			}
			split.Memories[i].Accessor = nil
		}
		m.accessors = append(m.accessors, accessor)
	}
	m.describe()
	return m, nil
}

// splitError makes an error about a part one about the whole: its offset is not the
// input's.
func splitError(err error) error {
	if ce, ok := err.(*engine.CompileError); ok { //nolint:errorlint // as Compile returned it
		return &engine.CompileError{Offset: -1, Err: fmt.Errorf("with its memories apart: %w", ce.Err)}
	}
	return err
}

// describe finds the imports and exports of the whole.
func (m *splitModule) describe() {
	m.imports = append(m.imports, m.main.Imports()...)
	for _, mem := range m.split.Memories {
		if mem.Import >= 0 { // in order
			m.imports = append(m.imports[:mem.Import], append([]engine.ImportType{mem.Type}, m.imports[mem.Import:]...)...)
		}
	}
	types := map[string]engine.ExternType{}
	for _, x := range m.main.Exports() {
		types[x.Name] = x.Type
	}
	for _, x := range m.split.Exports {
		t := types[x.Name]
		if x.Memory >= 0 {
			t = m.split.Memories[x.Memory].Type.Type
			m.memories[x.Name] = x.Memory
		}
		m.names[x.Name] = true
		m.exports = append(m.exports, engine.ExportType{Name: x.Name, Type: t})
	}
}

// Imports implements engine.Module.
func (m *splitModule) Imports() []engine.ImportType { return m.imports }

// Exports implements engine.Module.
func (m *splitModule) Exports() []engine.ExportType { return m.exports }

// Close implements engine.Module.
func (m *splitModule) Close() error {
	m.once.Do(func() {
		_ = m.main.Close()
		for _, a := range m.accessors {
			if a != nil {
				_ = a.Close()
			}
		}
	})
	return nil
}

// Locate implements engine.Module. It finds no place: what is compiled are parts made
// of the module.
func (m *splitModule) Locate(context.Context, []byte, []engine.Frame) error {
	return errors.New("locate frames: the module has several memories and was taken apart")
}

// splitInstance is an instance of a splitModule.
type splitInstance struct {
	module   *splitModule
	main     engine.Instance
	memories []engine.Extern // the further ones; nil for one that nothing sees
}

var _ engine.Instance = (*splitInstance)(nil)

// instantiateSplit instantiates the main module, then the accessors, and then runs
// what begins. It checks all imports and limits before anything has an effect.
func (s *store) instantiateSplit(m *splitModule, imports []engine.Extern) (engine.Instance, error) {
	own, err := s.checkSplit(m, imports)
	if err != nil {
		return nil, err
	}
	inst := &splitInstance{module: m}
	if inst.main, err = s.Instantiate(m.main, own); err != nil {
		return nil, err
	}
	for i, mem := range m.split.Memories {
		x, err := s.accessor(inst, mem, m.accessors[i], imports)
		if err != nil {
			return nil, err
		}
		inst.memories = append(inst.memories, x)
	}
	if m.split.Start == "" {
		return inst, nil
	}
	if err := inst.main.Export(m.split.Start).(engine.Func).Call(nil); err != nil {
		return nil, err
	}
	return inst, nil
}

// accessor instantiates the accessor of a memory and returns the memory.
func (s *store) accessor(inst *splitInstance, mem multimem.Memory, module engine.Module, imports []engine.Extern) (engine.Extern, error) {
	var memory engine.Extern
	var args []engine.Extern
	if mem.Table != "" {
		args = append(args, inst.main.Export(mem.Table))
	}
	if mem.Import >= 0 {
		memory = imports[mem.Import]
		args = append(args, memory)
	}
	if module == nil {
		return memory, nil
	}
	accessor, err := s.Instantiate(module, args)
	if err != nil {
		return nil, fmt.Errorf("memory of a module with several: %w", err)
	}
	if memory == nil {
		memory = accessor.Export(multimem.MemoryExport)
	}
	return memory, nil
}

// checkSplit checks the imports and the memory limit and returns the imports of the
// main module.
func (s *store) checkSplit(m *splitModule, imports []engine.Extern) ([]engine.Extern, error) {
	if len(imports) != len(m.imports) {
		return nil, &engine.LinkError{Index: -1, Want: strconv.Itoa(len(m.imports)), Got: strconv.Itoa(len(imports))}
	}
	want := s.memory.used + m.split.MinPages*meter.PageSize
	if most := s.Config().MaxMemoryBytes; want > most {
		return nil, &engine.LimitError{Limit: "MaxMemoryBytes", Max: most, Want: want}
	}
	further := map[int]bool{}
	for _, mem := range m.split.Memories {
		further[mem.Import] = true
	}
	var own []engine.Extern
	for i, w := range m.imports {
		if _, err := s.linkOne(w.Type, imports[i]); err != "" {
			return nil, &engine.LinkError{Index: i, Import: w.Module + "." + w.Name, Want: w.Type.String(), Got: err}
		}
		if !further[i] {
			own = append(own, imports[i])
		}
	}
	return own, nil
}

// Export implements engine.Instance.
func (i *splitInstance) Export(name string) engine.Extern {
	if !i.module.names[name] {
		return nil
	}
	x := i.main.Export(name)
	if n, ok := i.module.memories[name]; ok {
		x = i.memories[n]
	}
	return x
}
