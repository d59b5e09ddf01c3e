package elab

import (
	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/coretype"
	"github.com/berth-cli/berth/component/internal/types"
)

// entity is what component-level index spaces and instances hold: *funcDef,
// *typeDef, *instanceDef, *componentDef or *moduleDef. Entities are shared and,
// once in an index space, never change.
type entity interface{ sort() binary.Sort }

func (*funcDef) sort() binary.Sort      { return binary.SortFunc }
func (*typeDef) sort() binary.Sort      { return binary.SortType }
func (*instanceDef) sort() binary.Sort  { return binary.SortInstance }
func (*componentDef) sort() binary.Sort { return binary.SortComponent }
func (*moduleDef) sort() binary.Sort    { return binary.SortCoreModule }

// noSlot is the slot of what no step makes, because it only exists for checking.
const noSlot = -1

// funcType is a function type: its structure, and the nodes of its value types
// in order, nil for a primitive type.
type funcType struct {
	typ    *types.Func
	params []*typeDef
	result *typeDef
}

// funcDef is a function. slot is its index in Program.Funcs, or noSlot.
type funcDef struct {
	ft   *funcType
	slot int
}

// typeKind says what a type index stands for.
type typeKind uint8

const (
	valueType typeKind = iota + 1
	resourceType
	functionType
	instanceType
	componentType
)

func (k typeKind) String() string {
	switch k {
	case valueType:
		return "a value type"
	case resourceType:
		return "a resource type"
	case functionType:
		return "a function type"
	case instanceType:
		return "an instance type"
	case componentType:
		return "a component type"
	}
	return "an unknown type"
}

// typeDef is a node: one definition, import or export of a type. The pointer is
// the identity that external visibility is about.
type typeDef struct {
	kind typeKind
	val  *types.Type     // valueType
	refs []*typeDef      // valueType: the nodes directly inside, those of primitives left out
	res  *types.Resource // resourceType
	ft   *funcType       // functionType

	// instanceType and componentType: a closure. free tells that it refers to
	// a resource type of a scope around it.
	decls []binary.Decl
	env   *scope
	free  bool
}

// renamed is a new node for the same type.
func (t *typeDef) renamed() *typeDef {
	c := *t
	return &c
}

// hasFreeResource reports whether a resource type of a scope around it is, or is
// used by, the type.
func (t *typeDef) hasFreeResource() bool {
	switch t.kind {
	case valueType:
		return t.val.HasResource()
	case resourceType:
		return true
	case functionType:
		return t.ft.typ.HasResource()
	}
	return t.free
}

// item is a named export of an instance.
type item struct {
	name binary.ExternName
	ent  entity
}

// instanceDef is an instance: its exports in order.
type instanceDef struct {
	items []item
	index map[string]int // nil if there are few
	depth int            // of instances inside; 1 without any
}

// get is the export called name.
func (i *instanceDef) get(name string) (entity, bool) {
	if i.index != nil {
		n, ok := i.index[name]
		if !ok {
			return nil, false
		}
		return i.items[n].ent, true
	}
	for n := range i.items {
		if i.items[n].name.Name == name {
			return i.items[n].ent, true
		}
	}
	return nil, false
}

// newInstance is an instance with these exports, which may not change any more.
func (e *elaborator) newInstance(items []item) (*instanceDef, error) {
	const few = 8 // up to here a map is slower than looking at all
	i := &instanceDef{items: items, depth: 1}
	if len(items) > few {
		i.index = make(map[string]int, len(items))
	}
	for n, it := range items {
		if i.index != nil {
			i.index[it.name.Name] = n
		}
		if inner, ok := it.ent.(*instanceDef); ok {
			i.depth = max(i.depth, inner.depth+1)
		}
	}
	if i.depth > e.limits.MaxNesting {
		return nil, overLimit(Nesting, e.limits.MaxNesting)
	}
	return i, nil
}

// componentDef is a component. One with a body is a closure over env. One with
// a typ is seen through that component type: it takes its imports and has only its
// exports; without a body, that is all there is.
type componentDef struct {
	body *binary.Component
	env  *scope
	path string
	typ  *typeDef
}

// moduleDef is a core module as far as its users know: typ may import more and
// export less than the module behind it, which is nil for one that is made up.
type moduleDef struct {
	typ   *coretype.Module
	code  *coreModule
	index map[string]int // of exports by name; made at first use
}

// export is the type of an export.
func (m *moduleDef) export(e *elaborator, name string) (coretype.Extern, bool, error) {
	if m.index == nil {
		if err := e.spend(len(m.typ.Exports)); err != nil {
			return coretype.Extern{}, false, err
		}
		m.index = make(map[string]int, len(m.typ.Exports))
		for i, x := range m.typ.Exports {
			m.index[x.Name] = i
		}
	}
	i, ok := m.index[name]
	if !ok {
		return coretype.Extern{}, false, nil
	}
	return m.typ.Exports[i].Type, true, nil
}

// coreModule is an embedded module: parsed once, however often it is used.
type coreModule struct {
	def  *binary.CoreModule
	self *moduleDef // as those see it who see it whole
	slot int        // index in Program.Modules, or noSlot
}

// coreItem is a core function, memory, table, global or tag.
type coreItem struct {
	typ coretype.Extern
	src CoreSource
}

// coreInstance is a core instance: of a module, or made from parts.
type coreInstance struct {
	module *moduleDef
	slot   int // of a module: its core instance slot, or noSlot
	parts  map[string]coreItem
}

// export is the export called name. The error is a *LimitError.
func (i *coreInstance) export(e *elaborator, name string) (coreItem, bool, error) {
	if i.module == nil {
		it, ok := i.parts[name]
		return it, ok, nil
	}
	typ, ok, err := i.module.export(e, name)
	return coreItem{typ, CoreSource{Kind: SourceExport, Index: i.slot, Name: name}}, ok, err
}

// coreTypeDef is an entry of a core type index space: a module type, or any
// other core type.
type coreTypeDef struct {
	module *coretype.Module
	typ    coretype.Type
}
