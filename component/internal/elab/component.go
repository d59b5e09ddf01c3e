package elab

import (
	"errors"
	"fmt"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/coretype"
)

// runComponent evaluates the definitions of c in order. args is nil where the
// imports are to be made up.
func (s *scope) runComponent(c *binary.Component, args func(string) (entity, bool)) error {
	s.args = args
	for _, d := range c.Defs {
		err := s.e.spend(1)
		if err == nil {
			err = s.define(d)
		}
		if err != nil {
			return s.at(d, err)
		}
	}
	return nil
}

func (s *scope) define(d binary.Definition) error {
	switch d := d.(type) {
	case *binary.CoreModule:
		return s.defineModule(d)
	case *binary.CoreInstance:
		return s.defineCoreInstance(d)
	case *binary.CoreType:
		return s.defineCoreType(d)
	case *binary.Nested:
		return s.defineNested(d)
	case *binary.Instance:
		return s.defineInstance(d)
	case *binary.CoreExportAlias:
		return s.aliasCoreExport(d)
	case *binary.ExportAlias:
		return s.aliasExport(d)
	case *binary.OuterAlias:
		return s.aliasOuter(d)
	case *binary.Type:
		return s.defineType(d)
	case *binary.Import:
		return s.defineImport(d)
	case *binary.Export:
		return s.defineExport(d)
	}
	return s.defineCanon(d)
}

// defineModule reads the module's imports and exports; the engine validates the rest.
func (s *scope) defineModule(d *binary.CoreModule) error {
	m := s.e.modules[d]
	if m == nil {
		typ, err := coretype.Parse(d.Bytes, coretype.Options{Base: d.Offset})
		if err != nil {
			return err
		}
		m = &coreModule{def: d, slot: noSlot}
		m.self = &moduleDef{typ: typ, code: m}
		s.e.modules[d] = m
	}
	s.add(m.self)
	return nil
}

// defineNested validates the component, unless that is done, and closes it over
// the scope.
func (s *scope) defineNested(d *binary.Nested) error {
	c := &componentDef{body: d.Component, env: s, path: join(s.path, fmt.Sprintf("component %d", len(s.components)))}
	if s.check {
		if err := s.e.checkComponent(c); err != nil {
			return err
		}
	}
	s.add(c)
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + " > " + name
}

// checkComponent evaluates the body with made-up imports.
func (e *elaborator) checkComponent(c *componentDef) error {
	s := &scope{e: e, kind: componentBody, parent: c.env, path: c.path, check: true, names: newNameSets(e)}
	return s.runComponent(c.body, nil)
}

// defineImport takes the argument for the import, or makes one up.
func (s *scope) defineImport(d *binary.Import) error {
	ent, err := s.importEntity(d)
	if err != nil {
		return err
	}
	if s.check {
		if err := s.checkImport(d.Name, ent); err != nil {
			return err
		}
	}
	nameResource(ent, d.Name.Name)
	s.add(ent)
	if s.kind == componentTypeDecls {
		s.imports = append(s.imports, item{d.Name, ent})
	}
	return nil
}

func (s *scope) importEntity(d *binary.Import) (entity, error) {
	if s.args != nil {
		arg, ok := s.args(d.Name.Name)
		if !ok {
			return nil, errors.New("missing: there is no argument of this name")
		}
		return s.bind(d.Type, binder{given: arg})
	}
	if s.emit {
		return s.importRoot(d)
	}
	return s.bind(d.Type, binder{})
}

// defineExport exports an entity, through the ascribed type if there is one.
func (s *scope) defineExport(d *binary.Export) error {
	ent, err := s.entity(d.Sort, d.Index)
	if err != nil {
		return err
	}
	if d.Type != nil {
		if ent, err = s.bind(*d.Type, binder{given: ent, opaque: true}); err != nil {
			return fmt.Errorf("the type given to the export does not fit: %w", err)
		}
	}
	nameResource(ent, d.Name.Name)
	switch x := ent.(type) {
	case *typeDef:
		ent = x.renamed()
	case *funcDef:
		s.e.nameFunc(x, d.Name.Name)
	}
	if s.check {
		if err := s.checkExport(d.Name, ent); err != nil {
			return err
		}
	}
	s.add(ent)
	s.exports = append(s.exports, item{d.Name, ent})
	return nil
}
