package elab

import (
	"errors"
	"fmt"

	"github.com/berth-cli/berth/component/internal/binary"
)

// aliasCoreExport names an export of a core instance.
func (s *scope) aliasCoreExport(d *binary.CoreExportAlias) error {
	inst, err := lookup(s.coreInstances, binary.SortCoreInstance, d.Instance)
	if err != nil {
		return err
	}
	it, ok, err := inst.export(s.e, d.Name)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("core instance %d has no export named %q", d.Instance, clip(d.Name))
	}
	if binary.Sort(it.typ.Kind) != d.Sort {
		return fmt.Errorf("the export is core %s, not %s", it.typ.Kind, d.Sort)
	}
	s.core[it.typ.Kind] = append(s.core[it.typ.Kind], it)
	return nil
}

// aliasExport names an export of an instance.
func (s *scope) aliasExport(d *binary.ExportAlias) error {
	inst, err := lookup(s.instances, binary.SortInstance, d.Instance)
	if err != nil {
		return err
	}
	ent, ok := inst.get(d.Name)
	if !ok {
		return fmt.Errorf("instance %d has no export named %q", d.Instance, clip(d.Name))
	}
	if ent.sort() != d.Sort {
		return fmt.Errorf("the export is %s, not %s", ent.sort(), d.Sort)
	}
	s.add(ent)
	return nil
}

// aliasOuter names a definition of a scope around this one. Only what never
// changes can be named, since a component is a value and not part of an instance.
//
// Explainer.md, "Alias Definitions".
func (s *scope) aliasOuter(d *binary.OuterAlias) error {
	from, err := s.outer(d.Count)
	if err != nil {
		return err
	}
	switch d.Sort {
	case binary.SortType:
		t, err := lookup(from.types, d.Sort, d.Index)
		if err != nil {
			return err
		}
		if err := s.cross(from, t); err != nil {
			return err
		}
		s.add(t)
	case binary.SortCoreType:
		t, err := lookup(from.coreTypes, d.Sort, d.Index)
		if err != nil {
			return err
		}
		s.coreTypes = append(s.coreTypes, t)
	case binary.SortComponent, binary.SortCoreModule:
		ent, err := from.entity(d.Sort, d.Index)
		if err != nil {
			return err
		}
		s.add(ent)
	default:
		return fmt.Errorf("%s cannot be named from inside: only types, modules and components can", d.Sort)
	}
	return nil
}

// outer is the scope count levels around s.
func (s *scope) outer(count uint32) (*scope, error) {
	from := s
	for range count {
		if from = from.parent; from == nil {
			return nil, fmt.Errorf("invalid outer alias count %d", count)
		}
	}
	return from, nil
}

// cross takes a type from an outer scope into s. A type that refers to a
// resource type may not enter another component, and makes free every component or
// instance type it enters.
func (s *scope) cross(from *scope, t *typeDef) error {
	if s == from {
		return nil
	}
	free, err := s.e.isFree(t)
	if err != nil || !free {
		return err
	}
	for in := s; in != from; in = in.parent {
		if in.kind == componentBody && s.check {
			return errors.New("an outer alias into a component may not refer to a type that transitively refers to resources")
		}
		in.free = true
	}
	return nil
}
