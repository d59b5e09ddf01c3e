package cabi

import (
	"fmt"
	"math"
	"reflect"

	"github.com/berth-cli/berth/component/internal/types"
)

// scalar is the plan of a number, bool or char. Its bits are the same flat as in
// memory, but for the high ones: ignored when lifted, and when lowered a sign
// extension up to 32 or 64.
type scalar struct {
	kind types.Kind
	size uint32
	char reflect.Type // the Go type of a char in the dynamic form

	set func(dst reflect.Value, bits uint64) // bits are normal
	get func(src reflect.Value) (uint64, error)
}

func (n *scalar) lift(bits uint64, dst reflect.Value) error {
	bits, err := normal(n.kind, bits)
	if err == nil {
		n.set(dst, bits)
	}
	return err
}

func (n *scalar) LiftFlat(_ *Context, flat []uint64, dst reflect.Value) error {
	return n.lift(flat[0], dst)
}

func (n *scalar) LiftMem(cx *Context, ptr uint32, dst reflect.Value) error {
	return n.lift(cx.load(ptr, n.size), dst)
}

func (n *scalar) LowerFlat(_ *Context, src reflect.Value, flat []uint64) (err error) {
	flat[0], err = n.get(src)
	return err
}

func (n *scalar) LowerMem(cx *Context, src reflect.Value, ptr uint32) error {
	bits, err := n.get(src)
	if err == nil {
		cx.store(ptr, n.size, bits)
	}
	return err
}

func (n *scalar) Dynamic(src reflect.Value) any {
	bits, err := n.get(src)
	if err == nil {
		bits, err = normal(n.kind, bits)
	}
	if err != nil {
		return nil
	}
	return boxed(n.kind, n.char, bits)
}

// Canonical NaNs, as every NaN is when it is lifted or lowered.
//
// CanonicalABI.md, "Loading", "Storing".
const (
	nan32 = 0x7fc00000
	nan64 = 0x7ff8000000000000
)

// normal returns what bits mean as a value of kind k, in its narrowest form: a
// bool 0 or 1, a signed integer sign-extended to 64 bits, the others
// zero-extended. The error is a trap for what is no char.
func normal(k types.Kind, bits uint64) (uint64, error) {
	switch k {
	case types.Bool:
		if uint32(bits) != 0 {
			return 1, nil
		}
		return 0, nil
	case types.S8:
		return uint64(int64(int8(bits))), nil
	case types.S16:
		return uint64(int64(int16(bits))), nil
	case types.S32:
		return uint64(int64(int32(bits))), nil
	case types.U8:
		return uint64(uint8(bits)), nil
	case types.U16:
		return uint64(uint16(bits)), nil
	case types.U32:
		return uint64(uint32(bits)), nil
	case types.F32:
		return normalF32(bits), nil
	case types.F64:
		return normalF64(bits), nil
	case types.Char:
		return normalChar(bits)
	}
	return bits, nil
}

func normalF32(bits uint64) uint64 {
	if f := math.Float32frombits(uint32(bits)); f != f {
		return nan32
	}
	return uint64(uint32(bits))
}

func normalF64(bits uint64) uint64 {
	if f := math.Float64frombits(bits); f != f {
		return nan64
	}
	return bits
}

func normalChar(bits uint64) (uint64, error) {
	if c := uint32(bits); c >= 0x110000 || c >= 0xd800 && c <= 0xdfff {
		return 0, badValue("invalid `char` bit pattern: 0x%x", c)
	}
	return uint64(uint32(bits)), nil
}

// lowered returns normal bits as they are on the flat stack: a signed integer of up
// to 32 bits fills only those.
func lowered(k types.Kind, bits uint64) uint64 {
	switch k {
	case types.S8, types.S16, types.S32:
		return uint64(uint32(bits))
	}
	return bits
}

// The kinds of Go value that hold each kind of scalar.
var scalarKinds = [...]reflect.Kind{
	types.Bool: reflect.Bool,
	types.S8:   reflect.Int8, types.S16: reflect.Int16, types.S32: reflect.Int32, types.S64: reflect.Int64,
	types.U8: reflect.Uint8, types.U16: reflect.Uint16, types.U32: reflect.Uint32, types.U64: reflect.Uint64,
	types.F32: reflect.Float32, types.F64: reflect.Float64,
	types.Char: reflect.Int32,
}

func (e *Env) compileScalar(t *types.Type, rt reflect.Type, path string) (node, error) {
	if int(t.Kind) >= len(scalarKinds) || scalarKinds[t.Kind] == reflect.Invalid {
		return nil, mismatch(t, rt, path, t.Kind.String()+" is not supported")
	}
	n := &scalar{kind: t.Kind, size: t.Size(), char: e.Go.Char}
	switch {
	case e.isDynamic(rt):
		n.set = func(dst reflect.Value, bits uint64) { dst.Set(reflect.ValueOf(boxed(n.kind, n.char, bits))) }
		n.get = func(src reflect.Value) (uint64, error) { return unboxed(t, n.char, src) }
	case rt.Kind() != scalarKinds[t.Kind]:
		return nil, mismatch(t, rt, path, "")
	case (rt == e.Go.Char) != (t.Kind == types.Char):
		return nil, mismatch(t, rt, path, "a char is a "+e.Go.Char.String()+", and only a char is")
	default:
		n.set, n.get = setter(t.Kind), getter(t.Kind)
	}
	return n, nil
}

// setter returns what stores normal bits of kind k in a Go value of its type.
func setter(k types.Kind) func(dst reflect.Value, bits uint64) {
	switch k {
	case types.Bool:
		return func(dst reflect.Value, bits uint64) { dst.SetBool(bits != 0) }
	case types.U8, types.U16, types.U32, types.U64:
		return func(dst reflect.Value, bits uint64) { dst.SetUint(bits) }
	case types.F32:
		return func(dst reflect.Value, bits uint64) { dst.SetFloat(float64(math.Float32frombits(uint32(bits)))) }
	case types.F64:
		return func(dst reflect.Value, bits uint64) { dst.SetFloat(math.Float64frombits(bits)) }
	}
	return func(dst reflect.Value, bits uint64) { dst.SetInt(int64(bits)) }
}

// getter returns what takes the flat bits of kind k from a Go value of its type.
func getter(k types.Kind) func(src reflect.Value) (uint64, error) {
	switch k {
	case types.Bool:
		return func(src reflect.Value) (uint64, error) { return bit(src.Bool()), nil }
	case types.U8, types.U16, types.U32, types.U64:
		return func(src reflect.Value) (uint64, error) { return src.Uint(), nil }
	case types.F32:
		return func(src reflect.Value) (uint64, error) {
			return normalF32(uint64(math.Float32bits(float32(src.Float())))), nil
		}
	case types.F64:
		return func(src reflect.Value) (uint64, error) { return normalF64(math.Float64bits(src.Float())), nil }
	case types.Char:
		return func(src reflect.Value) (uint64, error) { return charBits(src.Int()) }
	}
	return func(src reflect.Value) (uint64, error) { return lowered(k, uint64(src.Int())), nil }
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// charBits returns the flat bits of a char the host gives.
func charBits(c int64) (uint64, error) {
	bits, err := normalChar(uint64(uint32(c)))
	if err != nil {
		return 0, &ValueError{WIT: "char", Reason: fmt.Sprintf("0x%x is not a Unicode scalar value", uint32(c))}
	}
	return bits, nil
}

// boxed returns normal bits of kind k in the dynamic form.
func boxed(k types.Kind, char reflect.Type, bits uint64) any {
	switch k {
	case types.Bool:
		return bits != 0
	case types.S8:
		return int8(bits)
	case types.S16:
		return int16(bits)
	case types.S32:
		return int32(bits)
	case types.S64:
		return int64(bits)
	case types.U8:
		return uint8(bits)
	case types.U16:
		return uint16(bits)
	case types.U32:
		return uint32(bits)
	case types.U64:
		return bits
	case types.F32:
		return math.Float32frombits(uint32(bits))
	case types.F64:
		return math.Float64frombits(bits)
	}
	return reflect.ValueOf(int32(bits)).Convert(char).Interface()
}

// unboxed returns the flat bits of a scalar in the dynamic form.
func unboxed(t *types.Type, char reflect.Type, src reflect.Value) (uint64, error) {
	v := src.Elem() // what the interface holds
	want := scalarKinds[t.Kind]
	if !v.IsValid() || v.Kind() != want || (v.Type() == char) != (t.Kind == types.Char) {
		return 0, &ValueError{WIT: t.String(), Reason: wrongGo(src)}
	}
	return getter(t.Kind)(v)
}
