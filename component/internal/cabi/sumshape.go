package cabi

import (
	"fmt"
	"reflect"

	"github.com/berth-cli/berth/component/internal/types"
)

// sumShape is how Go holds the cases. A payload that does not exist is the zero
// reflect.Value.
type sumShape interface {
	// open makes room for case i; the payload is stored in payload, then close
	// is called with both.
	open(cx *Context, dst reflect.Value, i int) (holder, payload reflect.Value, err error)
	close(dst, holder reflect.Value, i int)
	// split returns which case src is and its payload.
	split(src reflect.Value) (i int, payload reflect.Value, err error)
}

// sumShape returns how rt holds t, and the Go type of each case's payload.
func (e *Env) sumShape(t *types.Type, rt reflect.Type, path string) (sumShape, []reflect.Type, error) {
	switch {
	case e.isDynamic(rt):
		cases := casesOf(t)
		held := make([]reflect.Type, len(cases))
		for i := range held {
			held[i] = anyType
		}
		return &dynamicSum{t: t, cases: cases, dyn: e.Go.Dynamic}, held, nil
	case t.Kind == types.Result:
		return e.resultShape(t, rt, path)
	}
	return e.variantShape(t, rt, path)
}

func isNamedUint(rt reflect.Type) bool {
	return rt.Kind() >= reflect.Uint && rt.Kind() <= reflect.Uint64 && rt.PkgPath() != ""
}

// resultShape holds a result as a struct of the ok value, the error value, and
// whether it is the error.
type resultShape struct{}

func (e *Env) resultShape(t *types.Type, rt reflect.Type, path string) (sumShape, []reflect.Type, error) {
	if !e.Go.IsResult(rt) {
		return nil, nil, mismatch(t, rt, path, "")
	}
	held := []reflect.Type{rt.Field(0).Type, rt.Field(1).Type}
	for i, c := range casesOf(t) {
		if (c == nil) != (held[i] == e.Go.Unit) {
			return nil, nil, mismatch(t, rt, path, fmt.Sprintf("%s stands for no payload, and only for that", e.Go.Unit))
		}
	}
	return resultShape{}, held, nil
}

func (resultShape) open(_ *Context, dst reflect.Value, i int) (holder, payload reflect.Value, err error) {
	dst.SetZero()
	return holder, dst.Field(i), nil
}

func (resultShape) close(dst, _ reflect.Value, i int) { dst.Field(2).SetBool(i == 1) }

func (resultShape) split(src reflect.Value) (i int, payload reflect.Value, err error) {
	if src.Field(2).Bool() {
		i = 1
	}
	return i, src.Field(i), nil
}

// variantShape holds a variant as a sealed interface.
type variantShape struct {
	t     *types.Type
	cases []reflect.Type
	index map[reflect.Type]int
}

func (e *Env) variantShape(t *types.Type, rt reflect.Type, path string) (sumShape, []reflect.Type, error) {
	cases, err := e.caseTypes(t, rt, path)
	if err != nil {
		return nil, nil, err
	}
	s := &variantShape{t: t, cases: cases, index: map[reflect.Type]int{}}
	held := make([]reflect.Type, len(cases))
	for i, ct := range cases {
		if _, twice := s.index[ct]; twice {
			return nil, nil, mismatch(t, rt, path, fmt.Sprintf("%s stands for two cases", ct))
		}
		s.index[ct] = i
		if ct.NumField() == 1 {
			held[i] = ct.Field(0).Type
		}
	}
	return s, held, nil
}

func (s *variantShape) open(cx *Context, _ reflect.Value, i int) (holder, payload reflect.Value, err error) {
	ct := s.cases[i]
	if err := cx.charge(uint64(ct.Size())); err != nil {
		return holder, payload, err
	}
	holder = reflect.New(ct).Elem()
	if ct.NumField() == 1 {
		payload = holder.Field(0)
	}
	return holder, payload, nil
}

func (s *variantShape) close(dst, holder reflect.Value, _ int) { dst.Set(holder) }

func (s *variantShape) split(src reflect.Value) (i int, payload reflect.Value, err error) {
	if src.IsNil() {
		return 0, payload, &ValueError{WIT: s.t.String(), Reason: "the interface is nil"}
	}
	v := src.Elem()
	i, ok := s.index[v.Type()]
	if !ok {
		return 0, payload, &ValueError{WIT: s.t.String(), Reason: v.Type().String() + " is none of its cases"}
	}
	if v.NumField() == 1 {
		payload = v.Field(0)
	}
	return i, payload, nil
}

// dynamicSum holds any of them in the dynamic form.
type dynamicSum struct {
	t     *types.Type
	cases []*types.Type
	dyn   Dynamic
}

func (s *dynamicSum) open(cx *Context, _ reflect.Value, i int) (holder, payload reflect.Value, err error) {
	if err := cx.charge(dynamicFieldBytes); err != nil {
		return holder, payload, err
	}
	holder = reflect.New(anyType).Elem()
	return holder, holder, nil
}

func (s *dynamicSum) close(dst, holder reflect.Value, i int) {
	dst.Set(reflect.ValueOf(s.dyn.MakeSum(s.t, i, holder.Interface())))
}

func (s *dynamicSum) split(src reflect.Value) (i int, payload reflect.Value, err error) {
	i, v, err := s.dyn.SplitSum(s.t, src.Interface())
	if err != nil {
		return 0, payload, err
	}
	if i < 0 || i >= len(s.cases) {
		return 0, payload, &ValueError{WIT: s.t.String(), Reason: "there is no such case"}
	}
	return i, reflect.ValueOf(&v).Elem(), nil
}
