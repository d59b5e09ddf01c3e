package elab

import (
	"fmt"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/coretype"
	"github.com/berth-cli/berth/component/internal/types"
)

type scopeKind uint8

const (
	componentBody scopeKind = iota
	componentTypeDecls
	instanceTypeDecls
)

// scope is one evaluation of a component's definitions, or of the declarators of
// a component or instance type: its index spaces so far.
type scope struct {
	e      *elaborator
	kind   scopeKind
	parent *scope // the scope around it in the file
	path   string // for messages

	check bool // names, uniqueness and visibility are checked
	deep  bool // without check: the closures inside are run, too
	emit  bool // steps are emitted
	inst  int  // with emit: index in Program.Instances

	// args gives the argument for an import. Without it, imports are made up.
	args func(name string) (entity, bool)

	core          [5][]coreItem // by coretype.ExternKind
	coreTypes     []coreTypeDef
	coreModules   []*moduleDef
	coreInstances []*coreInstance
	funcs         []*funcDef
	types         []*typeDef
	components    []*componentDef
	instances     []*instanceDef

	imports []item // of component types
	exports []item
	names   *nameSets // with check

	local map[*types.Resource]bool // resource types defined here
	free  bool                     // declarators: a resource type from around is used
}

// add appends ent to the index space of its sort.
func (s *scope) add(ent entity) {
	switch ent := ent.(type) {
	case *funcDef:
		s.funcs = append(s.funcs, ent)
	case *typeDef:
		s.types = append(s.types, ent)
	case *instanceDef:
		s.instances = append(s.instances, ent)
	case *componentDef:
		s.components = append(s.components, ent)
	case *moduleDef:
		s.coreModules = append(s.coreModules, ent)
	}
}

// entity is the entity of a sort that imports, exports and arguments may be of.
func (s *scope) entity(sort binary.Sort, i uint32) (entity, error) {
	switch sort {
	case binary.SortFunc:
		return lookup(s.funcs, sort, i)
	case binary.SortType:
		return lookup(s.types, sort, i)
	case binary.SortInstance:
		return lookup(s.instances, sort, i)
	case binary.SortComponent:
		return lookup(s.components, sort, i)
	case binary.SortCoreModule:
		return lookup(s.coreModules, sort, i)
	case binary.SortValue:
		return nil, &UnsupportedError{Feature: "values"}
	}
	return nil, fmt.Errorf("%s cannot be used here", sort)
}

// lookup is entry i of an index space.
func lookup[T any](space []T, sort binary.Sort, i uint32) (T, error) {
	if int64(i) >= int64(len(space)) {
		var none T
		return none, fmt.Errorf("%s index %d is out of bounds: there are %d", sort, i, len(space))
	}
	return space[i], nil
}

// coreItem is entry i of the space of a core sort: function, table, memory, global or tag.
func (s *scope) coreItem(sort binary.Sort, i uint32) (coreItem, error) {
	if sort > binary.SortCoreTag {
		return coreItem{}, fmt.Errorf("%s cannot be used here", sort)
	}
	return lookup(s.core[coretype.ExternKind(sort)], sort, i)
}

func (s *scope) coreFunc(i uint32) (coreItem, error) { return s.coreItem(binary.SortCoreFunc, i) }

// typeOf is type i, which must be of kind k.
func (s *scope) typeOf(k typeKind, i uint32) (*typeDef, error) {
	t, err := lookup(s.types, binary.SortType, i)
	if err != nil {
		return nil, err
	}
	if t.kind != k {
		return nil, fmt.Errorf("type index %d is %s, not %s", i, t.kind, k)
	}
	return t, nil
}

// addCoreFunc appends a core function that a step makes, and returns its slot.
func (s *scope) addCoreFunc(typ *coretype.Func) int {
	slot := s.newCoreSlot()
	s.core[coretype.ExternFunc] = append(s.core[coretype.ExternFunc], coreItem{
		typ: coretype.Extern{Kind: coretype.ExternFunc, Func: typ},
		src: CoreSource{Kind: SourceFunc, Index: slot},
	})
	return slot
}

// newCoreSlot is a fresh core function slot, or noSlot if no step will fill it.
func (s *scope) newCoreSlot() int {
	if !s.emit {
		return noSlot
	}
	s.e.p.CoreFuncs++
	return s.e.p.CoreFuncs - 1
}

// step emits a step.
func (s *scope) step(st Step) {
	if s.emit {
		s.e.p.Steps = append(s.e.p.Steps, st)
	}
}
