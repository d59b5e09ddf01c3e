package elab

import (
	"slices"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/types"
)

// addInstance makes s a component instance of the program.
func (e *elaborator) addInstance(s *scope, parent int, name string) error {
	if len(e.p.Instances) >= e.limits.MaxInstances {
		return overLimit(Instances, e.limits.MaxInstances)
	}
	s.inst = len(e.p.Instances)
	e.p.Instances = append(e.p.Instances, Instance{Parent: parent, Name: name})
	return nil
}

// addModule is the module's index in the program.
func (e *elaborator) addModule(m *coreModule) int {
	if m.slot == noSlot {
		m.slot = len(e.p.Modules)
		e.p.Modules = append(e.p.Modules, Module{Bytes: m.def.Bytes, Type: m.self.typ, Offset: m.def.Offset})
	}
	return m.slot
}

// actualResource is the resource type behind all ascriptions.
func (e *elaborator) actualResource(r *types.Resource) *types.Resource {
	for {
		next, ok := e.hidden[r]
		if !ok {
			return r
		}
		r = next
	}
}

// runtimeFunc is a function type with no resource type hidden.
func (e *elaborator) runtimeFunc(f *types.Func) (*types.Func, error) {
	if len(e.hidden) == 0 {
		return f, nil
	}
	return e.actual.Func(f)
}

// importRoot makes up an import that the host is to satisfy.
func (s *scope) importRoot(d *binary.Import) (entity, error) {
	ent, err := s.bind(d.Type, binder{origin: []string{d.Name.Name}})
	if err != nil {
		return nil, err
	}
	x, err := s.e.extern(item{d.Name, ent})
	if err != nil {
		return nil, err
	}
	s.e.p.Imports = append(s.e.p.Imports, x)
	return ent, nil
}

// importFunc adds a function the host is to give to the program.
func (e *elaborator) importFunc(ft *funcType, path []string) (int, error) {
	if path == nil {
		return noSlot, nil
	}
	if ft.typ.Async {
		return noSlot, &UnsupportedError{Feature: "async functions"}
	}
	return e.addFunc(Func{Type: ft.typ, Import: &ImportedFunc{Path: slices.Clone(path)}}), nil
}

func (e *elaborator) addFunc(f Func) int {
	e.p.Funcs = append(e.p.Funcs, f)
	return len(e.p.Funcs) - 1
}

// importResource adds a resource type the host is to give to the program.
func (e *elaborator) importResource(r *types.Resource, path []string) {
	if path == nil {
		return
	}
	e.p.Resources = append(e.p.Resources, Resource{Type: r, Path: slices.Clone(path)})
}

// nameFunc gives a lifted function the first name it is exported under.
func (e *elaborator) nameFunc(f *funcDef, name string) {
	if f.slot == noSlot {
		return
	}
	if l := e.p.Funcs[f.slot].Lifted; l != nil && l.Name == "" {
		l.Name = name
	}
}

// nameResource gives a resource type the first name it is imported or exported
// under.
func nameResource(ent entity, name string) {
	if t, ok := ent.(*typeDef); ok && t.kind == resourceType && t.res.Name == "" {
		t.res.Name = name
	}
}

// exportTree fills Program.Exports.
func (e *elaborator) exportTree(items []item) error {
	for _, it := range items {
		x, err := e.extern(it)
		if err != nil {
			return err
		}
		e.p.Exports = append(e.p.Exports, x)
	}
	return nil
}

// extern describes an import or export of the root.
func (e *elaborator) extern(it item) (Extern, error) {
	x := Extern{Name: it.name.Name}
	x.Implements, _ = it.name.Attr(binary.Implements)
	x.ExternalID, _ = it.name.Attr(binary.ExternalID)
	err := e.spend(1)
	if err != nil {
		return x, err
	}
	switch ent := it.ent.(type) {
	case *funcDef:
		x.Kind, x.Func = ExternFunc, ent.slot
		x.FuncType, err = e.runtimeFunc(ent.ft.typ)
	case *instanceDef:
		x.Kind = ExternInstance
		x.Items, err = e.externs(ent.items)
	case *typeDef:
		err = e.externType(&x, ent)
	case *componentDef:
		x.Kind = ExternComponent
	case *moduleDef:
		x.Kind = ExternModule
	}
	return x, err
}

func (e *elaborator) externs(items []item) ([]Extern, error) {
	var xs []Extern
	for _, it := range items {
		x, err := e.extern(it)
		if err != nil {
			return nil, err
		}
		xs = append(xs, x)
	}
	return xs, nil
}

func (e *elaborator) externType(x *Extern, t *typeDef) (err error) {
	switch t.kind {
	case valueType:
		x.Kind = ExternType
		x.Type, err = e.actual.Type(t.val)
	case resourceType:
		x.Kind, x.Resource = ExternResource, e.actualResource(t.res)
	case functionType:
		x.Kind = ExternFuncType
		x.FuncType, err = e.runtimeFunc(t.ft.typ)
	default:
		x.Kind = ExternOtherType
	}
	return err
}
