package cabi

import (
	"reflect"

	"github.com/berth-cli/berth/component/internal/types"
)

// option is the plan of an option held as a pointer.
type option struct {
	t      *types.Type
	elem   node
	held   reflect.Type // what the pointer points to
	bytes  uint64       // of it, what it is charged
	text   bool         // it is a string
	offset uint32       // of the payload in memory
	flat   int          // flat values, the discriminant among them
	out    Dynamic
}

func (e *Env) compileOption(t *types.Type, rt reflect.Type, path string) (node, error) {
	if rt.Kind() != reflect.Pointer {
		return nil, mismatch(t, rt, path, "an option is a pointer")
	}
	elem, err := e.compile(t.Elem, rt.Elem(), at(path, "case some"))
	if err != nil {
		return nil, err
	}
	flat, _ := t.Flat()
	return &option{
		t: t, elem: elem, held: rt.Elem(), bytes: uint64(rt.Elem().Size()), text: rt == reflect.TypeFor[*string](),
		offset: t.PayloadOffset(), flat: len(flat), out: e.Go.Dynamic,
	}, nil
}

// some checks the discriminant and pays for what is there. It stores none.
func (o *option) some(cx *Context, tag uint64, dst reflect.Value) (bool, error) {
	switch tag {
	case 0:
		dst.SetZero()
		return false, nil
	case 1:
		return true, cx.charge(o.bytes)
	}
	return false, badCase(o.t, tag, 2)
}

// setString stores a string that is there.
func (o *option) setString(cx *Context, ptr, n uint32, dst reflect.Value) error {
	s, err := cx.liftString(ptr, n)
	if err != nil {
		return err
	}
	*dst.Addr().Interface().(**string) = &s
	return nil
}

func (o *option) LiftFlat(cx *Context, flat []uint64, dst reflect.Value) error {
	some, err := o.some(cx, uint64(uint32(flat[0])), dst)
	if err != nil || !some {
		return err
	}
	if o.text {
		return o.setString(cx, uint32(flat[1]), uint32(flat[2]), dst)
	}
	p := reflect.New(o.held)
	if err := o.elem.LiftFlat(cx, flat[1:], p.Elem()); err != nil {
		return err
	}
	dst.Set(p)
	return nil
}

func (o *option) LiftMem(cx *Context, ptr uint32, dst reflect.Value) error {
	some, err := o.some(cx, uint64(cx.mem[ptr]), dst)
	if err != nil || !some {
		return err
	}
	ptr += o.offset
	if o.text {
		return o.setString(cx, cx.load32(ptr), cx.load32(ptr+4), dst)
	}
	p := reflect.New(o.held)
	if err := o.elem.LiftMem(cx, ptr, p.Elem()); err != nil {
		return err
	}
	dst.Set(p)
	return nil
}

func (o *option) LowerFlat(cx *Context, src reflect.Value, flat []uint64) error {
	clear(flat[:o.flat])
	if src.IsNil() {
		return nil
	}
	flat[0] = 1
	return o.elem.LowerFlat(cx, src.Elem(), flat[1:])
}

func (o *option) LowerMem(cx *Context, src reflect.Value, ptr uint32) error {
	if src.IsNil() {
		cx.mem[ptr] = 0
		return nil
	}
	cx.mem[ptr] = 1
	return o.elem.LowerMem(cx, src.Elem(), ptr+o.offset)
}

func (o *option) Dynamic(src reflect.Value) any {
	if src.IsNil() {
		return o.out.MakeSum(o.t, 0, nil)
	}
	return o.out.MakeSum(o.t, 1, o.elem.Dynamic(src.Elem()))
}
