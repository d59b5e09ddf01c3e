package candid

import (
	"fmt"
)

// header is what comes before the values of a message.
//
//	"DIDL"  count, types…  count, argument types…  values…
//
// An entry of the type table is an opcode below -17 and what belongs to it; parts of
// it are indexes into the table, or the negative number of a type without parts.
//
// Candid.md, "Binary Format".
type header struct{ args []*Type }

// tableReader reads a header. Entries refer to later ones, so all nodes exist before
// the first is read.
type tableReader struct {
	*reader
	table []*Type
	prims map[Kind]*Type
	quota Quota
	parts int // so far, to be compared with quota.MaxTypes
}

func readHeader(r *reader, q Quota) (header, error) {
	magic, err := r.bytes(4)
	if err != nil || string(magic) != "DIDL" {
		r.pos = 0
		return header{}, ErrMagic
	}
	t := &tableReader{reader: r, prims: map[Kind]*Type{}, quota: q}
	n, err := t.partCount(2)
	if err != nil {
		return header{}, fmt.Errorf("type table: %w", err)
	}
	for range n {
		t.table = append(t.table, &Type{})
	}
	for i, node := range t.table {
		if err := t.entry(node); err != nil {
			return header{}, fmt.Errorf("type %d: %w", i, err)
		}
	}
	if err := t.checkMethods(); err != nil {
		return header{}, err
	}
	args, err := t.refs()
	if err != nil {
		return header{}, fmt.Errorf("argument types: %w", err)
	}
	return header{args}, nil
}

// partCount is reader.count, charged.
func (t *tableReader) partCount(size int) (int, error) {
	n, err := t.count(size)
	if t.parts += n; err == nil && t.parts > t.quota.MaxTypes {
		return 0, &LimitError{Limit: "MaxTypes", Max: t.quota.MaxTypes}
	}
	return n, err
}

func (t *tableReader) entry(node *Type) error {
	op, err := t.sleb()
	if err != nil {
		return err
	}
	node.Kind = kindOf(op)
	switch node.Kind {
	case KindOpt, KindVec:
		node.Elem, err = t.ref()
	case KindRecord, KindVariant:
		node.Fields, err = t.fields()
	case KindFunc:
		node.Func, err = t.signature()
	case KindService:
		node.Methods, err = t.methods()
	case KindFuture:
		err = t.future()
	default:
		return fmt.Errorf("%w: opcode %d does not belong in the table", ErrTypeTable, op)
	}
	return err
}

// ref is a type that stands in a type or in the list of arguments.
func (t *tableReader) ref() (*Type, error) {
	start := t.pos
	n, err := t.sleb()
	if err != nil {
		return nil, err
	}
	if n >= 0 && n < int64(len(t.table)) {
		return t.table[n], nil
	}
	k := kindOf(n)
	if n >= 0 || !k.primitive() {
		t.pos = start
		return nil, fmt.Errorf("%w: reference to type %d of %d", ErrTypeTable, n, len(t.table))
	}
	if t.prims[k] == nil {
		t.prims[k] = Prim(k)
	}
	return t.prims[k], nil
}

func (t *tableReader) refs() ([]*Type, error) {
	n, err := t.partCount(1)
	if err != nil {
		return nil, err
	}
	var out []*Type
	for range n {
		ref, err := t.ref()
		if err != nil {
			return nil, err
		}
		out = append(out, ref)
	}
	return out, nil
}

func (t *tableReader) fields() ([]FieldType, error) {
	n, err := t.partCount(2)
	if err != nil {
		return nil, err
	}
	var out []FieldType
	for i := range n {
		id, err := t.uleb()
		switch {
		case err != nil:
			return nil, err
		case id > 1<<32-1:
			return nil, fmt.Errorf("%w: field %d is above 2^32-1", ErrTypeTable, id)
		case i > 0 && uint32(id) <= out[i-1].ID:
			return nil, fmt.Errorf("%w: field %d after %d", ErrTypeTable, id, out[i-1].ID)
		}
		elem, err := t.ref()
		if err != nil {
			return nil, err
		}
		out = append(out, FieldType{Label{ID: uint32(id)}, elem})
	}
	return out, nil
}

func (t *tableReader) signature() (*FuncType, error) {
	args, err := t.refs()
	if err != nil {
		return nil, err
	}
	results, err := t.refs()
	if err != nil {
		return nil, err
	}
	modes, err := t.modes()
	return &FuncType{Args: args, Results: results, Modes: modes}, err
}

func (t *tableReader) modes() (Modes, error) {
	n, err := t.partCount(1)
	if err != nil {
		return 0, err
	}
	var set Modes
	for range n {
		c, err := t.byte()
		if err != nil {
			return 0, err
		}
		if c < 1 || c > 3 {
			t.pos--
			return 0, fmt.Errorf("%w: function annotation %d", ErrTypeTable, c)
		}
		set |= 1 << (c - 1)
	}
	return set, nil
}

func (t *tableReader) methods() ([]Method, error) {
	n, err := t.partCount(2)
	if err != nil {
		return nil, err
	}
	var out []Method
	for i := range n {
		name, err := t.text()
		if err != nil {
			return nil, err
		}
		if i > 0 && string(name) <= out[i-1].Name {
			return nil, fmt.Errorf("%w: method %q after %q", ErrTypeTable,
				clip(string(name)), clip(out[i-1].Name))
		}
		ref, err := t.ref()
		if err != nil {
			return nil, err
		}
		out = append(out, Method{string(name), ref})
	}
	return out, nil
}

// future skips what belongs to an opcode this package does not know.
func (t *tableReader) future() error {
	n, err := t.uleb()
	if err != nil {
		return err
	}
	_, err = t.bytes(n)
	return err
}

// checkMethods runs when every entry is known.
func (t *tableReader) checkMethods() error {
	for i, node := range t.table {
		for _, m := range node.Methods {
			if m.Type.Kind != KindFunc {
				return fmt.Errorf("type %d: %w: method %q is a %s", i, ErrTypeTable, clip(m.Name), m.Type.Kind)
			}
		}
	}
	return nil
}
