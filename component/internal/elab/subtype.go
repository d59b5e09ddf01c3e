package elab

import (
	"errors"
	"fmt"

	"github.com/berth-cli/berth/component/internal/types"
)

// matchFunc reports how function types differ: only equal ones match.
func matchFunc(got, want *types.Func) error {
	switch {
	case got == want:
		return nil
	case len(got.Params) != len(want.Params):
		return fmt.Errorf("expected %d parameters, found %d", len(want.Params), len(got.Params))
	case got.Async != want.Async:
		return errors.New("only one of the functions is async")
	}
	for i, w := range want.Params {
		g := got.Params[i]
		if g.Name != w.Name {
			return fmt.Errorf("expected a parameter named %q, found %q", clip(w.Name), clip(g.Name))
		}
		if err := matchValue(g.Type, w.Type); err != nil {
			return fmt.Errorf("parameter %q: %w", clip(w.Name), err)
		}
	}
	if err := matchValue(got.Result, want.Result); err != nil {
		return fmt.Errorf("result: %w", err)
	}
	return fmt.Errorf("expected %s, found %s", want, got)
}

// matchValue reports how value types, nil for none, differ: only equal ones match.
func matchValue(got, want *types.Type) error {
	switch {
	case got == want:
		return nil
	case got == nil:
		return fmt.Errorf("expected %s, found none", want)
	case want == nil:
		return fmt.Errorf("expected none, found %s", got)
	}
	g, w := got.String(), want.String()
	if g == w {
		return fmt.Errorf("%s: resource types are not the same", g)
	}
	return fmt.Errorf("expected %s, found %s", w, g)
}

// equalTypes reports how two types of any kind differ.
func (e *elaborator) equalTypes(got, want *typeDef) error {
	if got.kind != want.kind {
		return fmt.Errorf("expected %s, found %s", want.kind, got.kind)
	}
	switch got.kind {
	case valueType:
		return matchValue(got.val, want.val)
	case functionType:
		return matchFunc(got.ft.typ, want.ft.typ)
	case resourceType:
		if got.res != want.res {
			return fmt.Errorf("expected %s: resource types are not the same", want.res)
		}
		return nil
	}
	if err := e.matchClosure(got, want); err != nil {
		return err
	}
	return e.matchClosure(want, got)
}

// matchClosure checks that an instance or component type is a subtype of another.
func (e *elaborator) matchClosure(got, want *typeDef) error {
	if sameClosure(got, want) {
		return nil
	}
	if got.kind == componentType {
		return e.matchComponent(&componentDef{typ: got}, want)
	}
	made, err := e.bindInstance(got, binder{})
	if err != nil {
		return err
	}
	_, err = e.bindInstance(want, binder{given: made})
	return err
}

// sameClosure recognizes one definition seen twice, which saves comparing.
func sameClosure(a, b *typeDef) bool {
	if a.env != b.env || len(a.decls) != len(b.decls) {
		return false
	}
	return len(a.decls) == 0 || a.decls[0] == b.decls[0]
}

// matchComponent checks that a component has a component type: instantiated with
// what the type says is imported, it gives what the type says is exported.
//
// Subtyping.md and Explainer.md, "Type Checking".
func (e *elaborator) matchComponent(got *componentDef, want *typeDef) error {
	if got.body == nil && sameClosure(got.typ, want) {
		return nil
	}
	made, err := e.runClosure(want, closureRun{})
	if err != nil {
		return err
	}
	imports := byName(made.imports)
	inst, err := e.instantiate(got, imports, site{})
	if err != nil {
		return err
	}
	_, err = e.runClosure(want, closureRun{imports: imports, exports: binder{given: inst}})
	return err
}

// byName finds items by name.
func byName(items []item) func(string) (entity, bool) {
	i := &instanceDef{items: items}
	if len(items) > 8 {
		i.index = make(map[string]int, len(items))
		for n, it := range items {
			i.index[it.name.Name] = n
		}
	}
	return i.get
}
