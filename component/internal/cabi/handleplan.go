package cabi

import (
	"reflect"

	"github.com/berth-cli/berth/component/internal/types"
)

// handle is the plan of an own or borrow handle.
type handle struct {
	t       *types.Type
	res     int // index in Context.Resources
	own     bool
	dynamic bool
	conv    Handles
}

func (e *Env) compileHandle(t *types.Type, rt reflect.Type, path string) (node, error) {
	res, ok := e.Resources[t.Resource]
	if !ok {
		return nil, mismatch(t, rt, path, "the resource type is unknown")
	}
	n := &handle{t: t, res: res, own: t.Kind == types.Own, dynamic: e.isDynamic(rt), conv: e.Go.Handles}
	if n.dynamic {
		return n, nil
	}
	elem, own, ok := e.Go.Handle(rt)
	if !ok || own != n.own {
		return nil, mismatch(t, rt, path, "")
	}
	if e.CheckHandle != nil {
		if err := e.CheckHandle(t.Resource, elem); err != nil {
			return nil, mismatch(t, rt, path, err.Error())
		}
	}
	return n, nil
}

func (n *handle) lift(cx *Context, i uint32, dst reflect.Value) (err error) {
	r := cx.Resources[n.res]
	var rep Rep
	if n.own {
		rep, err = cx.liftOwn(i, r)
	} else {
		rep, err = cx.liftBorrow(i, r)
	}
	if err != nil {
		return err
	}
	return n.conv.Lift(dst, r, rep, n.own)
}

func (n *handle) lower(cx *Context, src reflect.Value) (uint32, error) {
	r := cx.Resources[n.res]
	rep, err := n.conv.Lower(src, r, n.own)
	switch {
	case err != nil:
		return 0, err
	case n.own:
		return cx.lowerOwn(rep, r)
	}
	return cx.lowerBorrow(rep, r)
}

func (n *handle) LiftFlat(cx *Context, flat []uint64, dst reflect.Value) error {
	return n.lift(cx, uint32(flat[0]), dst)
}

func (n *handle) LiftMem(cx *Context, ptr uint32, dst reflect.Value) error {
	return n.lift(cx, cx.load32(ptr), dst)
}

func (n *handle) LowerFlat(cx *Context, src reflect.Value, flat []uint64) error {
	i, err := n.lower(cx, src)
	flat[0] = uint64(i)
	return err
}

func (n *handle) LowerMem(cx *Context, src reflect.Value, ptr uint32) error {
	i, err := n.lower(cx, src)
	if err == nil {
		cx.store32(ptr, i)
	}
	return err
}

func (n *handle) Dynamic(src reflect.Value) any {
	if n.dynamic {
		return src.Interface()
	}
	return n.conv.Dynamic(n.t, src)
}
