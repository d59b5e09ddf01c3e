package cabi_test

import (
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/berth-cli/berth/component/internal/cabi"
	"github.com/berth-cli/berth/component/internal/types"
)

// gen makes types and values of them from a source of bytes.
type gen struct {
	typeMaker
	r *rand.Rand
}

func newGen(t testing.TB, seed uint64) gen {
	return gen{newTypes(t), rand.New(rand.NewPCG(seed, 1))}
}

// typ returns a type nested at most depth deep.
func (g gen) typ(depth int) *types.Type {
	if depth == 0 || g.r.IntN(4) == 0 {
		switch g.r.IntN(4) {
		case 0:
			return g.enum(1 + g.r.IntN(300))
		case 1:
			return g.flags(1 + g.r.IntN(32))
		}
		return g.prim(types.Bool + types.Kind(g.r.IntN(int(types.String))))
	}
	switch g.r.IntN(6) {
	case 0:
		return g.list(g.typ(depth - 1))
	case 1:
		return g.option(g.typ(depth - 1))
	case 2:
		return g.result(g.maybe(depth-1), g.maybe(depth-1))
	case 3:
		return g.must(g.in.FixedList(g.typ(depth-1), uint32(1+g.r.IntN(3))))
	case 4:
		return g.variant(g.types(depth-1, g.maybe)...)
	}
	return g.record(g.types(depth-1, g.typ)...)
}

func (g gen) maybe(depth int) *types.Type {
	if g.r.IntN(3) == 0 {
		return nil
	}
	return g.typ(depth)
}

func (g gen) types(depth int, one func(int) *types.Type) []*types.Type {
	ts := make([]*types.Type, 1+g.r.IntN(4))
	for i := range ts {
		ts[i] = one(depth)
	}
	return ts
}

// value returns a value of t in the dynamic form, as lifting gives it.
func (g gen) value(t *types.Type) any {
	switch t.Kind {
	case types.String:
		return funStrings[g.r.IntN(len(funStrings))]
	case types.List:
		return g.listValue(t.Elem, g.r.IntN(4))
	case types.FixedList:
		elems := make([]any, t.Len)
		for i := range elems {
			elems[i] = g.value(t.Elem)
		}
		return elems
	case types.Record, types.Tuple:
		fields := make([]any, len(t.Fields))
		for i, f := range t.Fields {
			fields[i] = g.value(f.Type)
		}
		return fields
	case types.Enum:
		return sumValue{g.r.IntN(len(t.Labels)), nil}
	case types.Option:
		return g.sum(nil, t.Elem)
	case types.Result:
		return g.sum(t.Ok, t.Err)
	case types.Variant:
		cases := make([]*types.Type, len(t.Cases))
		for i, c := range t.Cases {
			cases[i] = c.Type
		}
		return g.sum(cases...)
	case types.Flags:
		return flagsValue(g.r.Uint32() & uint32(1<<len(t.Labels)-1))
	}
	return g.scalar(t.Kind)
}

func (g gen) listValue(elem *types.Type, n int) any {
	if elem.Kind == types.U8 {
		return []byte("some bytes")[:n]
	}
	elems := make([]any, n)
	for i := range elems {
		elems[i] = g.value(elem)
	}
	return elems
}

func (g gen) sum(cases ...*types.Type) any {
	i := g.r.IntN(len(cases))
	if cases[i] == nil {
		return sumValue{i, nil}
	}
	return sumValue{i, g.value(cases[i])}
}

func (g gen) scalar(k types.Kind) any {
	bits := g.r.Uint64()
	switch k {
	case types.Bool:
		return bits&1 == 0
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
		return float32(int32(bits)) / 3
	case types.F64:
		return float64(int64(bits)) / 3
	}
	return []char{0, 'a', 0xd7ff, 0xe000, 0x10ffff}[bits%5]
}

// lowerAndLift lowers v into one guest, moves it to another, and lifts it there: as
// a parameter or a result would go, flat if it can be.
func lowerAndLift(t testing.TB, typ *types.Type, v any, from, to *cabi.Context) (any, error) {
	t.Helper()
	p := plan(t, typ)
	mover, err := newEnv().CompileMove(typ)
	if err != nil {
		t.Fatal(err)
	}
	if kinds, ok := typ.Flat(); ok {
		a, b := make([]uint64, len(kinds)), make([]uint64, len(kinds))
		if err := p.LowerFlat(from, v, a); err != nil {
			return nil, err
		}
		if err := mover.Flat(from, to, a, b); err != nil {
			return nil, err
		}
		return p.LiftFlat(to, b)
	}
	const at = 64
	if err := p.LowerMem(from, v, at); err != nil {
		return nil, err
	}
	if err := mover.Mem(from, to, at, at); err != nil {
		return nil, err
	}
	return p.LiftMem(to, at)
}

func roomy(enc cabi.Encoding) *cabi.Context {
	cx, h := guest(make([]byte, 1<<17), enc)
	h.last = 1 << 14 // what lies below is for values in memory
	cx.Budget = 1 << 30
	return cx
}

// Lowering, moving and lifting gives back the value, whatever the encodings.
func TestRoundTrip(t *testing.T) {
	for seed := range uint64(3000) {
		g := newGen(t, seed)
		typ := g.typ(4)
		if typ.Size() > 1<<13 {
			continue
		}
		v := g.value(typ)
		got, err := lowerAndLift(t, typ, v, roomy(cabi.Encoding(seed%3)), roomy(cabi.Encoding(seed/3%3)))
		if err != nil || !reflect.DeepEqual(got, v) {
			t.Fatalf("seed %d: %s: %#v became %#v, %v", seed, typ, v, got, err)
		}
	}
}

// FuzzLift lifts values of any type from any memory. It gives a value or an error;
// a value survives being lowered, moved and lifted again.
func FuzzLift(f *testing.F) {
	f.Add(uint64(1), byte(0), []byte{0, 0, 0, 0, 1, 0, 0, 0, 'a'})
	f.Add(uint64(2), byte(1), []byte{8, 0, 0, 0, 1, 0, 0, 0, 0x3d, 0xd8, 0, 0xde})
	f.Add(uint64(3), byte(2), []byte{8, 0, 0, 0, 1, 0, 0, 0x80, 1, 0, 0, 0})
	f.Add(uint64(8), byte(0), []byte{0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0})
	f.Fuzz(func(t *testing.T, seed uint64, enc byte, mem []byte) {
		typ := newGen(t, seed).typ(3)
		if typ.Size() > 1<<13 {
			return
		}
		p := plan(t, typ)
		cx, _ := guest(mem, cabi.Encoding(enc%3))
		v, err := liftAny(p, cx, typ, mem)
		if err != nil {
			return
		}
		got, err := lowerAndLift(t, typ, v, roomy(cabi.Latin1UTF16), roomy(cabi.UTF8))
		if errors.Is(err, errOOM) {
			return // many parts of one value may be the same bytes of the guest
		}
		if err != nil || !equal(got, v) {
			t.Fatalf("%s: %#v became %#v, %v", typ, v, got, err)
		}
	})
}

// liftAny lifts from flat values that are the first bytes of memory, or from memory.
func liftAny(p anyValue, cx *cabi.Context, typ *types.Type, mem []byte) (any, error) {
	kinds, ok := typ.Flat()
	if !ok {
		l := cabi.LayoutOf(&types.Func{Result: typ})
		if _, err := l.ResultAt(cx, 0); err != nil {
			return nil, err
		}
		return p.LiftMem(cx, 0)
	}
	flat := make([]uint64, len(kinds))
	for i := range flat {
		if len(mem) >= 4*i+4 {
			flat[i] = uint64(binary.LittleEndian.Uint32(mem[4*i:]))
		}
	}
	return p.LiftFlat(cx, flat)
}

// equal is reflect.DeepEqual but for NaN, which equals itself.
func equal(a, b any) bool {
	switch a := a.(type) {
	case float32:
		b, ok := b.(float32)
		return ok && math.Float32bits(a) == math.Float32bits(b)
	case float64:
		b, ok := b.(float64)
		return ok && math.Float64bits(a) == math.Float64bits(b)
	case sumValue:
		b, ok := b.(sumValue)
		return ok && a.i == b.i && equal(a.payload, b.payload)
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !equal(a[i], b[i]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a, b)
}
