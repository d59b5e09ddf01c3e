package cabi_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component/internal/cabi"
	"github.com/berth-cli/berth/component/internal/types"
)

// What a guest's realloc may not return.
func TestRealloc(t *testing.T) {
	m := newTypes(t)
	p := plan(t, m.list(m.prim(types.U32)))
	boom := errors.New("boom")
	for _, tt := range []struct {
		name string
		ptr  uint32
		err  error
		n    int
		want string // "" for none
	}{
		{"fits", 8, nil, 2, ""},
		{"ends at the end", 56, nil, 2, ""},
		{"empty at the end", 64, nil, 0, ""},
		{"unaligned", 2, nil, 1, "not aligned"},
		{"unaligned and out of bounds", math.MaxUint32, nil, 1, "not aligned"},
		{"out of bounds", 64, nil, 1, "beyond end of memory"},
		{"out of bounds and empty", 68, nil, 0, "beyond end of memory"},
		{"end wraps", math.MaxUint32 - 3, nil, 1, "beyond end of memory"},
		{"traps", 0, boom, 1, "boom"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cx, _ := guest(make([]byte, 64), cabi.UTF8)
			calls := 0
			cx.Opts.Realloc = func(old, oldSize, align, size uint32) (uint32, error) {
				calls++
				if old != 0 || oldSize != 0 || align != 4 || size != uint32(4*tt.n) {
					t.Errorf("realloc(%d, %d, %d, %d)", old, oldSize, align, size)
				}
				if cx.Inst.CheckLeave() == nil {
					t.Error("realloc may leave the instance")
				}
				return tt.ptr, tt.err
			}
			list := make([]any, tt.n)
			for i := range list {
				list[i] = uint32(i)
			}
			err := p.LowerFlat(cx, list, make([]uint64, 2))
			if calls != 1 {
				t.Errorf("realloc was called %d times, want once", calls)
			}
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("LowerFlat: %v, want %q", err, tt.want)
			}
		})
	}
}

// Memory that realloc replaced is read anew, while a list is half written.
func TestLowerIntoGrowingMemory(t *testing.T) {
	m := newTypes(t)
	p := plan(t, m.list(m.prim(types.String)))
	cx, h := guest(make([]byte, 64), cabi.UTF8)
	cx.Opts.Realloc = func(_, _, align, size uint32) (uint32, error) {
		h.mem = append(append([]byte(nil), h.mem...), make([]byte, 64)...)
		return h.realloc(0, 0, align, size)
	}
	flat := make([]uint64, 2)
	if err := p.LowerFlat(cx, []any{"one", "two", "three"}, flat); err != nil {
		t.Fatal(err)
	}
	got, err := p.LiftFlat(cx, flat)
	if err != nil || len(got.([]any)) != 3 || got.([]any)[2] != "three" {
		t.Errorf("lift = %v, %v", got, err)
	}
}

// Pointers to values in memory are checked, alignment first.
func TestLiftAt(t *testing.T) {
	m := newTypes(t)
	typ := m.tuple(m.prim(types.U32), m.prim(types.U8))
	l := cabi.LayoutOf(&types.Func{Result: typ})
	for _, tt := range []struct {
		name string
		ptr  uint64
		want string
	}{
		{"fits", 8, ""},
		{"unaligned", 9, "unaligned pointer"},
		{"unaligned and out of bounds", 17, "unaligned pointer"},
		{"out of bounds", 12, "out of bounds"},
		{"end wraps", math.MaxUint32 - 3, "out of bounds"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cx, _ := guest(make([]byte, 16), cabi.UTF8)
			_, err := l.ResultAt(cx, tt.ptr)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("ResultAt(%d): %v, want %q", tt.ptr, err, tt.want)
			}
		})
	}
}

// One string named by every element of a list is charged each time.
func TestLiftBudget(t *testing.T) {
	m := newTypes(t)
	str, u8 := m.prim(types.String), m.prim(types.U8)
	const n, size = 2000, 1000
	mem := make([]byte, 8*n+2*size)
	for i := range n {
		mem[8*i], mem[8*i+1] = byte(8*n&0xff), byte(8*n>>8)
		mem[8*i+4], mem[8*i+5] = byte(size&0xff), byte(size>>8)
	}
	for _, tt := range []struct {
		name string
		elem *types.Type
	}{
		{"strings", str},
		{"bytes", m.list(u8)},
		{"lists of options", m.list(m.option(u8))},
		{"lists of flags", m.list(m.flags(3))},
		{"lists of records", m.list(m.record(u8))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cx, _ := guest(mem, cabi.UTF8)
			p := plan(t, m.list(tt.elem))
			_, err := p.LiftFlat(cx, []uint64{0, n})
			wantTrap(t, "LiftFlat", err, cabi.OverLimit)
			cx, _ = guest(mem, cabi.UTF8)
			if _, err := p.LiftFlat(cx, []uint64{0, 10}); err != nil {
				t.Errorf("LiftFlat of 10: %v", err)
			}
		})
	}
}

// A claimed length allocates nothing before it is checked.
func TestHugeLengths(t *testing.T) {
	m := newTypes(t)
	for _, typ := range []*types.Type{
		m.prim(types.String), m.list(m.prim(types.U8)), m.list(m.prim(types.U64)), m.list(m.list(m.prim(types.U64))),
	} {
		p := plan(t, typ)
		for _, n := range []uint64{1 << 27, 1<<28 - 1, 1 << 28, 1<<29 + 1, math.MaxUint32} {
			cx, _ := guest(make([]byte, 1<<16), cabi.UTF8)
			_, err := p.LiftFlat(cx, []uint64{0, n})
			wantTrap(t, typ.String(), err, cabi.BadValue)
		}
	}
}

// Values of the host that fit no type are its mistake, not a trap.
func TestLowerWrongValues(t *testing.T) {
	m := newTypes(t)
	u8 := m.prim(types.U8)
	for _, tt := range []struct {
		typ *types.Type
		v   any
	}{
		{u8, nil},
		{u8, 7},
		{u8, int8(7)},
		{m.prim(types.Char), int32(65)},
		{m.prim(types.S32), char(65)},
		{m.prim(types.Char), char(0xd800)},
		{m.prim(types.Bool), "true"},
		{m.prim(types.String), []byte("x")},
		{m.prim(types.String), "\xff"},
		{m.list(u8), []any{uint8(1), 2}},
		{m.list(u8), "x"},
		{m.list(m.prim(types.U16)), []byte{1}},
		{m.list(m.prim(types.U16)), nil},
		{m.must(m.in.FixedList(u8, 2)), []any{uint8(1)}},
		{m.record(u8), []any{}},
		{m.option(u8), sumValue{2, nil}},
		{m.option(u8), sumValue{-1, nil}},
		{m.option(u8), sumValue{1, nil}},
		{m.flags(3), uint32(1)},
	} {
		cx, _ := guest(make([]byte, 64), cabi.UTF8)
		err := plan(t, tt.typ).LowerFlat(cx, tt.v, make([]uint64, 16))
		if _, ok := errors.AsType[*cabi.ValueError](err); !ok {
			t.Errorf("lower %#v as %s: %v, want a *ValueError", tt.v, tt.typ, err)
		}
	}
}

func TestZeroErrors(t *testing.T) {
	for _, err := range []error{&cabi.Trap{}, &cabi.ValueError{}, &cabi.BindError{}} {
		_ = err.Error() // does not panic
	}
}

// What a guest may not hand to another, flat or in memory.
func TestMoveRefuses(t *testing.T) {
	m := newTypes(t)
	u8, str := m.prim(types.U8), m.prim(types.String)
	for _, tt := range []struct {
		name string
		typ  *types.Type
		flat []uint64
		mem  []byte
	}{
		{"char", m.prim(types.Char), []uint64{0xd800}, []byte{0, 0xd8, 0, 0}},
		{"case", m.enum(3), []uint64{3}, []byte{3}},
		{"case of a variant", m.variant(u8, nil), []uint64{2, 0}, []byte{2, 0}},
		{"payload", m.option(m.enum(2)), []uint64{1, 2}, []byte{1, 2}},
		{"field", m.record(u8, m.enum(2)), []uint64{0, 2}, []byte{0, 2}},
		{"fixed element", m.must(m.in.FixedList(m.enum(2), 2)), []uint64{0, 2}, []byte{0, 2}},
		{"string", str, []uint64{8, 1}, []byte{8, 0, 0, 0, 1, 0, 0, 0, 0xff}},
		{"string beyond memory", str, []uint64{8, 9}, []byte{8, 0, 0, 0, 9, 0, 0, 0, 'a'}},
		{"list beyond memory", m.list(u8), []uint64{8, 2}, []byte{8, 0, 0, 0, 2, 0, 0, 0, 'a'}},
		{"unaligned list", m.list(m.prim(types.U16)), []uint64{9, 0}, []byte{9, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
		{"element", m.list(m.enum(2)), []uint64{8, 1}, []byte{8, 0, 0, 0, 1, 0, 0, 0, 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mover, err := newEnv().CompileMove(tt.typ)
			if err != nil {
				t.Fatal(err)
			}
			from, _ := guest(tt.mem, cabi.UTF8)
			to, h := guest(make([]byte, 256), cabi.UTF8)
			h.last = 64
			wantTrap(t, "flat", mover.Flat(from, to, tt.flat, make([]uint64, 4)), cabi.BadValue)
			wantTrap(t, "in memory", mover.Mem(from, to, 0, 0), cabi.BadValue)
		})
	}
}
