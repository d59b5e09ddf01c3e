package cabi

import (
	"reflect"

	"github.com/berth-cli/berth/component/internal/types"
)

// span is the plan of what is a pointer and a length: a string or a list. lift
// takes n elements at ptr; lower puts src into fresh guest memory.
type span struct {
	lift    func(cx *Context, ptr, n uint32, dst reflect.Value) error
	lower   func(cx *Context, src reflect.Value) (ptr, n uint32, err error)
	dynamic func(src reflect.Value) any
}

func (s *span) LiftFlat(cx *Context, flat []uint64, dst reflect.Value) error {
	return s.lift(cx, uint32(flat[0]), uint32(flat[1]), dst)
}

func (s *span) LiftMem(cx *Context, ptr uint32, dst reflect.Value) error {
	return s.lift(cx, cx.load32(ptr), cx.load32(ptr+4), dst)
}

func (s *span) LowerFlat(cx *Context, src reflect.Value, flat []uint64) error {
	ptr, n, err := s.lower(cx, src)
	flat[0], flat[1] = uint64(ptr), uint64(n)
	return err
}

func (s *span) LowerMem(cx *Context, src reflect.Value, at uint32) error {
	ptr, n, err := s.lower(cx, src)
	if err != nil {
		return err
	}
	cx.store32(at, ptr)
	cx.store32(at+4, n)
	return nil
}

func (s *span) Dynamic(src reflect.Value) any { return s.dynamic(src) }

func (e *Env) compileString(t *types.Type, rt reflect.Type, path string) (node, error) {
	if e.isDynamic(rt) {
		return &span{lift: liftStringInto, lower: lowerDynamicString, dynamic: held}, nil
	}
	if rt.Kind() != reflect.String {
		return nil, mismatch(t, rt, path, "")
	}
	return &span{
		lift: func(cx *Context, ptr, n uint32, dst reflect.Value) error {
			s, err := cx.liftString(ptr, n)
			dst.SetString(s)
			return err
		},
		lower:   func(cx *Context, src reflect.Value) (ptr, n uint32, err error) { return cx.lowerString(src.String()) },
		dynamic: func(src reflect.Value) any { return src.String() },
	}, nil
}

func liftStringInto(cx *Context, ptr, n uint32, dst reflect.Value) error {
	s, err := cx.liftString(ptr, n)
	if err == nil {
		dst.Set(reflect.ValueOf(s))
	}
	return err
}

func lowerDynamicString(cx *Context, src reflect.Value) (ptr, n uint32, err error) {
	s, ok := src.Interface().(string)
	if !ok {
		return 0, 0, &ValueError{WIT: "string", Reason: wrongGo(src)}
	}
	return cx.lowerString(s)
}

// wrongGo says what src, an interface, holds instead of what it should.
func wrongGo(src reflect.Value) string {
	if src.IsNil() {
		return "there is no value"
	}
	return "the value is a Go " + src.Elem().Type().String()
}

// held returns what src, an interface already in the dynamic form, holds.
func held(src reflect.Value) any { return src.Interface() }
