package elab

import (
	"errors"
	"fmt"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/coretype"
)

// defineCoreType adds a module type, or the types of a recursion group.
func (s *scope) defineCoreType(d *binary.CoreType) error {
	if d.Module == nil {
		for _, t := range d.Group {
			s.coreTypes = append(s.coreTypes, coreTypeDef{typ: t})
		}
		return s.e.spend(len(d.Group))
	}
	if err := s.e.spend(len(d.Module.Decls)); err != nil {
		return err
	}
	m, err := d.Module.Resolve(s.outerCoreType)
	if err != nil {
		return err
	}
	s.coreTypes = append(s.coreTypes, coreTypeDef{module: m})
	return nil
}

// outerCoreType is a core type for use inside a module type of this scope.
func (s *scope) outerCoreType(count, index uint32) (coretype.Type, error) {
	from, err := s.outer(count)
	if err != nil {
		return coretype.Type{}, err
	}
	t, err := lookup(from.coreTypes, binary.SortCoreType, index)
	if err != nil {
		return coretype.Type{}, err
	}
	if t.module != nil {
		return coretype.Type{}, errors.New("a module type cannot be used inside a module type")
	}
	return t.typ, nil
}

// defineCoreInstance instantiates a module, or makes a core instance from parts.
func (s *scope) defineCoreInstance(d *binary.CoreInstance) error {
	var inst *coreInstance
	var err error
	if d.Inline {
		inst, err = s.inlineCoreInstance(d.Exports)
	} else {
		inst, err = s.instantiateModule(d)
	}
	if err != nil {
		return err
	}
	s.coreInstances = append(s.coreInstances, inst)
	return nil
}

func (s *scope) inlineCoreInstance(exports []binary.CoreSortIdx) (*coreInstance, error) {
	if err := s.e.spend(len(exports)); err != nil {
		return nil, err
	}
	inst := &coreInstance{slot: noSlot, parts: make(map[string]coreItem, len(exports))}
	for _, x := range exports {
		it, err := s.coreItem(x.Sort, x.Index)
		if err != nil {
			return nil, fmt.Errorf("export %q: %w", clip(x.Name), err)
		}
		if _, dup := inst.parts[x.Name]; dup {
			return nil, fmt.Errorf("export name %q is already defined", clip(x.Name))
		}
		inst.parts[x.Name] = it
	}
	return inst, nil
}

func (s *scope) instantiateModule(d *binary.CoreInstance) (*coreInstance, error) {
	m, err := lookup(s.coreModules, binary.SortCoreModule, d.Module)
	if err != nil {
		return nil, err
	}
	args, err := s.coreArguments(d.Args)
	if err != nil {
		return nil, err
	}
	for _, i := range m.typ.Imports {
		if _, err := s.coreImport(i, args); err != nil {
			return nil, err
		}
	}
	inst := &coreInstance{module: m, slot: noSlot}
	if s.emit {
		inst.slot, err = s.emitInstantiate(m, args)
	}
	return inst, err
}

func (s *scope) coreArguments(args []binary.CoreArg) (map[string]*coreInstance, error) {
	if err := s.e.spend(len(args)); err != nil {
		return nil, err
	}
	m := make(map[string]*coreInstance, len(args))
	for _, a := range args {
		inst, err := lookup(s.coreInstances, binary.SortCoreInstance, a.Instance)
		if err != nil {
			return nil, fmt.Errorf("argument %q: %w", clip(a.Name), err)
		}
		if m[a.Name] != nil {
			return nil, fmt.Errorf("there are two arguments named %q", clip(a.Name))
		}
		m[a.Name] = inst
	}
	return m, nil
}

// coreImport finds what an import of a module gets, and checks its type.
func (s *scope) coreImport(i coretype.Import, args map[string]*coreInstance) (CoreSource, error) {
	if err := s.e.spend(1); err != nil {
		return CoreSource{}, err
	}
	inst := args[i.Module]
	if inst == nil {
		return CoreSource{}, fmt.Errorf("missing argument %q for the imports of the module", clip(i.Module))
	}
	it, ok, err := inst.export(s.e, i.Name)
	if err != nil {
		return CoreSource{}, err
	}
	if !ok {
		return CoreSource{}, fmt.Errorf("argument %q does not export an item named %q", clip(i.Module), clip(i.Name))
	}
	if err := coretype.Match(it.typ, i.Type); err != nil {
		return CoreSource{}, fmt.Errorf("import %q %q of the module: %w", clip(i.Module), clip(i.Name), err)
	}
	return it.src, nil
}

// emitInstantiate emits the step that instantiates the module behind m. It
// imports no more than m does, so its arguments are known to fit.
func (s *scope) emitInstantiate(m *moduleDef, args map[string]*coreInstance) (int, error) {
	e := s.e
	if e.p.CoreInstances >= e.limits.MaxCoreInstances {
		return 0, overLimit(CoreInstances, e.limits.MaxCoreInstances)
	}
	imports := m.code.self.typ.Imports
	st := &Instantiate{Module: e.addModule(m.code), Args: make([]CoreSource, len(imports)), To: e.p.CoreInstances, Instance: s.inst}
	for n, i := range imports {
		src, err := s.coreImport(i, args)
		if err != nil {
			return 0, err
		}
		st.Args[n] = src
	}
	e.p.CoreInstances++
	s.step(st)
	return st.To, nil
}
