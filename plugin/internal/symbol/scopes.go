package symbol

import (
	"context"
	"debug/dwarf"
	"fmt"
)

const (
	maxScopes = 64 // functions inlined in each other
	maxDepth  = 512
	maxHops   = 8 // from an entry to the one that names it
)

// index lists the functions of a unit that have code, once.
func (t *Table) index(ctx context.Context, u *unit) error {
	if u.indexed {
		return nil
	}
	u.indexed = true
	r := t.data.Reader()
	r.Seek(u.entry)
	if _, err := r.Next(); err != nil || !u.children {
		return nil //nolint:nilerr // a unit that cannot be read again has no functions
	}
	for depth := 1; depth > 0 && depth < maxDepth; {
		e, err := t.next(ctx, r)
		if err != nil || e == nil {
			return err
		}
		switch {
		case e.Tag == 0:
			depth--
			continue
		case e.Tag == dwarf.TagSubprogram:
			ranges, err := t.ranges(ctx, e)
			if err != nil {
				return err
			}
			if err := t.keep(len(ranges)); err != nil {
				return err
			}
			for _, a := range ranges {
				u.funcs = append(u.funcs, function{a[0], a[1], e.Offset})
			}
		case e.Children && holdsFunctions(e.Tag):
			depth++
			continue
		}
		if err := t.skip(ctx, r, e); err != nil {
			return err
		}
	}
	return nil
}

// skip skips an entry's children. debug/dwarf would do so with a call for each level
// of them, and there can be millions.
func (t *Table) skip(ctx context.Context, r *dwarf.Reader, e *dwarf.Entry) error {
	if !e.Children {
		return nil
	}
	if next, ok := e.Val(dwarf.AttrSibling).(dwarf.Offset); ok && next > e.Offset {
		r.Seek(next)
		return nil
	}
	for depth := 1; depth > 0; {
		e, err := t.next(ctx, r)
		if err != nil || e == nil {
			return err
		}
		switch {
		case e.Tag == 0:
			depth--
		case e.Children:
			depth++
		}
	}
	return nil
}

// next reads an entry, and pays for it. It is nil at the end.
func (t *Table) next(ctx context.Context, r *dwarf.Reader) (*dwarf.Entry, error) {
	if err := t.spend(ctx, 1); err != nil {
		return nil, err
	}
	e, err := r.Next()
	if err != nil {
		return nil, fmt.Errorf("debug information: %w", err)
	}
	return e, nil
}

// scope is a function, and where it was called if it was inlined.
type scope struct {
	name         string
	file         uint64
	line, column int64
}

func (t *Table) scope(e *dwarf.Entry) scope {
	file, _ := e.Val(dwarf.AttrCallFile).(int64)
	line, _ := e.Val(dwarf.AttrCallLine).(int64)
	column, _ := e.Val(dwarf.AttrCallColumn).(int64)
	return scope{t.name(e), uint64(file), line, column}
}

// scopes returns the function an address is in and those inlined there, outermost
// first.
func (t *Table) scopes(ctx context.Context, u *unit, address uint64) ([]scope, error) {
	if err := t.index(ctx, u); err != nil {
		return nil, err
	}
	for _, f := range u.funcs {
		if f.begin <= address && address < f.end {
			return t.inlined(ctx, f.entry, address)
		}
	}
	return nil, nil
}

// inlined returns a function and what is inlined there at an address.
func (t *Table) inlined(ctx context.Context, at dwarf.Offset, address uint64) ([]scope, error) {
	r := t.data.Reader()
	r.Seek(at)
	e, err := t.next(ctx, r)
	if err != nil || e == nil {
		return nil, err
	}
	found := []scope{t.scope(e)}
	if !e.Children {
		return found, nil
	}
	for depth := 1; depth > 0 && depth < maxDepth && len(found) < maxScopes; {
		e, err := t.next(ctx, r)
		if err != nil || e == nil {
			return found, err
		}
		if e.Tag == 0 {
			depth--
			continue
		}
		inside := false
		if e.Tag == dwarf.TagInlinedSubroutine || e.Tag == dwarf.TagLexDwarfBlock {
			ranges, err := t.ranges(ctx, e)
			if err != nil {
				return nil, err
			}
			inside = within(ranges, address)
		}
		if inside && e.Tag == dwarf.TagInlinedSubroutine {
			found = append(found, t.scope(e))
		}
		if inside && e.Children {
			depth++
		} else if err := t.skip(ctx, r, e); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// holdsFunctions reports whether functions are declared, or defined, among an
// entry's children.
func holdsFunctions(tag dwarf.Tag) bool {
	switch tag {
	case dwarf.TagNamespace, dwarf.TagModule, dwarf.TagStructType, dwarf.TagClassType, dwarf.TagUnionType,
		dwarf.TagEnumerationType, dwarf.TagVariantPart, dwarf.TagVariant:
		return true
	}
	return false
}

// name returns the name the linker knows a function by, else its plain one.
func (t *Table) name(e *dwarf.Entry) string {
	plain := ""
	for range maxHops {
		if name, ok := e.Val(dwarf.AttrLinkageName).(string); ok {
			return cut(name)
		}
		if name, ok := e.Val(dwarf.AttrName).(string); ok && plain == "" {
			plain = cut(name)
		}
		next, ok := e.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset)
		if !ok {
			next, ok = e.Val(dwarf.AttrSpecification).(dwarf.Offset)
		}
		if !ok {
			break
		}
		r := t.data.Reader()
		r.Seek(next)
		var err error
		if e, err = r.Next(); err != nil || e == nil {
			break
		}
	}
	return plain
}
