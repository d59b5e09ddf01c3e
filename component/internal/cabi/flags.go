package cabi

import (
	"reflect"

	"github.com/berth-cli/berth/component/internal/types"
)

// flags is the plan of flags: bits of a number, or the dynamic form. Bits that
// stand for no flag are ignored.
type flags struct {
	t    *types.Type
	size uint32
	mask uint64
	dyn  Dynamic // nil for a number
	out  Dynamic
}

func (e *Env) compileFlags(t *types.Type, rt reflect.Type, path string) (node, error) {
	n := &flags{t: t, size: t.Size(), mask: 1<<len(t.Labels) - 1, out: e.Go.Dynamic}
	switch {
	case e.isDynamic(rt):
		n.dyn = e.Go.Dynamic
	case !isNamedUint(rt) || rt.Bits() < len(t.Labels):
		return nil, mismatch(t, rt, path, "flags are a named unsigned integer with a bit for each")
	}
	return n, nil
}

func (n *flags) lift(bits uint64, dst reflect.Value) {
	if n.dyn == nil {
		dst.SetUint(bits & n.mask)
		return
	}
	dst.Set(reflect.ValueOf(n.dyn.MakeFlags(n.t, uint32(bits&n.mask))))
}

func (n *flags) bits(src reflect.Value) (uint64, error) {
	if n.dyn == nil {
		return src.Uint() & n.mask, nil
	}
	bits, err := n.dyn.SplitFlags(n.t, src.Interface())
	return uint64(bits) & n.mask, err
}

// charge pays for the names of flags in the dynamic form.
func (n *flags) charge(cx *Context) error {
	if n.dyn == nil {
		return nil
	}
	return cx.charge(uint64(len(n.t.Labels)) * 16)
}

func (n *flags) LiftFlat(cx *Context, flat []uint64, dst reflect.Value) error {
	if err := n.charge(cx); err != nil {
		return err
	}
	n.lift(flat[0], dst)
	return nil
}

func (n *flags) LiftMem(cx *Context, ptr uint32, dst reflect.Value) error {
	if err := n.charge(cx); err != nil {
		return err
	}
	n.lift(cx.load(ptr, n.size), dst)
	return nil
}

func (n *flags) LowerFlat(_ *Context, src reflect.Value, flat []uint64) (err error) {
	flat[0], err = n.bits(src)
	return err
}

func (n *flags) LowerMem(cx *Context, src reflect.Value, ptr uint32) error {
	bits, err := n.bits(src)
	if err == nil {
		cx.store(ptr, n.size, bits)
	}
	return err
}

func (n *flags) Dynamic(src reflect.Value) any {
	if n.dyn != nil {
		return src.Interface()
	}
	return n.out.MakeFlags(n.t, uint32(src.Uint()&n.mask))
}
