package elab

import (
	"errors"
	"fmt"
	"strings"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/types"
)

// nameSets are the names that a scope has given so far.
type nameSets struct {
	imports, exports nameSet
}

// nameSet is a namespace: of imports, or of exports.
type nameSet struct {
	taken     map[string]string   // key: the name that has it
	resources map[string]*typeDef // by label in lower case
	visible   *visible
}

func newNameSets(e *elaborator) *nameSets {
	var n nameSets
	n.imports.visible = newVisible(e, nil)
	n.exports.visible = newVisible(e, n.imports.visible)
	return &n
}

// checkImport checks an import of the scope and takes its name.
func (s *scope) checkImport(name binary.ExternName, ent entity) error {
	if err := s.names.imports.add(name, ent); err != nil {
		return err
	}
	if err := s.names.imports.visible.admit(ent); err != nil {
		return fmt.Errorf("not valid as an import: %w", err)
	}
	return nil
}

// checkExport checks an export of the scope and takes its name. An instance type
// may have exports that no instance can be imported or exported with.
func (s *scope) checkExport(name binary.ExternName, ent entity) error {
	if isLocator(name.Name) {
		return errors.New("the name of an export cannot be a URL, a hash or a dependency")
	}
	if err := s.names.exports.add(name, ent); err != nil {
		return err
	}
	if s.kind == instanceTypeDecls {
		return nil
	}
	if err := s.names.exports.visible.admit(ent); err != nil {
		return fmt.Errorf("not valid as an export: %w", err)
	}
	return nil
}

// add checks the name and takes it.
func (n *nameSet) add(name binary.ExternName, ent entity) error {
	parsed, err := n.take(name, ent.sort())
	if err != nil {
		return err
	}
	if err := checkAnnotated(parsed, ent, n.resources); err != nil {
		return err
	}
	if t, ok := ent.(*typeDef); ok && t.kind == resourceType && parsed.kind == labelName {
		if n.resources == nil {
			n.resources = map[string]*typeDef{}
		}
		n.resources[strings.ToLower(parsed.text)] = t
	}
	return nil
}

// addPart checks and takes the name of a part of an inline instance. The parts
// do not name resource types for each other.
func (n *nameSet) addPart(name binary.ExternName, ent entity) error {
	parsed, err := n.take(name, ent.sort())
	if err != nil {
		return err
	}
	return checkAnnotated(parsed, ent, nil)
}

func (n *nameSet) take(name binary.ExternName, sort binary.Sort) (externName, error) {
	parsed, err := parseName(name.Name)
	if err != nil {
		return parsed, err
	}
	if err := checkAttributes(name, parsed, sort); err != nil {
		return parsed, err
	}
	own, others := parsed.keys()
	for _, key := range append(others, own) {
		if earlier, ok := n.taken[key]; ok {
			return parsed, fmt.Errorf("conflicts with the earlier name %q", clip(earlier))
		}
	}
	if n.taken == nil {
		n.taken = map[string]string{}
	}
	n.taken[own] = name.Name
	return parsed, nil
}

// checkAnnotated checks a function that is named as part of a resource type,
// against the resource types that have names in its namespace.
//
// Binary.md, "Import and Export Definitions".
func checkAnnotated(n externName, ent entity, resources map[string]*typeDef) error {
	switch n.kind {
	case constructorName, methodName, staticName:
	default:
		return nil
	}
	f, ok := ent.(*funcDef)
	if !ok {
		return fmt.Errorf("expected func, found %s", ent.sort())
	}
	var used *typeDef
	var err error
	switch n.kind {
	case constructorName:
		used, err = constructed(f.ft)
	case methodName:
		used, err = receiver(f.ft)
	}
	if err != nil {
		return err
	}
	named := resources[strings.ToLower(n.resource)]
	if named == nil {
		return fmt.Errorf("there is no resource type named %q here", clip(n.resource))
	}
	if used != nil && used.res != named.res {
		return fmt.Errorf("the function is not about the resource type named %q", clip(n.resource))
	}
	return nil
}

// constructed is the resource type that a constructor returns: the result is
// own<r> or result<own<r>, _>.
func constructed(ft *funcType) (*typeDef, error) {
	own := ft.result
	if own != nil && own.val.Kind == types.Result && own.val.Ok != nil && own.val.Ok.Kind == types.Own {
		own = own.refs[0]
	}
	if own == nil || own.val.Kind != types.Own {
		return nil, errors.New("a constructor should return `(own $T)` or `(result (own $T))`")
	}
	return own.refs[0], nil
}

// receiver is the resource type that a method is of: its first parameter is self: borrow<r>.
func receiver(ft *funcType) (*typeDef, error) {
	if len(ft.params) == 0 || ft.typ.Params[0].Name != "self" {
		return nil, errors.New("a method should have a first parameter named `self`")
	}
	self := ft.params[0]
	if self == nil || self.val.Kind != types.Borrow {
		return nil, errors.New("a method should take a first parameter of `(borrow $T)`")
	}
	return self.refs[0], nil
}
