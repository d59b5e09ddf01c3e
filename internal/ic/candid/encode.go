package candid

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"
)

// Encode writes values as the arguments of a message, each with its type; there
// must be as many values as types. The error is an [*EncodeError].
//
// A value must have exactly its type, but: a [Nat] may stand where int is wanted, a
// [Vec] of [Nat8] for a blob, anything for reserved, [Null] for an opt that is
// null, and a record field that may be null may be missing.
//
// The same arguments give the same bytes: types are listed in order of first use,
// each once, and numbers take as few bytes as they can.
func Encode(types []*Type, values []Value) ([]byte, error) {
	if len(types) != len(values) {
		return nil, &EncodeError{
			Path: "arguments",
			Err:  fmt.Errorf("%w: %d values for %d types", ErrMissing, len(values), len(types)),
		}
	}
	table := newTypeTable()
	refs := make([]int64, 0, len(types))
	for _, t := range types {
		refs = append(refs, table.ref(t))
	}
	if err := table.check(); err != nil {
		return nil, &EncodeError{Path: "types", Err: err}
	}
	e := &encoder{out: table.append([]byte("DIDL"))}
	e.out = appendULEB(e.out, uint64(len(refs)))
	for _, ref := range refs {
		e.out = appendSLEB(e.out, ref)
	}
	for i, v := range values {
		e.path.push(step{kind: stepArg, index: i})
		if err := e.value(types[i], v); err != nil {
			return nil, &EncodeError{Path: e.path.String(), Err: err}
		}
		e.path.pop()
	}
	return e.out, nil
}

type encoder struct {
	out  []byte
	path path // stays as it was when an error ends encoding
}

// value appends v as a value of type t.
func (e *encoder) value(t *Type, v Value) error {
	switch t.Kind {
	case KindReserved:
		return nil
	case KindOpt:
		return e.opt(t, v)
	case KindVec:
		return e.vec(t, v)
	case KindInt:
		if n, ok := v.(Nat); ok {
			v = Int{n.abs}
		}
	}
	if v == nil || v.kind() != t.Kind {
		return mismatch(t, v)
	}
	switch v := v.(type) {
	case Record:
		return e.record(t, v)
	case Variant:
		return e.variant(t, v)
	case Principal:
		e.principal(v.ID.Bytes())
	case Service:
		e.principal(v.ID.Bytes())
	case Func:
		e.out = append(e.out, 1)
		e.principal(v.Service.Bytes())
		return e.text(v.Method)
	case Text:
		return e.text(string(v))
	default:
		e.simple(v)
	}
	return nil
}

func mismatch(t *Type, v Value) error {
	if v == nil {
		return &MismatchError{Want: t}
	}
	return &MismatchError{Want: t, Got: TypeOf(v)}
}

// simple appends a value that has no parts.
func (e *encoder) simple(v Value) {
	le := binary.LittleEndian
	switch v := v.(type) {
	case Bool:
		e.flag(bool(v))
	case Nat:
		e.out = appendBigULEB(e.out, v.big())
	case Int:
		e.out = appendBigSLEB(e.out, v.big())
	case Nat8:
		e.out = append(e.out, byte(v))
	case Nat16:
		e.out = le.AppendUint16(e.out, uint16(v))
	case Nat32:
		e.out = le.AppendUint32(e.out, uint32(v))
	case Nat64:
		e.out = le.AppendUint64(e.out, uint64(v))
	case Int8:
		e.out = append(e.out, byte(v))
	case Int16:
		e.out = le.AppendUint16(e.out, uint16(v))
	case Int32:
		e.out = le.AppendUint32(e.out, uint32(v))
	case Int64:
		e.out = le.AppendUint64(e.out, uint64(v))
	case Float32:
		e.out = le.AppendUint32(e.out, math.Float32bits(float32(v)))
	case Float64:
		e.out = le.AppendUint64(e.out, math.Float64bits(float64(v)))
	}
}

func (e *encoder) flag(v bool) {
	if v {
		e.out = append(e.out, 1)
		return
	}
	e.out = append(e.out, 0)
}

func (e *encoder) text(s string) error {
	if !utf8.ValidString(s) {
		return ErrUTF8
	}
	e.out = append(appendULEB(e.out, uint64(len(s))), s...)
	return nil
}

func (e *encoder) principal(b []byte) {
	e.out = append(e.out, 1, byte(len(b)))
	e.out = append(e.out, b...)
}

func (e *encoder) opt(t *Type, v Value) error {
	if _, ok := v.(Null); ok {
		v = Opt{}
	}
	o, ok := v.(Opt)
	if !ok {
		return mismatch(t, v)
	}
	e.flag(o.Some != nil)
	if o.Some == nil {
		return nil
	}
	return e.value(t.Elem, o.Some)
}

func (e *encoder) vec(t *Type, v Value) error {
	if b, ok := v.(Blob); ok && t.isBlob() {
		e.out = append(appendULEB(e.out, uint64(len(b))), b...)
		return nil
	}
	if v == nil || v.kind() != KindVec {
		return mismatch(t, v)
	}
	vs := elements(v)
	e.out = appendULEB(e.out, uint64(len(vs)))
	for i, elem := range vs {
		e.path.push(step{kind: stepElem, index: i})
		if err := e.value(t.Elem, elem); err != nil {
			return err
		}
		e.path.pop()
	}
	return nil
}

func (e *encoder) record(t *Type, r Record) error {
	for _, f := range r {
		if _, ok := t.field(f.ID); !ok {
			return fmt.Errorf("no field %s in %s", f.Label, t)
		}
	}
	for _, f := range t.Fields {
		v, ok := r.byID(f.ID)
		if !ok {
			v = nullOf(f.Type.Kind)
		}
		if v == nil {
			return &MismatchError{Want: t, Got: TypeOf(r), Label: &f.Label}
		}
		e.path.push(step{kind: stepField, label: f.Label})
		if err := e.value(f.Type, v); err != nil {
			return err
		}
		e.path.pop()
	}
	return nil
}

func (e *encoder) variant(t *Type, v Variant) error {
	i, ok := t.fieldIndex(v.ID)
	if !ok {
		return &MismatchError{Want: t, Got: TypeOf(v), Label: &v.Label}
	}
	e.out = appendULEB(e.out, uint64(i))
	e.path.push(step{kind: stepField, label: t.Fields[i].Label})
	err := e.value(t.Fields[i].Type, v.Value)
	if err == nil {
		e.path.pop()
	}
	return err
}
