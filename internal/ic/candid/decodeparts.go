package candid

import (
	"bytes"
	"fmt"
)

// opt reads any value as an option: null and reserved as null, an option as itself,
// anything else as the value of an option. What does not fit is skipped, and null.
func (d *decoder) opt(got, want *Type) (Value, error) {
	inner := got
	switch got.Kind {
	case KindNull, KindReserved:
		return Opt{}, nil
	case KindOpt:
		some, err := d.flag()
		if err != nil || !some {
			return Opt{}, err
		}
		inner = got.Elem
	}
	start, deep := d.pos, len(d.path)
	v, err := d.value(inner, want.Elem)
	if err == nil {
		return Opt{Some: v}, nil
	}
	if !isMismatch(err) {
		return nil, err
	}
	d.pos, d.path = start, d.path[:deep]
	return Opt{}, d.skip(inner)
}

func (d *decoder) vec(got, want *Type) (Value, error) {
	n, err := d.vecLen(got.Elem)
	if err != nil {
		return nil, err
	}
	if got.isBlob() && want.isBlob() {
		b, err := d.bytes(uint64(n))
		return Blob(bytes.Clone(b)), err
	}
	values := make(Vec, 0, min(n, 64))
	for i := range n {
		d.path.push(step{kind: stepElem, index: i})
		v, err := d.value(got.Elem, want.Elem)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
		d.path.pop()
	}
	if want.isBlob() { // an empty vector of another type
		return Blob{}, nil
	}
	return values, nil
}

// vecLen reads the length of a vector and compares it with what is left, of the
// message or of the quota.
func (d *decoder) vecLen(elem *Type) (int, error) {
	start := d.pos
	n, err := d.uleb()
	if err != nil {
		return 0, err
	}
	if size := elem.Kind.fixedSize(); size > 0 && n > uint64(d.left()/size) {
		d.pos = start
		return 0, fmt.Errorf("%w: %d elements announced", ErrTruncated, n)
	}
	if elem.Kind.fixedSize() == 0 && n > uint64(d.quota.MaxValues-d.spent) {
		return 0, &LimitError{Limit: "MaxValues", Max: d.quota.MaxValues}
	}
	return int(n), nil
}

// record walks the fields that are there and those that are wanted, both ascending.
func (d *decoder) record(got, want *Type) (Value, error) {
	out := make(Record, 0, len(want.Fields))
	i := 0
	for _, w := range want.Fields {
		for ; i < len(got.Fields) && got.Fields[i].ID < w.ID; i++ {
			if err := d.skipField(got.Fields[i]); err != nil {
				return nil, err
			}
		}
		if i == len(got.Fields) || got.Fields[i].ID != w.ID {
			v := nullOf(w.Type.Kind)
			if v == nil {
				return nil, &MismatchError{Want: want, Got: got, Label: &w.Label}
			}
			if err := d.charge(1); err != nil {
				return nil, err
			}
			out = append(out, Field{w.Label, v})
			continue
		}
		d.path.push(step{kind: stepField, label: w.Label})
		v, err := d.value(got.Fields[i].Type, w.Type)
		if err != nil {
			return nil, err
		}
		d.path.pop()
		out = append(out, Field{w.Label, v})
		i++
	}
	for ; i < len(got.Fields); i++ {
		if err := d.skipField(got.Fields[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (d *decoder) variant(got, want *Type) (Value, error) {
	tag, err := d.tag(got)
	if err != nil {
		return nil, err
	}
	w, ok := want.field(tag.ID)
	if !ok {
		return nil, &MismatchError{Want: want, Got: got, Label: &tag.Label}
	}
	d.path.push(step{kind: stepField, label: w.Label})
	v, err := d.value(tag.Type, w.Type)
	if err != nil {
		return nil, err
	}
	d.path.pop()
	return Variant{w.Label, v}, nil
}

// tag reads which tag of a variant is there.
func (d *decoder) tag(got *Type) (FieldType, error) {
	start := d.pos
	i, err := d.uleb()
	if err != nil {
		return FieldType{}, err
	}
	if i >= uint64(len(got.Fields)) {
		d.pos = start
		return FieldType{}, fmt.Errorf("%w: tag %d of a variant with %d", ErrValue, i, len(got.Fields))
	}
	return got.Fields[i], nil
}

// reference reads a func or a service. Whoever calls through it relies on its type,
// so that here, and only here, types are compared instead of values.
func (d *decoder) reference(got, want *Type) (Value, error) {
	if err := d.refs.check(got, want); err != nil {
		if _, tooLarge := asLimit(err); tooLarge {
			return nil, err
		}
		return nil, &MismatchError{Want: want, Got: got}
	}
	return d.anyReference(got)
}

func (d *decoder) anyReference(got *Type) (Value, error) {
	if got.Kind == KindService {
		id, err := d.principal()
		return Service{id}, err
	}
	if err := d.transparent(); err != nil {
		return nil, err
	}
	id, err := d.principal()
	if err != nil {
		return nil, err
	}
	name, err := d.chargedText()
	return Func{Service: id, Method: string(name)}, err
}
