package coretype

import (
	"errors"
	"fmt"

	"github.com/berth-cli/berth/internal/binread"
)

// ReadModuleDecls reads the declarators of a module type, after its opcode.
//
// Binary.md, "Type Definitions", core:moduletype.
func ReadModuleDecls(r *binread.Reader) *ModuleDecls {
	n := r.Count(2)
	m := &ModuleDecls{Decls: make([]Decl, 0, n)}
	for range n {
		m.Decls = append(m.Decls, readDecl(r))
	}
	return m
}

func readDecl(r *binread.Reader) Decl {
	d := Decl{Offset: r.Offset()}
	switch b := r.Byte(); b {
	case 0x00:
		d.Import = &DeclImport{Module: r.Name(), Name: r.Name(), Type: readExtern(r)}
	case 0x01:
		d.Type = readDeclType(r)
	case 0x02:
		d.Alias = readOuterAlias(r)
	case 0x03:
		d.Export = &DeclExport{Name: r.Name(), Type: readExtern(r)}
	default:
		r.BadByte(b, "a declarator of a core module type")
	}
	return d
}

// readDeclType reads a type declarator. A bare 0x50 is the opcode of a module
// type, which may not nest; the subtype with that opcode has a zero before it.
func readDeclType(r *binread.Reader) []Type {
	switch r.Peek() {
	case 0x50:
		r.Fail(errors.New("core module type inside a core module type"))
		return nil
	case 0x00:
		r.Byte()
		if b := r.Peek(); b != 0x50 {
			r.Failf("byte %#02x is not an open subtype", b)
			return nil
		}
	}
	return ReadGroup(r)
}

func readOuterAlias(r *binread.Reader) *OuterAlias {
	if b := r.Byte(); b != 0x10 {
		r.BadByte(b, "the sort of a core outer alias")
	}
	if b := r.Byte(); b != 0x01 {
		r.BadByte(b, "the target of a core outer alias")
	}
	return &OuterAlias{Count: r.U32(), Index: r.U32()}
}

// Outer finds core type index in the scope that is count scopes around the one
// that holds a module type: 0 is the scope the module type is defined in.
type Outer func(count, index uint32) (Type, error)

// Resolve makes the module type that the declarators spell. The error is a
// *binread.Error at the declarator that is at fault.
func (m *ModuleDecls) Resolve(outer Outer) (*Module, error) {
	s := declScope{outer: outer}
	for i := range m.Decls {
		d := &m.Decls[i]
		if err := s.add(d); err != nil {
			return nil, &binread.Error{Section: "core module type", Offset: d.Offset, Err: err}
		}
	}
	return &s.module, nil
}

type declScope struct {
	builder
	outer Outer
	types []Type
}

func (s *declScope) add(d *Decl) error {
	switch {
	case d.Import != nil:
		return s.addImport(d.Import)
	case d.Export != nil:
		return s.addExport(d.Export)
	case d.Alias != nil:
		return s.addAlias(d.Alias)
	}
	s.types = append(s.types, d.Type...)
	return nil
}

func (s *declScope) addAlias(a *OuterAlias) error {
	if a.Count == 0 {
		if int64(a.Index) >= int64(len(s.types)) {
			return fmt.Errorf("unknown core type %d", a.Index)
		}
		s.types = append(s.types, s.types[a.Index])
		return nil
	}
	t, err := s.outer(a.Count-1, a.Index)
	if err != nil {
		return err
	}
	s.types = append(s.types, t)
	return nil
}

func (s *declScope) addImport(d *DeclImport) error {
	x, err := resolveExtern(d.Type, s.types)
	if err != nil {
		return fmt.Errorf("import %q %q: %w", d.Module, d.Name, err)
	}
	return s.addImportType(Import{Module: d.Module, Name: d.Name, Type: x})
}

func (s *declScope) addExport(d *DeclExport) error {
	x, err := resolveExtern(d.Type, s.types)
	if err != nil {
		return fmt.Errorf("export %q: %w", d.Name, err)
	}
	return s.addExportType(Export{Name: d.Name, Type: x})
}
