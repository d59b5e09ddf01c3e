package cabi

import (
	"math"
	"reflect"

	"github.com/berth-cli/berth/component/internal/types"
)

// Value moves values of Go type T across the boundary by a Plan, without
// reflection for the kinds that have a short way: numbers, bools, strings and
// bytes. It takes pointers, so that whoever uses one again and again need not
// allocate.
type Value[T any] struct {
	Plan *Plan

	kind     types.Kind
	size     uint32
	fromBits func(bits uint64) T // bits are normal
	toBits   func(v T) (uint64, error)
	lift     func(cx *Context, ptr, n uint32) (T, error)
	lower    func(cx *Context, v T) (ptr, n uint32, err error)
}

// NewValue returns the Value for plan, whose Go type is T.
func NewValue[T any](plan *Plan) *Value[T] {
	v := &Value[T]{Plan: plan, kind: plan.Type.Kind, size: plan.Type.Size()}
	v.shorten()
	return v
}

// shorten finds the short way for exactly the Go types that have one.
func (v *Value[T]) shorten() {
	var lift, lower any
	switch any((*T)(nil)).(type) {
	case *bool:
		v.scalar(func(b uint64) bool { return b != 0 }, func(x bool) (uint64, error) { return bit(x), nil })
	case *int8:
		v.scalar(func(b uint64) int8 { return int8(b) }, func(x int8) (uint64, error) { return uint64(uint32(x)), nil })
	case *int16:
		v.scalar(func(b uint64) int16 { return int16(b) }, func(x int16) (uint64, error) { return uint64(uint32(x)), nil })
	case *int32:
		v.scalar(func(b uint64) int32 { return int32(b) }, func(x int32) (uint64, error) { return uint64(uint32(x)), nil })
	case *int64:
		v.scalar(func(b uint64) int64 { return int64(b) }, func(x int64) (uint64, error) { return uint64(x), nil })
	case *uint8:
		v.scalar(func(b uint64) uint8 { return uint8(b) }, func(x uint8) (uint64, error) { return uint64(x), nil })
	case *uint16:
		v.scalar(func(b uint64) uint16 { return uint16(b) }, func(x uint16) (uint64, error) { return uint64(x), nil })
	case *uint32:
		v.scalar(func(b uint64) uint32 { return uint32(b) }, func(x uint32) (uint64, error) { return uint64(x), nil })
	case *uint64:
		v.scalar(func(b uint64) uint64 { return b }, func(x uint64) (uint64, error) { return x, nil })
	case *float32:
		v.scalar(func(b uint64) float32 { return math.Float32frombits(uint32(b)) },
			func(x float32) (uint64, error) { return normalF32(uint64(math.Float32bits(x))), nil })
	case *float64:
		v.scalar(math.Float64frombits, func(x float64) (uint64, error) { return normalF64(math.Float64bits(x)), nil })
	case *string:
		lift, lower = (*Context).liftString, (*Context).lowerString
	case *[]byte:
		lift, lower = (*Context).liftBytes, (*Context).lowerBytes
	}
	if lift != nil {
		v.lift, _ = lift.(func(*Context, uint32, uint32) (T, error))
		v.lower, _ = lower.(func(*Context, T) (uint32, uint32, error))
	}
}

// scalar sets the short way of a scalar; from and to are a func(uint64) T and a
// func(T) (uint64, error).
func (v *Value[T]) scalar(from, to any) {
	v.fromBits, _ = from.(func(uint64) T)
	v.toBits, _ = to.(func(T) (uint64, error))
}

// LiftFlat stores to dst what flat values say.
func (v *Value[T]) LiftFlat(cx *Context, flat []uint64, dst *T) (err error) {
	switch {
	case v.fromBits != nil:
		bits, err := normal(v.kind, flat[0])
		*dst = v.fromBits(bits)
		return err
	case v.lift != nil:
		*dst, err = v.lift(cx, uint32(flat[0]), uint32(flat[1]))
		return err
	}
	return v.Plan.LiftFlat(cx, flat, reflect.ValueOf(dst).Elem())
}

// LiftMem stores to dst what is in checked guest memory at ptr.
func (v *Value[T]) LiftMem(cx *Context, ptr uint32, dst *T) (err error) {
	switch {
	case v.fromBits != nil:
		bits, err := normal(v.kind, cx.load(ptr, v.size))
		*dst = v.fromBits(bits)
		return err
	case v.lift != nil:
		*dst, err = v.lift(cx, cx.load32(ptr), cx.load32(ptr+4))
		return err
	}
	return v.Plan.LiftMem(cx, ptr, reflect.ValueOf(dst).Elem())
}

// LowerFlat makes flat values of src.
func (v *Value[T]) LowerFlat(cx *Context, src *T, flat []uint64) (err error) {
	switch {
	case v.toBits != nil:
		flat[0], err = v.toBits(*src)
		return err
	case v.lower != nil:
		ptr, n, err := v.lower(cx, *src)
		flat[0], flat[1] = uint64(ptr), uint64(n)
		return err
	}
	return v.Plan.LowerFlat(cx, reflect.ValueOf(src).Elem(), flat)
}

// LowerMem writes src to checked guest memory at ptr.
func (v *Value[T]) LowerMem(cx *Context, src *T, ptr uint32) error {
	switch {
	case v.toBits != nil:
		bits, err := v.toBits(*src)
		if err == nil {
			cx.store(ptr, v.size, bits)
		}
		return err
	case v.lower != nil:
		begin, n, err := v.lower(cx, *src)
		if err != nil {
			return err
		}
		cx.store32(ptr, begin)
		cx.store32(ptr+4, n)
		return nil
	}
	return v.Plan.LowerMem(cx, reflect.ValueOf(src).Elem(), ptr)
}

// Dynamic returns src in the dynamic form.
func (v *Value[T]) Dynamic(src *T) any { return v.Plan.Dynamic(reflect.ValueOf(src).Elem()) }
