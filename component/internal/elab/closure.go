package elab

import (
	"errors"
	"fmt"

	"github.com/berth-cli/berth/component/internal/binary"
)

// newClosure is an instance or component type. Its declarators are run once,
// made up, to check them.
func (s *scope) newClosure(k typeKind, decls []binary.Decl) (*typeDef, error) {
	t := &typeDef{kind: k, decls: decls, env: s}
	if !s.check && !s.deep {
		return t, nil
	}
	run, err := s.e.runClosure(t, closureRun{check: s.check, deep: s.deep})
	if err != nil {
		return nil, err
	}
	t.free = run.free
	return t, nil
}

// isFree finds out whether a closure that no check has seen refers to a
// resource type of a scope around it.
func (e *elaborator) isFree(t *typeDef) (bool, error) {
	if t.kind != instanceType && t.kind != componentType || t.free || t.env.check {
		return t.hasFreeResource(), nil
	}
	run, err := e.runClosure(t, closureRun{deep: true})
	if err != nil {
		return false, err
	}
	return run.free, nil
}

// closureRun says how to evaluate the declarators of a type. The zero value
// makes everything up and checks nothing.
type closureRun struct {
	imports func(name string) (entity, bool) // what imports are; nil makes them up
	exports binder                           // what exports are: items of its instance
	check   bool
	deep    bool // run the closures inside, too
}

// runClosure evaluates the declarators of an instance or component type.
func (e *elaborator) runClosure(t *typeDef, r closureRun) (*scope, error) {
	if err := e.enter(); err != nil {
		return nil, err
	}
	defer e.leave()
	s := &scope{
		e: e, kind: instanceTypeDecls, parent: t.env, path: t.env.path,
		args: r.imports, check: r.check, deep: r.deep,
	}
	if t.kind == componentType {
		s.kind = componentTypeDecls
	}
	if s.check {
		s.names = newNameSets(e)
	}
	for _, d := range t.decls {
		err := s.e.spend(1)
		if err == nil {
			err = s.declare(d, r.exports)
		}
		if err != nil {
			return nil, s.at(d, err)
		}
	}
	return s, nil
}

func (s *scope) declare(d binary.Decl, exports binder) error {
	switch d := d.(type) {
	case *binary.CoreType:
		return s.defineCoreType(d)
	case *binary.Type:
		return s.defineType(d)
	case *binary.ExportAlias:
		if d.Sort != binary.SortType && d.Sort != binary.SortInstance {
			return errAliasDecl
		}
		return s.aliasExport(d)
	case *binary.OuterAlias:
		if d.Sort != binary.SortType && d.Sort != binary.SortCoreType {
			return errAliasDecl
		}
		return s.aliasOuter(d)
	case *binary.CoreExportAlias:
		return errAliasDecl
	case *binary.Import:
		if s.kind != componentTypeDecls {
			return errors.New("an instance type cannot have imports")
		}
		return s.defineImport(d)
	case *binary.ExportDecl:
		return s.declareExport(d, exports)
	}
	return fmt.Errorf("unknown declarator %T", d)
}

var errAliasDecl = errors.New("an alias in a type may only refer to types or instances")

// declareExport makes the export up, or finds it in what is given.
func (s *scope) declareExport(d *binary.ExportDecl, exports binder) error {
	b, err := exports.item(d.Name.Name)
	if err != nil {
		return err
	}
	ent, err := s.bind(d.Type, b)
	if err != nil {
		return err
	}
	if s.check {
		if err := s.checkExport(d.Name, ent); err != nil {
			return err
		}
	}
	nameResource(ent, d.Name.Name)
	s.add(ent)
	s.exports = append(s.exports, item{d.Name, ent})
	return nil
}
