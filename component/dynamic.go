package component

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/berth-cli/berth/component/internal/cabi"
	"github.com/berth-cli/berth/component/internal/types"
)

// goTypes says which Go types have a meaning of their own in this package.
func goTypes() cabi.GoTypes {
	return cabi.GoTypes{
		Char: reflect.TypeFor[Char](), Unit: reflect.TypeFor[Unit](),
		Lent:     reflect.TypeFor[LentBytes](),
		IsResult: func(rt reflect.Type) bool { return rt.Implements(reflect.TypeFor[resultType]()) },
		Handle:   handleType,
		Dynamic:  dynamic{}, Handles: handles{},
	}
}

// resultType tells Result types from all others.
type resultType interface{ isResult() }

func (Result[T, E]) isResult() {}

func handleType(rt reflect.Type) (elem reflect.Type, own, ok bool) {
	own = rt.Implements(reflect.TypeFor[ownHandle]())
	if !own && !rt.Implements(reflect.TypeFor[borrowHandle]()) || rt.Kind() != reflect.Struct {
		return nil, false, false
	}
	return rt.Field(0).Type, own, true
}

// dynamic makes the dynamic form of compound values. It implements cabi.Dynamic.
type dynamic struct{}

func (dynamic) MakeRecord(t *types.Type, fields []any) any {
	if t.Kind == types.Tuple {
		return Tuple(fields)
	}
	r := make(Record, len(fields))
	for i, v := range fields {
		r[i] = Field{Name: t.Fields[i].Name, Value: v}
	}
	return r
}

// SplitRecord takes the fields of a Record in any order.
func (dynamic) SplitRecord(t *types.Type, v any) ([]any, error) {
	if t.Kind == types.Tuple {
		if tuple, ok := v.(Tuple); ok && len(tuple) == len(t.Fields) {
			return tuple, nil
		}
		return nil, wrongValue(t, v)
	}
	r, ok := v.(Record)
	if !ok || len(r) != len(t.Fields) {
		return nil, wrongValue(t, v)
	}
	fields := make([]any, len(r))
	for i, f := range t.Fields {
		j := i
		if r[j].Name != f.Name {
			j = slices.IndexFunc(r, func(g Field) bool { return g.Name == f.Name })
		}
		if j < 0 {
			return nil, &cabi.ValueError{WIT: t.String(), Reason: fmt.Sprintf("the value has no field %q", f.Name)}
		}
		fields[i] = r[j].Value
	}
	return fields, nil
}

func (dynamic) MakeSum(t *types.Type, i int, payload any) any {
	switch t.Kind {
	case types.Enum:
		return Enum(t.Labels[i])
	case types.Option:
		return Option{Some: i == 1, Value: payload}
	case types.Result:
		return ResultValue{Err: i == 1, Value: payload}
	}
	return Variant{Case: t.Cases[i].Name, Value: payload}
}

func (dynamic) SplitSum(t *types.Type, v any) (int, any, error) {
	i := -1
	var payload any
	switch v := v.(type) {
	case Enum:
		if t.Kind == types.Enum {
			i = slices.Index(t.Labels, string(v))
		}
	case Option:
		if t.Kind == types.Option {
			i, payload = index(v.Some), v.Value
		}
	case ResultValue:
		if t.Kind == types.Result {
			i, payload = index(v.Err), v.Value
		}
	case Variant:
		if t.Kind == types.Variant {
			i, payload = slices.IndexFunc(t.Cases, func(c types.Case) bool { return c.Name == v.Case }), v.Value
		}
	}
	if i < 0 {
		return 0, nil, wrongValue(t, v)
	}
	return i, payload, nil
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (dynamic) MakeFlags(t *types.Type, bits uint32) any {
	f := Flags{}
	for i, l := range t.Labels {
		if bits>>i&1 != 0 {
			f = append(f, l)
		}
	}
	return f
}

func (dynamic) SplitFlags(t *types.Type, v any) (bits uint32, err error) {
	f, ok := v.(Flags)
	if !ok {
		return 0, wrongValue(t, v)
	}
	for _, l := range f {
		i := slices.Index(t.Labels, l)
		if i < 0 {
			return 0, &cabi.ValueError{WIT: t.String(), Reason: fmt.Sprintf("there is no flag %q", l)}
		}
		bits |= 1 << i
	}
	return bits, nil
}

// wrongValue says that v is not a value of t in the dynamic form.
func wrongValue(t *types.Type, v any) error {
	switch v := v.(type) {
	case nil:
		return &cabi.ValueError{WIT: t.String(), Reason: "there is no value"}
	case Enum:
		return &cabi.ValueError{WIT: t.String(), Reason: fmt.Sprintf("it has no case %q", string(v))}
	case Variant:
		return &cabi.ValueError{WIT: t.String(), Reason: fmt.Sprintf("it has no case %q", v.Case)}
	}
	return &cabi.ValueError{WIT: t.String(), Reason: fmt.Sprintf("the value is a Go %T", v)}
}
