package cabi

import (
	"reflect"

	"github.com/berth-cli/berth/component/internal/types"
)

// sum is the plan of a variant or result, and of an option or enum in the dynamic
// form.
type sum struct {
	t       *types.Type
	payload []node // of each case; nil where it has none
	tag     uint32 // bytes of the discriminant in memory
	offset  uint32 // of the payload in memory
	flat    int    // flat values, the discriminant among them
	shape   sumShape
	out     Dynamic
}

// casesOf returns the payload type of each case, nil where there is none.
func casesOf(t *types.Type) []*types.Type {
	switch t.Kind {
	case types.Option:
		return []*types.Type{nil, t.Elem}
	case types.Result:
		return []*types.Type{t.Ok, t.Err}
	case types.Enum:
		return make([]*types.Type, len(t.Labels))
	}
	cases := make([]*types.Type, len(t.Cases))
	for i, c := range t.Cases {
		cases[i] = c.Type
	}
	return cases
}

// caseName returns the name of case i.
func caseName(t *types.Type, i int) string {
	switch t.Kind {
	case types.Option:
		return [...]string{"none", "some"}[i]
	case types.Result:
		return [...]string{"ok", "error"}[i]
	case types.Enum:
		return t.Labels[i]
	}
	return t.Cases[i].Name
}

func (e *Env) compileSum(t *types.Type, rt reflect.Type, path string) (node, error) {
	switch {
	case e.isDynamic(rt):
	case t.Kind == types.Option:
		return e.compileOption(t, rt, path)
	case t.Kind == types.Enum:
		return e.compileEnum(t, rt, path)
	}
	shape, held, err := e.sumShape(t, rt, path)
	if err != nil {
		return nil, err
	}
	cases := casesOf(t)
	flat, _ := t.Flat()
	s := &sum{
		t: t, payload: make([]node, len(cases)), tag: t.DiscriminantSize(), offset: t.PayloadOffset(),
		flat: len(flat), shape: shape, out: e.Go.Dynamic,
	}
	for i, c := range cases {
		if c == nil {
			continue
		}
		if s.payload[i], err = e.compile(c, held[i], at(path, "case "+caseName(t, i))); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// badCase is the trap of a discriminant that stands for none of n cases.
func badCase(t *types.Type, tag uint64, n int) error {
	return badValue("invalid variant discriminant: %d of %d cases of %s", tag, n, t)
}

func (s *sum) lift(cx *Context, tag uint64, dst reflect.Value, payload func(node, reflect.Value) error) error {
	if tag >= uint64(len(s.payload)) {
		return badCase(s.t, tag, len(s.payload))
	}
	i := int(tag)
	holder, to, err := s.shape.open(cx, dst, i)
	if err != nil {
		return err
	}
	if n := s.payload[i]; n != nil {
		if err := payload(n, to); err != nil {
			return err
		}
	}
	s.shape.close(dst, holder, i)
	return nil
}

func (s *sum) LiftFlat(cx *Context, flat []uint64, dst reflect.Value) error {
	return s.lift(cx, uint64(uint32(flat[0])), dst, func(n node, to reflect.Value) error {
		return n.LiftFlat(cx, flat[1:], to)
	})
}

func (s *sum) LiftMem(cx *Context, ptr uint32, dst reflect.Value) error {
	return s.lift(cx, cx.load(ptr, s.tag), dst, func(n node, to reflect.Value) error {
		return n.LiftMem(cx, ptr+s.offset, to)
	})
}

func (s *sum) LowerFlat(cx *Context, src reflect.Value, flat []uint64) error {
	i, payload, err := s.shape.split(src)
	if err != nil {
		return err
	}
	clear(flat[:s.flat])
	flat[0] = uint64(i)
	if n := s.payload[i]; n != nil {
		return n.LowerFlat(cx, payload, flat[1:])
	}
	return nil
}

func (s *sum) LowerMem(cx *Context, src reflect.Value, ptr uint32) error {
	i, payload, err := s.shape.split(src)
	if err != nil {
		return err
	}
	cx.store(ptr, s.tag, uint64(i))
	if n := s.payload[i]; n != nil {
		return n.LowerMem(cx, payload, ptr+s.offset)
	}
	return nil
}

func (s *sum) Dynamic(src reflect.Value) any {
	if src.Kind() == reflect.Interface && src.Type() == anyType {
		return src.Interface()
	}
	i, payload, err := s.shape.split(src)
	if err != nil {
		return nil
	}
	var v any
	if n := s.payload[i]; n != nil {
		v = n.Dynamic(payload)
	}
	return s.out.MakeSum(s.t, i, v)
}
