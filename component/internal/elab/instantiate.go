package elab

import (
	"fmt"

	"github.com/berth-cli/berth/component/internal/binary"
)

// site says what an instantiation is for. The zero value is one that only
// validation makes.
type site struct {
	emit   bool
	parent int // with emit: the component instance that instantiates
	name   string
}

// defineInstance instantiates a component, or makes an instance from parts.
func (s *scope) defineInstance(d *binary.Instance) error {
	inst, err := s.newInstance(d)
	if err != nil {
		return err
	}
	s.add(inst)
	return nil
}

func (s *scope) newInstance(d *binary.Instance) (*instanceDef, error) {
	if d.Inline {
		return s.inlineInstance(d.Exports)
	}
	c, err := lookup(s.components, binary.SortComponent, d.Component)
	if err != nil {
		return nil, err
	}
	args, err := s.arguments(d.Args)
	if err != nil {
		return nil, err
	}
	at := site{emit: s.emit, parent: s.inst}
	if s.emit {
		at.name = join(s.e.p.Instances[s.inst].Name, fmt.Sprintf("instance %d", len(s.instances)))
	}
	inst, err := s.e.instantiate(c, args, at)
	if err != nil {
		return nil, fmt.Errorf("instantiate component %d: %w", d.Component, err)
	}
	return inst, nil
}

// arguments finds arguments by name. There may be more than a component imports.
func (s *scope) arguments(args []binary.Arg) (func(string) (entity, bool), error) {
	if err := s.e.spend(len(args)); err != nil {
		return nil, err
	}
	m := make(map[string]entity, len(args))
	for _, a := range args {
		ent, err := s.entity(a.Sort, a.Index)
		if err != nil {
			return nil, fmt.Errorf("argument %q: %w", clip(a.Name), err)
		}
		if m[a.Name] != nil {
			return nil, fmt.Errorf("there are two arguments named %q", clip(a.Name))
		}
		m[a.Name] = ent
	}
	return func(name string) (entity, bool) { e, ok := m[name]; return e, ok }, nil
}

// inlineInstance is an instance made from parts. Types keep their nodes: putting
// them together gives them no name that is visible from outside.
func (s *scope) inlineInstance(exports []binary.InlineExport) (*instanceDef, error) {
	if err := s.e.spend(len(exports)); err != nil {
		return nil, err
	}
	var names nameSet
	items := make([]item, 0, len(exports))
	for _, x := range exports {
		ent, err := s.entity(x.Sort, x.Index)
		if err == nil && s.check {
			err = names.addPart(x.Name, ent)
		}
		if err != nil {
			return nil, fmt.Errorf("export %q: %w", clip(x.Name.Name), err)
		}
		items = append(items, item{x.Name, ent})
	}
	return s.e.newInstance(items)
}

// instantiate is the instance that c makes of the arguments. Seen through a
// component type, c takes what the type imports, its body takes that as its
// own imports see it, and what comes out has only the exports of the type.
func (e *elaborator) instantiate(c *componentDef, args func(string) (entity, bool), at site) (*instanceDef, error) {
	if c.typ == nil {
		return e.instantiateBody(c, args, at)
	}
	made, err := e.runClosure(c.typ, closureRun{imports: args})
	if err != nil {
		return nil, err
	}
	if c.body == nil {
		return e.newInstance(made.exports)
	}
	args = byName(made.imports)
	inst, err := e.instantiateBody(c, args, at)
	if err != nil {
		return nil, err
	}
	seen, err := e.runClosure(c.typ, closureRun{imports: args, exports: binder{given: inst, opaque: true}})
	if err != nil {
		return nil, err
	}
	return e.newInstance(seen.exports)
}

func (e *elaborator) instantiateBody(c *componentDef, args func(string) (entity, bool), at site) (*instanceDef, error) {
	if err := e.instantiation(); err != nil {
		return nil, err
	}
	if err := e.enter(); err != nil {
		return nil, err
	}
	defer e.leave()
	s := &scope{e: e, kind: componentBody, parent: c.env, path: c.path, emit: at.emit}
	if at.emit {
		if err := e.addInstance(s, at.parent, at.name); err != nil {
			return nil, err
		}
	}
	if err := s.runComponent(c.body, args); err != nil {
		return nil, err
	}
	return e.newInstance(s.exports)
}
