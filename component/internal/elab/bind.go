package elab

import (
	"errors"
	"fmt"
	"slices"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/coretype"
	"github.com/berth-cli/berth/component/internal/types"
)

// binder says what is to have an extern type: a given entity, which must match it and
// is then seen through it; or, by default, something made up.
type binder struct {
	given  entity
	opaque bool     // given: a (sub resource) hides which resource type it is
	origin []string // made up: the names that lead to an import of the root that runs
}

// item is the binder for an export of what b is for.
func (b binder) item(name string) (binder, error) {
	if b.given == nil {
		if b.origin != nil {
			b.origin = append(slices.Clip(b.origin), name)
		}
		return b, nil
	}
	ent, ok := b.given.(*instanceDef).get(name)
	if !ok {
		return b, errors.New("missing: an export of this name is expected")
	}
	return binder{given: ent, opaque: b.opaque}, nil
}

// bind is the entity of type x that b says.
func (s *scope) bind(x binary.ExternType, b binder) (entity, error) {
	if b.given != nil && b.given.sort() != x.Sort {
		return nil, fmt.Errorf("expected %s, found %s", x.Sort, b.given.sort())
	}
	switch x.Sort {
	case binary.SortFunc:
		return s.bindFunc(x.Index, b)
	case binary.SortType:
		if !x.Eq {
			return s.bindResource(b)
		}
		return s.bindType(x.Index, b)
	case binary.SortInstance:
		t, err := s.typeOf(instanceType, x.Index)
		if err != nil {
			return nil, err
		}
		return s.e.bindInstance(t, b)
	case binary.SortComponent:
		return s.bindComponent(x.Index, b)
	case binary.SortCoreModule:
		return s.bindModule(x.Index, b)
	}
	return nil, &UnsupportedError{Feature: "values"}
}

func (s *scope) bindFunc(i uint32, b binder) (entity, error) {
	t, err := s.typeOf(functionType, i)
	if err != nil {
		return nil, err
	}
	if b.given == nil {
		slot, err := s.e.importFunc(t.ft, b.origin)
		return &funcDef{ft: t.ft, slot: slot}, err
	}
	got := b.given.(*funcDef)
	if err := matchFunc(got.ft.typ, t.ft.typ); err != nil {
		return nil, err
	}
	return &funcDef{ft: t.ft, slot: got.slot}, nil
}

// bindResource binds (sub resource).
func (s *scope) bindResource(b binder) (entity, error) {
	if b.given == nil {
		r := &types.Resource{Imported: true}
		s.e.importResource(r, b.origin)
		return &typeDef{kind: resourceType, res: r}, nil
	}
	got := b.given.(*typeDef)
	if got.kind != resourceType {
		return nil, fmt.Errorf("expected %s, found %s", resourceType, got.kind)
	}
	if !b.opaque {
		return got, nil
	}
	r := &types.Resource{Name: got.res.Name}
	s.e.hidden[r] = got.res
	return &typeDef{kind: resourceType, res: r}, nil
}

// bindType binds (eq i). A given type keeps its node, so that what is built
// from it in here is, outside, built from the argument.
func (s *scope) bindType(i uint32, b binder) (entity, error) {
	want, err := lookup(s.types, binary.SortType, i)
	if err != nil {
		return nil, err
	}
	if b.given == nil {
		return want.renamed(), nil
	}
	got := b.given.(*typeDef)
	return got, s.e.equalTypes(got, want)
}

func (e *elaborator) bindInstance(t *typeDef, b binder) (entity, error) {
	run, err := e.runClosure(t, closureRun{exports: b})
	if err != nil {
		return nil, err
	}
	return e.newInstance(run.exports)
}

func (s *scope) bindComponent(i uint32, b binder) (entity, error) {
	t, err := s.typeOf(componentType, i)
	if err != nil {
		return nil, err
	}
	if b.given == nil {
		if b.origin != nil {
			return nil, &UnsupportedError{Feature: "importing a component"}
		}
		return &componentDef{typ: t}, nil
	}
	got := b.given.(*componentDef)
	if err := s.e.matchComponent(got, t); err != nil {
		return nil, err
	}
	return &componentDef{body: got.body, env: got.env, path: got.path, typ: t}, nil
}

func (s *scope) bindModule(i uint32, b binder) (entity, error) {
	t, err := lookup(s.coreTypes, binary.SortCoreType, i)
	if err != nil {
		return nil, err
	}
	if t.module == nil {
		return nil, fmt.Errorf("core type index %d is not a module type", i)
	}
	if b.given == nil {
		if b.origin != nil {
			return nil, &UnsupportedError{Feature: "importing a core module"}
		}
		return &moduleDef{typ: t.module}, nil
	}
	got := b.given.(*moduleDef)
	if err := s.e.spend(moduleSize(got.typ) + moduleSize(t.module)); err != nil {
		return nil, err
	}
	if err := coretype.MatchModule(got.typ, t.module); err != nil {
		return nil, err
	}
	return &moduleDef{typ: t.module, code: got.code}, nil
}

func moduleSize(m *coretype.Module) int { return len(m.Imports) + len(m.Exports) }
