package candid

import (
	"fmt"
	"reflect"
	"slices"
)

// Unmarshal reads the arguments of a message into Go variables, each given by a
// pointer. The Go types say what is expected, see [Marshal]; a field the message has
// beyond them is ignored, and an opt field it lacks becomes nil, so that newer and
// older services are understood. Limits are those of the zero [Quota].
//
// The error is a [*DecodeError], or a [*GoTypeError]; the variables are then as they
// were.
func Unmarshal(b []byte, args ...any) error {
	return UnmarshalQuota(b, Quota{}, args...)
}

// UnmarshalQuota is [Unmarshal] with limits of the caller's choice.
func UnmarshalQuota(b []byte, q Quota, args ...any) error {
	m := newMapper()
	var want []*Type
	var into []reflect.Value
	for i, arg := range args {
		p := reflect.ValueOf(arg)
		if p.Kind() != reflect.Pointer || p.IsNil() {
			return fmt.Errorf("decode argument %d: %w", i+1, &GoTypeError{fmt.Sprintf("%T", arg), "want a pointer"})
		}
		t, err := m.typeOf(p.Type().Elem())
		if err != nil {
			return fmt.Errorf("decode argument %d: %w", i+1, err)
		}
		want, into = append(want, t), append(into, p.Elem())
	}
	values, err := Decode(b, want, q)
	if err != nil {
		return err
	}
	for i, v := range values {
		into[i].SetZero()
		toGo(into[i], v)
	}
	return nil
}

// toGo stores a value decoded at the type of dst, which is zero.
func toGo(dst reflect.Value, v Value) {
	switch v := v.(type) {
	case Opt:
		if v.Some != nil {
			dst.Set(reflect.New(dst.Type().Elem()))
			toGo(dst.Elem(), v.Some)
		}
	case Blob:
		dst.SetBytes(v)
	case Vec:
		dst.Set(reflect.MakeSlice(dst.Type(), len(v), len(v)))
		for i, elem := range v {
			toGo(dst.Index(i), elem)
		}
	case Record:
		for _, f := range taggedFields(dst.Type()) {
			elem, _ := v.byID(labelOf(f).ID)
			toGo(dst.FieldByIndex(f.Index), elem)
		}
	case Variant:
		tag := slices.IndexFunc(taggedFields(dst.Type()), func(f reflect.StructField) bool {
			return labelOf(f).ID == v.ID
		})
		p := dst.FieldByIndex(taggedFields(dst.Type())[tag].Index)
		p.Set(reflect.New(p.Type().Elem()))
		toGo(p.Elem(), v.Value)
	default:
		simpleToGo(dst, v)
	}
}

func simpleToGo(dst reflect.Value, v Value) {
	switch v := v.(type) {
	case Principal:
		dst.Set(reflect.ValueOf(v.ID))
	case Nat, Int, Null, Reserved:
		dst.Set(reflect.ValueOf(v))
	default: // bool, text and numbers, of which dst has the kind
		dst.Set(reflect.ValueOf(v).Convert(dst.Type()))
	}
}
