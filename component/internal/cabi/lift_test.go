package cabi_test

import (
	"math"
	"reflect"
	"testing"

	"github.com/berth-cli/berth/component/internal/cabi"
	"github.com/berth-cli/berth/component/internal/types"
)

// liftTrap stands for "lifting traps" in a table.
type liftTrap struct{}

// checkLift lifts flat values beside that memory, compares, and lifts again what
// lowering the value elsewhere gives.
func checkLift(t *testing.T, typ *types.Type, mem []byte, flat []uint64, want any) {
	t.Helper()
	p := plan(t, typ)
	cx, _ := guest(mem, cabi.UTF8)
	got, err := p.LiftFlat(cx, flat)
	if want == (liftTrap{}) {
		wantTrap(t, "LiftFlat", err, cabi.BadValue)
		return
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("LiftFlat(%s, %v) = %#v, %v; want %#v", typ, flat, got, err, want)
	}
	kinds, _ := typ.Flat()
	for _, enc := range []cabi.Encoding{cabi.UTF8, cabi.UTF16, cabi.Latin1UTF16} {
		out := make([]uint64, len(kinds))
		other, _ := guest(make([]byte, 1024), enc)
		if err := p.LowerFlat(other, got, out); err != nil {
			t.Fatalf("LowerFlat(%s, %#v): %v", typ, got, err)
		}
		again, err := p.LiftFlat(other, out)
		if err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("lifting %s again in encoding %d = %#v, %v; want %#v", typ, enc, again, err, got)
		}
	}
}

// The facts of the specification's own tests of its reference code.
func TestLiftFlat(t *testing.T) {
	m := newTypes(t)
	u8, u16, u32, f32 := m.prim(types.U8), m.prim(types.U16), m.prim(types.U32), m.prim(types.F32)
	xyz := m.variant(u8, f32, nil)
	for _, tt := range []struct {
		name string
		typ  *types.Type
		flat []uint64
		want any
	}{
		{"record", m.record(u8, u16, u32), []uint64{1, 2, 3}, []any{uint8(1), uint16(2), uint32(3)}},
		{"tuple in a tuple", m.tuple(m.tuple(u8, u8), u8), []uint64{1, 2, 3}, []any{[]any{uint8(1), uint8(2)}, uint8(3)}},
		{"no flag", m.flags(2), []uint64{0}, flagsValue(0)},
		{"second flag", m.flags(2), []uint64{2}, flagsValue(2)},
		{"both flags", m.flags(2), []uint64{3}, flagsValue(3)},
		{"a bit that is no flag", m.flags(2), []uint64{4}, flagsValue(0)},
		{"all of 32 flags", m.flags(32), []uint64{0xffffffff}, flagsValue(0xffffffff)},
		{"first case", xyz, []uint64{0, 42}, sumValue{0, uint8(42)}},
		{"first case, wrapped", xyz, []uint64{0, 256}, sumValue{0, uint8(0)}},
		{"case of a float", xyz, []uint64{1, 0x4048f5c3}, sumValue{1, float32(3.14)}},
		{"case without payload", xyz, []uint64{2, 0xffffffff}, sumValue{2, nil}},
		{"no such case", xyz, []uint64{3, 0}, liftTrap{}},
		{"none", m.option(f32), []uint64{0, 0x4048f5c3}, sumValue{0, nil}},
		{"some", m.option(f32), []uint64{1, 0x4048f5c3}, sumValue{1, float32(3.14)}},
		{"ok", m.result(u8, u32), []uint64{0, 42}, sumValue{0, uint8(42)}},
		{"error", m.result(u8, u32), []uint64{1, 1000}, sumValue{1, uint32(1000)}},
		{"first of an enum", m.enum(2), []uint64{0}, sumValue{0, nil}},
		{"second of an enum", m.enum(2), []uint64{1}, sumValue{1, nil}},
		{"third of two", m.enum(2), []uint64{2}, liftTrap{}},
	} {
		t.Run(tt.name, func(t *testing.T) { checkLift(t, tt.typ, make([]byte, 8), tt.flat, tt.want) })
	}
}

func TestLiftScalar(t *testing.T) {
	m := newTypes(t)
	for _, tt := range []struct {
		kind types.Kind
		bits uint64
		want any
	}{
		{types.Bool, 0, false}, {types.Bool, 1, true}, {types.Bool, 2, true}, {types.Bool, math.MaxUint32, true},
		{types.U8, 127, uint8(127)}, {types.U8, 255, uint8(255)}, {types.U8, 256, uint8(0)},
		{types.U8, 4294967168, uint8(128)}, {types.U8, 4294967167, uint8(127)},
		{types.S8, 127, int8(127)}, {types.S8, 128, int8(-128)}, {types.S8, 255, int8(-1)}, {types.S8, 256, int8(0)},
		{types.S8, 4294967168, int8(-128)}, {types.S8, 4294967167, int8(127)},
		{types.U16, 65535, uint16(65535)}, {types.U16, 65536, uint16(0)}, {types.U16, 1<<32 - 32769, uint16(32767)},
		{types.S16, 32768, int16(-32768)}, {types.S16, 65535, int16(-1)}, {types.S16, 1<<32 - 32769, int16(32767)},
		{types.U32, 1<<32 - 1, uint32(math.MaxUint32)}, {types.U32, 1 << 31, uint32(1 << 31)},
		{types.S32, 1<<32 - 1, int32(-1)}, {types.S32, 1 << 31, int32(math.MinInt32)},
		{types.U64, math.MaxUint64, uint64(math.MaxUint64)},
		{types.S64, 1 << 63, int64(math.MinInt64)}, {types.S64, math.MaxUint64, int64(-1)},
		{types.F32, 0x4048f5c3, float32(3.14)}, {types.F64, 0x40091eb851eb851f, 3.14},
		{types.Char, 0, char(0)}, {types.Char, 65, char('A')}, {types.Char, 0xd7ff, char(0xd7ff)},
		{types.Char, 0xd800, liftTrap{}}, {types.Char, 0xdfff, liftTrap{}}, {types.Char, 0xe000, char(0xe000)},
		{types.Char, 0x10ffff, char(0x10ffff)}, {types.Char, 0x110000, liftTrap{}}, {types.Char, math.MaxUint32, liftTrap{}},
	} {
		t.Run(tt.kind.String(), func(t *testing.T) { checkLift(t, m.prim(tt.kind), nil, []uint64{tt.bits}, tt.want) })
	}
}

// Every NaN becomes the canonical one, both ways.
func TestNaN(t *testing.T) {
	m := newTypes(t)
	for _, tt := range []struct {
		kind     types.Kind
		in, want uint64
	}{
		{types.F32, 0x7fc00000, 0x7fc00000}, {types.F32, 0x7fc00001, 0x7fc00000}, {types.F32, 0x7fe00000, 0x7fc00000},
		{types.F32, 0x7fffffff, 0x7fc00000}, {types.F32, 0xffffffff, 0x7fc00000}, {types.F32, 0x7f800001, 0x7fc00000},
		{types.F32, 0x7f800000, 0x7f800000}, {types.F32, 0x3fc00000, 0x3fc00000},
		{types.F64, 0x7ff8000000000001, 0x7ff8000000000000}, {types.F64, 0x7ffc000000000000, 0x7ff8000000000000},
		{types.F64, 0xffffffffffffffff, 0x7ff8000000000000}, {types.F64, 0x7ff0000000000001, 0x7ff8000000000000},
		{types.F64, 0x7ff0000000000000, 0x7ff0000000000000}, {types.F64, 0x3ff0000000000000, 0x3ff0000000000000},
	} {
		p := plan(t, m.prim(tt.kind))
		cx, _ := guest(nil, cabi.UTF8)
		v, err := p.LiftFlat(cx, []uint64{tt.in})
		if err != nil {
			t.Fatal(err)
		}
		if got := bitsOf(v); got != tt.want {
			t.Errorf("lift %s of 0x%x = 0x%x, want 0x%x", tt.kind, tt.in, got, tt.want)
		}
		out := []uint64{0}
		if err := p.LowerFlat(cx, floatOf(tt.kind, tt.in), out); err != nil || out[0] != tt.want {
			t.Errorf("lower %s of 0x%x = 0x%x, %v; want 0x%x", tt.kind, tt.in, out[0], err, tt.want)
		}
	}
}

func bitsOf(v any) uint64 {
	if f, ok := v.(float32); ok {
		return uint64(math.Float32bits(f))
	}
	return math.Float64bits(v.(float64))
}

func floatOf(k types.Kind, bits uint64) any {
	if k == types.F32 {
		return math.Float32frombits(uint32(bits))
	}
	return math.Float64frombits(bits)
}

// Lists and what is in them, in memory.
func TestLiftList(t *testing.T) {
	m := newTypes(t)
	u8, u16, u32 := m.prim(types.U8), m.prim(types.U16), m.prim(types.U32)
	for _, tt := range []struct {
		name string
		elem *types.Type
		ptr  uint64
		n    uint64
		mem  []byte
		want any
	}{
		{"bool", m.prim(types.Bool), 0, 3, []byte{1, 0, 1}, []any{true, false, true}},
		{"bool that is 2", m.prim(types.Bool), 0, 3, []byte{1, 0, 2}, []any{true, false, true}},
		{"not at 0", m.prim(types.Bool), 3, 3, []byte{0xff, 0xff, 0xff, 1, 0, 1}, []any{true, false, true}},
		{"u8", u8, 0, 3, []byte{1, 2, 3}, []byte{1, 2, 3}},
		{"u16", u16, 0, 3, []byte{1, 0, 2, 0, 3, 0}, []any{uint16(1), uint16(2), uint16(3)}},
		{"u16 unaligned", u16, 1, 3, []byte{0, 1, 0, 2, 0, 3, 0}, liftTrap{}},
		{"s16", m.prim(types.S16), 0, 2, []byte{0xff, 0xff, 0xfe, 0xff}, []any{int16(-1), int16(-2)}},
		{"char", m.prim(types.Char), 0, 1, []byte{65, 0, 0, 0}, []any{char('A')}},
		{"bad char", m.prim(types.Char), 0, 1, []byte{0, 0xd8, 0, 0}, liftTrap{}},
		{
			"string", m.prim(types.String), 0, 2,
			append([]byte{16, 0, 0, 0, 2, 0, 0, 0, 21, 0, 0, 0, 3, 0, 0, 0}, "hi\x0f\x0f\x0fwat"...), []any{"hi", "wat"},
		},
		{
			"list of bytes", m.list(u8), 0, 3,
			[]byte{24, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 27, 0, 0, 0, 2, 0, 0, 0, 3, 4, 5, 6, 7},
			[]any{[]byte{3, 4, 5}, []byte{}, []byte{6, 7}},
		},
		{"list of u16", m.list(u16), 0, 1, []byte{8, 0, 0, 0, 2, 0, 0, 0, 5, 0, 6, 0}, []any{[]any{uint16(5), uint16(6)}}},
		{"list of u16 unaligned", m.list(u16), 0, 1, []byte{9, 0, 0, 0, 2, 0, 0, 0, 0, 5, 0, 6, 0}, liftTrap{}},
		{
			"tuple with padding", m.tuple(u8, u16, u8, u32), 0, 1,
			[]byte{6, 0xff, 7, 0, 8, 0xff, 0xff, 0xff, 9, 0, 0, 0}, []any{[]any{uint8(6), uint16(7), uint8(8), uint32(9)}},
		},
		{
			"tuple with padding at its end", m.tuple(u16, u8), 0, 2, []byte{6, 0, 7, 0xff, 8, 0, 9, 0xff},
			[]any{[]any{uint16(6), uint8(7)}, []any{uint16(8), uint8(9)}},
		},
		{
			"padded tuple in a tuple", m.tuple(m.tuple(u16, u8), u8), 0, 1, []byte{4, 0, 5, 0xff, 6, 0xff},
			[]any{[]any{[]any{uint16(4), uint8(5)}, uint8(6)}},
		},
		{"flags", m.flags(2), 0, 3, []byte{0, 2, 4}, []any{flagsValue(0), flagsValue(2), flagsValue(0)}},
		{"9 flags", m.flags(9), 0, 2, []byte{0xff, 3, 0, 0}, []any{flagsValue(0x1ff), flagsValue(0)}},
		{"17 flags", m.flags(17), 0, 1, []byte{0xff, 0xff, 3, 0}, []any{flagsValue(0x1ffff)}},
		{"300 cases", m.enum(300), 0, 2, []byte{0x2b, 1, 0, 0}, []any{sumValue{299, nil}, sumValue{0, nil}}},
		{"the 301st of 300 cases", m.enum(300), 0, 1, []byte{0x2c, 1}, liftTrap{}},
		{"option", m.option(u16), 0, 2, []byte{1, 0xff, 5, 0, 0, 0xff, 6, 0}, []any{sumValue{1, uint16(5)}, sumValue{0, nil}}},
		{"map", m.must(m.in.Map(u8, u16)), 0, 1, []byte{8, 0, 0, 0, 1, 0, 0, 0, 7, 0xff, 9, 0}, []any{[]any{[]any{uint8(7), uint16(9)}}}},
		{"fixed size", m.must(m.in.FixedList(u8, 3)), 0, 1, []byte{7, 8, 9}, []any{[]any{uint8(7), uint8(8), uint8(9)}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checkLift(t, m.list(tt.elem), tt.mem, []uint64{tt.ptr, tt.n}, tt.want)
		})
	}
}
