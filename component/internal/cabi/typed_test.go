package cabi_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component/internal/cabi"
	"github.com/berth-cli/berth/component/internal/types"
)

type grade uint8

// entry is a record as a Go struct.
type entry struct {
	Xaaa string
	Xaab *string
	Xaac grade
	Xaad *uint32
	Xaae []string
}

func (m typeMaker) entry() *types.Type {
	str := m.prim(types.String)
	return m.record(str, m.option(str), m.enum(3), m.option(m.prim(types.U32)), m.list(str))
}

func entries(n int) []entry {
	out := make([]entry, n)
	for i := range out {
		text, number := strings.Repeat("é", i), uint32(i)
		out[i] = entry{Xaaa: text, Xaac: grade(i % 3), Xaae: []string{}}
		if i%3 == 1 {
			out[i].Xaab, out[i].Xaad = &text, &number
		}
		if i%40 == 7 {
			out[i].Xaae = strings.Split(text+text, "")
		}
	}
	return out
}

// typed compiles the plan of typ for Go type T.
func typed[T any](t testing.TB, typ *types.Type) *cabi.Value[T] {
	t.Helper()
	p, err := newEnv().Compile(typ, reflect.TypeFor[T]())
	if err != nil {
		t.Fatalf("Compile(%s): %v", typ, err)
	}
	return cabi.NewValue[T](p)
}

// What is lifted after it was lowered is what it was, in short lists and in long
// ones, whose strings are packed; and the same in the dynamic form.
func TestTypedRoundTrip(t *testing.T) {
	m := newTypes(t)
	typ := m.list(m.entry())
	p, dyn := typed[[]entry](t, typ), plan(t, typ)
	for _, n := range []int{0, 1, 15, 16, 100} {
		cx, _ := guest(make([]byte, 1<<17), cabi.UTF8)
		want, flat := entries(n), make([]uint64, 2)
		if err := p.LowerFlat(cx, &want, flat); err != nil {
			t.Fatalf("lower %d: %v", n, err)
		}
		var got []entry
		if err := p.LiftFlat(cx, flat, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%d entries come back as %v, %v", n, got, err)
		}
		if v, err := dyn.LiftFlat(cx, flat); err != nil || !reflect.DeepEqual(v, p.Dynamic(&want)) {
			t.Errorf("%d entries in the dynamic form are %v, %v", n, v, err)
		}
	}
}

// Strings of a long list do not take an allocation each, and are paid for.
func TestPackedStrings(t *testing.T) {
	m := newTypes(t)
	p := typed[[]string](t, m.list(m.prim(types.String)))
	cx, _ := guest(make([]byte, 1<<16), cabi.UTF8)
	in, flat := make([]string, 1000), make([]uint64, 2)
	for i := range in {
		in[i] = "a short name"
	}
	if err := p.LowerFlat(cx, &in, flat); err != nil {
		t.Fatal(err)
	}
	var out []string
	lift := func() error {
		cx.Renew()
		cx.Begin()
		return p.LiftFlat(cx, flat, &out)
	}
	allocs := testing.AllocsPerRun(5, func() {
		if err := lift(); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 50 {
		t.Errorf("%v allocations for 1,000 strings", allocs)
	}
	cx.MaxBudget = 1000*16 + 1000*12
	if err := lift(); err != nil {
		t.Errorf("lift within the budget: %v", err)
	}
	cx.MaxBudget--
	wantTrap(t, "lift above the budget", lift(), cabi.OverLimit)
}

// Each discriminant is checked, and each number of an enum.
func TestTypedRefuses(t *testing.T) {
	m := newTypes(t)
	opt, level := typed[*uint32](t, m.option(m.prim(types.U32))), typed[grade](t, m.enum(3))
	cx, h := guest(make([]byte, 64), cabi.UTF8)
	var number *uint32
	var g grade
	h.mem[0] = 2
	wantTrap(t, "flat option", opt.LiftFlat(cx, []uint64{2, 0}, &number), cabi.BadValue)
	wantTrap(t, "option in memory", opt.LiftMem(cx, 0, &number), cabi.BadValue)
	h.mem[0] = 3
	wantTrap(t, "flat enum", level.LiftFlat(cx, []uint64{3}, &g), cabi.BadValue)
	wantTrap(t, "enum in memory", level.LiftMem(cx, 0, &g), cabi.BadValue)
	cx.Budget = 3
	wantTrap(t, "option above the budget", opt.LiftFlat(cx, []uint64{1, 0}, &number), cabi.OverLimit)
	bad := grade(3)
	for name, err := range map[string]error{
		"flat": level.LowerFlat(cx, &bad, make([]uint64, 1)), "memory": level.LowerMem(cx, &bad, 0),
	} {
		if _, ok := errors.AsType[*cabi.ValueError](err); !ok {
			t.Errorf("lower a number that is no case, %s: %v, want a ValueError", name, err)
		}
	}
}

// An option that is none takes the place of one that was some.
func TestOptionNone(t *testing.T) {
	p := typed[*uint32](t, newTypes(t).option(newTypes(t).prim(types.U32)))
	cx, _ := guest(make([]byte, 64), cabi.UTF8)
	seven := uint32(7)
	v := &seven
	if err := p.LiftFlat(cx, []uint64{0, 9}, &v); err != nil || v != nil {
		t.Errorf("lift none: %v, %v", v, err)
	}
	flat := []uint64{5, 5}
	if err := p.LowerFlat(cx, &v, flat); err != nil || flat[0] != 0 || flat[1] != 0 {
		t.Errorf("lower none: %v, %v", flat, err)
	}
}

// Bytes that are lent for a call do not share memory with each other, and the next
// call uses what they had.
func TestLentBytes(t *testing.T) {
	m := newTypes(t)
	p := typed[[]lent](t, m.list(m.list(m.prim(types.U8))))
	cx, _ := guest(make([]byte, 1<<16), cabi.UTF8)
	in, flat := make([]lent, 50), make([]uint64, 2)
	for i := range in {
		in[i] = make(lent, i*i+1)
		for j := range in[i] {
			in[i][j] = byte(i)
		}
	}
	if err := p.LowerFlat(cx, &in, flat); err != nil {
		t.Fatal(err)
	}
	var first, out []lent
	lift := func() error {
		cx.Renew()
		cx.Begin()
		return p.LiftFlat(cx, flat, &out)
	}
	for range 8 { // its memory grows until all fit
		if err := lift(); err != nil || !reflect.DeepEqual(out, in) {
			t.Fatalf("they come back as others, %v", err)
		}
		first, out = out, nil
	}
	if err := lift(); err != nil || &first[49][0] != &out[49][0] {
		t.Errorf("lift once more: %v, in other memory", err)
	}
	_ = append(out[1], 9)
	if out[2][0] != 2 {
		t.Error("appending to one list writes to another")
	}
	cx.MaxBudget = 1000
	wantTrap(t, "lift above the budget", lift(), cabi.OverLimit)
	cx.MaxBudget = 1 << 20
	one := typed[lent](t, m.list(m.prim(types.U8)))
	var v lent
	wantTrap(t, "out of bounds", one.LiftFlat(cx, []uint64{1 << 16, 1}, &v), cabi.BadValue)
}
