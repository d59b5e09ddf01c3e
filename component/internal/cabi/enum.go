package cabi

import (
	"fmt"
	"reflect"

	"github.com/berth-cli/berth/component/internal/types"
)

// enum is the plan of an enum held as a number.
type enum struct {
	t    *types.Type
	size uint32
	out  Dynamic
}

func (e *Env) compileEnum(t *types.Type, rt reflect.Type, path string) (node, error) {
	if !isNamedUint(rt) || rt.Bits() < 64 && uint64(len(t.Labels)-1)>>rt.Bits() != 0 {
		return nil, mismatch(t, rt, path, "an enum is a named unsigned integer with room for its cases")
	}
	return &enum{t: t, size: t.DiscriminantSize(), out: e.Go.Dynamic}, nil
}

func (n *enum) lift(tag uint64, dst reflect.Value) error {
	if tag >= uint64(len(n.t.Labels)) {
		return badCase(n.t, tag, len(n.t.Labels))
	}
	dst.SetUint(tag)
	return nil
}

// number returns which case src is.
func (n *enum) number(src reflect.Value) (uint64, error) {
	v := src.Uint()
	if v >= uint64(len(n.t.Labels)) {
		return 0, &ValueError{WIT: n.t.String(), Reason: fmt.Sprintf("%d is none of its %d cases", v, len(n.t.Labels))}
	}
	return v, nil
}

func (n *enum) LiftFlat(_ *Context, flat []uint64, dst reflect.Value) error {
	return n.lift(uint64(uint32(flat[0])), dst)
}

func (n *enum) LiftMem(cx *Context, ptr uint32, dst reflect.Value) error {
	return n.lift(cx.load(ptr, n.size), dst)
}

func (n *enum) LowerFlat(_ *Context, src reflect.Value, flat []uint64) (err error) {
	flat[0], err = n.number(src)
	return err
}

func (n *enum) LowerMem(cx *Context, src reflect.Value, ptr uint32) error {
	v, err := n.number(src)
	if err == nil {
		cx.store(ptr, n.size, v)
	}
	return err
}

func (n *enum) Dynamic(src reflect.Value) any {
	v, err := n.number(src)
	if err != nil {
		return nil
	}
	return n.out.MakeSum(n.t, int(v), nil)
}
