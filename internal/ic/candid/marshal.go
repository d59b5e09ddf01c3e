package candid

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"

	"github.com/berth-cli/berth/internal/ic/principal"
)

// Marshal writes Go values as the arguments of a message.
//
//	Go                                   Candid
//	bool, string                         bool, text
//	uint8 … uint64, int8 … int64         nat8 … nat64, int8 … int64
//	float32, float64                     float32, float64
//	Nat, Int, Null, Reserved             nat, int, null, reserved
//	principal.Principal                  principal
//	[]byte, []T                          blob, vec T
//	*T                                   opt T, nil for null
//	struct                               record, of the fields with a tag
//	struct with a OneOf                  variant
//
// A field's tag names it, `candid:"canister_id"`, or numbers it, `candid:"#0"`. The
// error is an [*EncodeError], or a [*GoTypeError] for a Go type that is not in the
// list.
func Marshal(args ...any) ([]byte, error) {
	m := newMapper()
	var types []*Type
	var values []Value
	for i, arg := range args {
		if arg == nil {
			return nil, fmt.Errorf("encode argument %d: %w", i+1, &GoTypeError{"nil", "has no type"})
		}
		t, err := m.typeOf(reflect.TypeOf(arg))
		if err != nil {
			return nil, fmt.Errorf("encode argument %d: %w", i+1, err)
		}
		v, err := fromGo(reflect.ValueOf(arg))
		if err != nil {
			return nil, fmt.Errorf("encode argument %d: %w", i+1, err)
		}
		types, values = append(types, t), append(values, v)
	}
	return Encode(types, values)
}

// fromGo is the value of a Go value whose type is in the mapper's list.
func fromGo(v reflect.Value) (Value, error) {
	switch x := v.Interface().(type) {
	case Nat, Int, Null, Reserved:
		return x.(Value), nil
	case principal.Principal:
		return Principal{x}, nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return Opt{}, nil
		}
		some, err := fromGo(v.Elem())
		return Opt{some}, err
	case reflect.Slice:
		return sliceFromGo(v)
	case reflect.Struct:
		if isOneOf(v.Type()) {
			return variantFromGo(v)
		}
		return recordFromGo(v)
	}
	return simpleFromGo(v), nil
}

// simpleFromGo converts what has no parts.
func simpleFromGo(v reflect.Value) Value {
	switch v.Kind() {
	case reflect.Bool:
		return Bool(v.Bool())
	case reflect.String:
		return Text(v.String())
	case reflect.Uint8:
		return Nat8(v.Uint())
	case reflect.Uint16:
		return Nat16(v.Uint())
	case reflect.Uint32:
		return Nat32(v.Uint())
	case reflect.Uint64:
		return Nat64(v.Uint())
	case reflect.Int8:
		return Int8(v.Int())
	case reflect.Int16:
		return Int16(v.Int())
	case reflect.Int32:
		return Int32(v.Int())
	case reflect.Int64:
		return Int64(v.Int())
	case reflect.Float32:
		return Float32(v.Float())
	default:
		return Float64(v.Float())
	}
}

func sliceFromGo(v reflect.Value) (Value, error) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return Blob(bytes.Clone(v.Bytes())), nil
	}
	out := make(Vec, 0, v.Len())
	for i := range v.Len() {
		elem, err := fromGo(v.Index(i))
		if err != nil {
			return nil, err
		}
		out = append(out, elem)
	}
	return out, nil
}

func recordFromGo(v reflect.Value) (Value, error) {
	var out Record
	for _, f := range taggedFields(v.Type()) {
		elem, err := fromGo(v.FieldByIndex(f.Index))
		if err != nil {
			return nil, err
		}
		out = append(out, Field{labelOf(f), elem})
	}
	return sortRecord(out), nil
}

func variantFromGo(v reflect.Value) (Value, error) {
	var chosen []string
	var out Variant
	for _, f := range taggedFields(v.Type()) {
		p := v.FieldByIndex(f.Index)
		if p.IsNil() {
			continue
		}
		elem, err := fromGo(p.Elem())
		if err != nil {
			return nil, err
		}
		out = Variant{labelOf(f), elem}
		chosen = append(chosen, f.Name)
	}
	if len(chosen) != 1 {
		reason := fmt.Sprintf("want one tag set, got %d: %s", len(chosen), strings.Join(chosen, ", "))
		return nil, &GoTypeError{v.Type().String(), strings.TrimSuffix(reason, ": ")}
	}
	return out, nil
}
