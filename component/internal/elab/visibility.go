package elab

import (
	"errors"
	"fmt"

	"github.com/berth-cli/berth/component/internal/types"
)

// visible is what of a component may be used in the types of its imports or exports:
// the types that were imported or exported before. Exports may also use what
// imports may.
//
// Explainer.md, "External Visibility of Types".
type visible struct {
	e     *elaborator
	types map[*typeDef]bool
	also  *visible // for exports: what imports may use

	// What has been found to use only what is visible. The set only grows.
	funcs     map[*funcType]bool
	instances map[*instanceDef]bool
}

func newVisible(e *elaborator, also *visible) *visible {
	return &visible{
		e: e, also: also,
		types: map[*typeDef]bool{}, funcs: map[*funcType]bool{}, instances: map[*instanceDef]bool{},
	}
}

// admit checks that ent uses only what is visible, and makes the types that it is,
// or has as an instance, visible.
func (v *visible) admit(ent entity) error {
	switch ent := ent.(type) {
	case *funcDef:
		return v.checkFunc(ent.ft)
	case *instanceDef:
		return v.admitInstance(ent)
	case *typeDef:
		if err := v.checkType(ent); err != nil {
			return err
		}
		v.types[ent] = true
	}
	return nil // components and modules stand for themselves
}

func (v *visible) admitInstance(i *instanceDef) error {
	if v.instances[i] {
		return nil
	}
	for _, it := range i.items {
		if err := v.admit(it.ent); err != nil {
			return fmt.Errorf("its export %q: %w", clip(it.name.Name), err)
		}
	}
	v.instances[i] = true
	return nil
}

func (v *visible) checkFunc(ft *funcType) error {
	if v.funcs[ft] {
		return nil
	}
	for i, p := range ft.params {
		if !v.has(p) {
			return fmt.Errorf("parameter %q: %w", clip(ft.typ.Params[i].Name), errInvisible)
		}
	}
	if !v.has(ft.result) {
		return fmt.Errorf("result: %w", errInvisible)
	}
	v.funcs[ft] = true
	return nil
}

var errInvisible = errors.New("its type uses one that is neither imported nor exported here")

// checkType checks what t is made of; t itself is about to get its name.
func (v *visible) checkType(t *typeDef) error {
	switch t.kind {
	case functionType:
		return v.checkFunc(t.ft)
	case instanceType:
		made, err := v.e.bindInstance(t, binder{})
		if err != nil {
			return err
		}
		return v.admit(made)
	case valueType:
		for _, r := range t.refs {
			if !v.has(r) {
				return errInvisible
			}
		}
	}
	return nil
}

// has reports whether a type, nil for a primitive, may be used: it has a name,
// or needs none and is made of types that may be used.
func (v *visible) has(t *typeDef) bool {
	if t == nil || v.types[t] || v.also != nil && v.also.types[t] {
		return true
	}
	if t.kind != valueType {
		return false
	}
	switch t.val.Kind {
	case types.Record, types.Variant, types.Flags, types.Enum:
		return false
	}
	for _, r := range t.refs {
		if !v.has(r) {
			return false
		}
	}
	v.types[t] = true
	return true
}
