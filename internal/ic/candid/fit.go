package candid

import (
	"errors"
	"fmt"
	"math"
	"math/big"
)

// number is an integer read from a text, of a type not known yet. Values that leave
// this package have none.
type number struct{ val *big.Int }

func (number) kind() Kind { return KindInt }

// settle makes the numbers in v of type int.
func settle(v Value) Value {
	switch v := v.(type) {
	case number:
		return Int(v)
	case Opt:
		if v.Some != nil {
			return Opt{settle(v.Some)}
		}
	case Vec:
		for i := range v {
			v[i] = settle(v[i])
		}
	case Record:
		for i := range v {
			v[i].Value = settle(v[i].Value)
		}
	case Variant:
		v.Value = settle(v.Value)
		return v
	}
	return v
}

// fitter makes values from a text values of a type. People mean what they write:
// unlike in a message, what does not fit an opt is an error, not null.
type fitter struct {
	path path
	left int // values it may still make; a short text can stand for very many
}

func (f *fitter) args(values []Value, want []*Type) ([]Value, error) {
	if len(values) > len(want) {
		err := fmt.Errorf("want at most %d, got %d", len(want), len(values))
		return nil, &EncodeError{Path: "arguments", Err: err}
	}
	var out []Value
	for i, t := range want {
		f.path.push(step{kind: stepArg, index: i})
		var v Value
		var err error
		if i < len(values) {
			v, err = f.value(values[i], t)
		} else if v = nullOf(t.Kind); v == nil {
			err = fmt.Errorf("%w of type %s", ErrMissing, t)
		}
		if err != nil {
			return nil, &EncodeError{Path: f.path.String(), Err: err}
		}
		f.path.pop()
		out = append(out, v)
	}
	return out, nil
}

func (f *fitter) value(v Value, t *Type) (Value, error) {
	if f.left--; f.left < 0 {
		return nil, errors.New("text stands for too many values")
	}
	if n, ok := v.(number); ok && t.Kind != KindReserved {
		return n.as(t)
	}
	switch t.Kind {
	case KindReserved:
		return Reserved{}, nil
	case KindOpt:
		return f.opt(v, t)
	case KindVec:
		return f.vec(v, t)
	case KindInt:
		if n, ok := v.(Nat); ok {
			return Int{n.abs}, nil
		}
	case KindFloat32:
		if x, ok := v.(Float64); ok {
			return Float32(x), nil
		}
	}
	if v.kind() != t.Kind {
		return nil, mismatch(t, v)
	}
	switch v := v.(type) {
	case Record:
		return f.record(v, t)
	case Variant:
		return f.variant(v, t)
	}
	return v, nil
}

// as is the number as a value of a number type.
func (n number) as(t *Type) (Value, error) {
	signed, bits := false, 0
	switch t.Kind {
	case KindInt:
		return Int(n), nil
	case KindNat:
		if n.val.Sign() < 0 {
			return nil, fmt.Errorf("%w: %v does not fit %s", ErrRange, n.val, t)
		}
		return Nat{n.val}, nil
	case KindFloat32, KindFloat64:
		f, _ := new(big.Float).SetInt(n.val).Float64()
		if t.Kind == KindFloat32 {
			return Float32(f), nil
		}
		return Float64(f), nil
	case KindNat8, KindNat16, KindNat32, KindNat64:
		bits = 8 * t.Kind.fixedSize()
	case KindInt8, KindInt16, KindInt32, KindInt64:
		signed, bits = true, 8*t.Kind.fixedSize()
	default:
		return nil, mismatch(t, n)
	}
	if !inRange(n.val, signed, bits) {
		return nil, fmt.Errorf("%w: %s does not fit %s", ErrRange, clip(n.val.String()), t)
	}
	if signed {
		return sized(t.Kind, uint64(n.val.Int64())), nil
	}
	return sized(t.Kind, n.val.Uint64()), nil
}

func inRange(v *big.Int, signed bool, bits int) bool {
	if !signed {
		return v.Sign() >= 0 && v.BitLen() <= bits
	}
	limit := int64(math.MaxInt64) >> (64 - bits)
	return v.IsInt64() && -limit-1 <= v.Int64() && v.Int64() <= limit
}

func (f *fitter) opt(v Value, t *Type) (Value, error) {
	switch v := v.(type) {
	case Null, Reserved:
		return Opt{}, nil
	case Opt:
		if v.Some == nil {
			return v, nil
		}
		some, err := f.value(v.Some, t.Elem)
		return Opt{some}, err
	}
	return nil, mismatch(t, v)
}

func (f *fitter) vec(v Value, t *Type) (Value, error) {
	if b, ok := v.(Blob); ok && t.isBlob() {
		return b, nil
	}
	from := elements(v)
	if from == nil {
		return nil, mismatch(t, v)
	}
	out, blob := Vec{}, Blob{}
	for i, elem := range from {
		f.path.push(step{kind: stepElem, index: i})
		fitted, err := f.value(elem, t.Elem)
		if err != nil {
			return nil, err
		}
		f.path.pop()
		if c, ok := fitted.(Nat8); ok {
			blob = append(blob, byte(c))
			continue
		}
		out = append(out, fitted)
	}
	if t.isBlob() {
		return blob, nil
	}
	return out, nil
}

func (f *fitter) record(r Record, t *Type) (Value, error) {
	out := make(Record, 0, len(t.Fields))
	for _, want := range t.Fields {
		v, ok := r.byID(want.ID)
		if !ok {
			v = nullOf(want.Type.Kind)
		}
		if v == nil {
			return nil, &MismatchError{Want: t, Got: TypeOf(r), Label: &want.Label}
		}
		f.path.push(step{kind: stepField, label: want.Label})
		fitted, err := f.value(v, want.Type)
		if err != nil {
			return nil, err
		}
		f.path.pop()
		out = append(out, Field{want.Label, fitted})
	}
	return out, nil
}

func (f *fitter) variant(v Variant, t *Type) (Value, error) {
	want, ok := t.field(v.ID)
	if !ok {
		return nil, &MismatchError{Want: t, Got: TypeOf(v), Label: &v.Label}
	}
	f.path.push(step{kind: stepField, label: want.Label})
	fitted, err := f.value(v.Value, want.Type)
	if err != nil {
		return nil, err
	}
	f.path.pop()
	return Variant{want.Label, fitted}, nil
}
