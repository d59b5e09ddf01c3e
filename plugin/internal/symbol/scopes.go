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

// scopes returns the entries of the function an address is in and of those inlined
// there, outermost first.
func (t *Table) scopes(ctx context.Context, u *unit, address uint64) ([]*dwarf.Entry, error) {
	r := t.data.Reader()
	r.Seek(u.entry.Offset)
	if _, err := r.Next(); err != nil || !u.entry.Children {
		return nil, nil //nolint:nilerr // a unit that cannot be read again has no scopes
	}
	var found []*dwarf.Entry
	for depth := 1; depth > 0 && depth < maxDepth && len(found) < maxScopes; {
		if err := t.spend(ctx, 1); err != nil {
			return nil, err
		}
		e, err := r.Next()
		if err != nil {
			return nil, fmt.Errorf("debug information: %w", err)
		}
		if e == nil {
			break
		}
		if e.Tag == 0 {
			if depth--; len(found) > 0 && depth <= 1 {
				break // the function has ended
			}
			continue
		}
		inside, err := t.enters(ctx, e, address)
		if err != nil {
			return nil, err
		}
		if inside && isFunction(e.Tag) {
			found = append(found, e)
		}
		switch {
		case !e.Children:
		case inside:
			depth++
		default:
			r.SkipChildren()
		}
	}
	return found, nil
}

func isFunction(tag dwarf.Tag) bool {
	return tag == dwarf.TagSubprogram || tag == dwarf.TagInlinedSubroutine
}

// enters reports whether what an address is in may be among an entry's children.
func (t *Table) enters(ctx context.Context, e *dwarf.Entry, address uint64) (bool, error) {
	switch e.Tag {
	case dwarf.TagNamespace, dwarf.TagModule, dwarf.TagStructType, dwarf.TagClassType, dwarf.TagUnionType,
		dwarf.TagEnumerationType, dwarf.TagVariantPart, dwarf.TagVariant:
		return true, nil // functions are declared, or defined, there
	case dwarf.TagSubprogram, dwarf.TagInlinedSubroutine, dwarf.TagLexDwarfBlock:
		ranges, err := t.ranges(ctx, e)
		return within(ranges, address), err
	}
	return false, nil
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
