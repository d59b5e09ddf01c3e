package coretype

import "fmt"

// Match reports why an import of type want cannot be satisfied by an item of
// type got; nil if it can.
//
// Core specification, "External Types" (matching).
func Match(got, want Extern) error {
	if got.Kind != want.Kind {
		return fmt.Errorf("have a %s, want a %s", got.Kind, want.Kind)
	}
	ok := false
	switch want.Kind {
	case ExternFunc, ExternTag:
		ok = got.Func.Equal(want.Func)
	case ExternTable:
		ok = got.Table.Elem == want.Table.Elem && got.Table.matches(want.Table.Limits)
	case ExternMemory:
		ok = got.Memory.PageBits == want.Memory.PageBits && got.Memory.matches(want.Memory.Limits)
	case ExternGlobal:
		ok = got.Global.matches(want.Global)
	}
	if !ok {
		return fmt.Errorf("have %s, want %s", got, want)
	}
	return nil
}

// matches reports whether something with limits l may stand where w is wanted.
func (l Limits) matches(w Limits) bool {
	if l.Is64 != w.Is64 || l.Shared != w.Shared || l.Min < w.Min {
		return false
	}
	return !w.HasMax || l.HasMax && l.Max <= w.Max
}

func (g Global) matches(w Global) bool {
	if g.Mutable != w.Mutable || g.Shared != w.Shared {
		return false
	}
	return g.Type == w.Type || !g.Mutable && g.Type.subtypeOf(w.Type)
}

// subtypeOf knows one rule: a reference that is never null is one that may be.
func (t ValType) subtypeOf(w ValType) bool {
	return t.Code == Ref && w.Code == RefNull && t.Heap == w.Heap
}

// Equal reports whether two function types are the same.
func (f *Func) Equal(g *Func) bool {
	if f == g {
		return true
	}
	return f != nil && g != nil && equalTypes(f.Params, g.Params) && equalTypes(f.Results, g.Results)
}

func equalTypes(a, b []ValType) bool {
	if len(a) != len(b) {
		return false
	}
	for i, t := range a {
		if t != b[i] {
			return false
		}
	}
	return true
}

// MatchModule reports why a module of type got cannot stand where one of type
// want is expected: it may import less and export more.
//
// Subtyping.md of the component model, and "Modules" there.
func MatchModule(got, want *Module) error {
	exports := make(map[string]Extern, len(got.Exports))
	for _, e := range got.Exports {
		exports[e.Name] = e.Type
	}
	for _, e := range want.Exports {
		x, ok := exports[e.Name]
		if !ok {
			return fmt.Errorf("core module does not export %q", e.Name)
		}
		if err := Match(x, e.Type); err != nil {
			return fmt.Errorf("core module export %q: %w", e.Name, err)
		}
	}
	return matchImports(got, want)
}

// matchImports checks that everything got imports is what want imports.
func matchImports(got, want *Module) error {
	imports := make(map[[2]string]Extern, len(want.Imports))
	for _, i := range want.Imports {
		imports[[2]string{i.Module, i.Name}] = i.Type
	}
	for _, i := range got.Imports {
		x, ok := imports[[2]string{i.Module, i.Name}]
		if !ok {
			return fmt.Errorf("core module imports %q %q, which is not expected", i.Module, i.Name)
		}
		if err := Match(x, i.Type); err != nil {
			return fmt.Errorf("core module import %q %q: %w", i.Module, i.Name, err)
		}
	}
	return nil
}
