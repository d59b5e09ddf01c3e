package cabi_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component/internal/cabi"
	"github.com/berth-cli/berth/component/internal/types"
)

func resourceNew(t *testing.T, in *cabi.Instance, r *cabi.Resource, rep uint32) uint32 {
	t.Helper()
	i, err := cabi.ResourceNew(in, r, rep)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// Indices begin at 1, and the one freed last is given out first.
func TestHandleIndices(t *testing.T) {
	in := cabi.NewInstance(nil, "", 4)
	r := &cabi.Resource{Name: "r", Owner: in}
	for want := uint32(1); want <= 3; want++ {
		if got := resourceNew(t, in, r, want*100); got != want {
			t.Errorf("handle %d, want %d", got, want)
		}
	}
	for _, i := range []uint32{1, 3, 2} {
		if rep, owned, err := cabi.ResourceDrop(in, r, i); err != nil || !owned || rep.N != i*100 {
			t.Errorf("drop %d = %d, %t, %v", i, rep.N, owned, err)
		}
	}
	for _, want := range []uint32{2, 3, 1, 4} {
		if got := resourceNew(t, in, r, 0); got != want {
			t.Errorf("handle %d, want %d", got, want)
		}
	}
	if in.Handles.Len() != 4 {
		t.Errorf("%d handles, want 4", in.Handles.Len())
	}
	_, err := cabi.ResourceNew(in, r, 0)
	wantTrap(t, "a handle beyond the limit", err, cabi.OverLimit)
}

func TestUnknownHandles(t *testing.T) {
	in := cabi.NewInstance(nil, "", 10)
	r, other := &cabi.Resource{Name: "r"}, &cabi.Resource{Name: "other"}
	live, dropped := resourceNew(t, in, r, 7), resourceNew(t, in, r, 8)
	if _, _, err := cabi.ResourceDrop(in, r, dropped); err != nil {
		t.Fatal(err)
	}
	for _, i := range []uint32{0, dropped, 3, 1 << 30, 0xffffffff} {
		_, err := cabi.ResourceRep(in, r, i)
		wantTrap(t, "ResourceRep", err, cabi.BadHandle)
		_, _, err = cabi.ResourceDrop(in, r, i)
		wantTrap(t, "ResourceDrop", err, cabi.BadHandle)
	}
	if rep, err := cabi.ResourceRep(in, r, live); err != nil || rep != 7 {
		t.Errorf("ResourceRep(%d) = %d, %v", live, rep, err)
	}
	_, err := cabi.ResourceRep(in, other, live)
	wantTrap(t, "ResourceRep of the wrong type", err, cabi.BadHandle)
}

// An instance whose realloc or post-return runs makes and drops no handles.
func TestBuiltinsMayNotLeave(t *testing.T) {
	in := cabi.NewInstance(nil, "", 10)
	r := &cabi.Resource{Name: "r"}
	i := resourceNew(t, in, r, 7)
	in.SetMayLeave(false)
	_, err := cabi.ResourceNew(in, r, 1)
	wantTrap(t, "ResourceNew", err, cabi.BadCall)
	_, _, err = cabi.ResourceDrop(in, r, i)
	wantTrap(t, "ResourceDrop", err, cabi.BadCall)
	if _, err := cabi.ResourceRep(in, r, i); err != nil {
		t.Errorf("ResourceRep: %v", err)
	}
}

// handleCall is a caller and a callee, and what moves handles of one resource type
// between them.
type handleCall struct {
	from, to    *cabi.Context
	own, borrow *cabi.Mover
	r           *cabi.Resource
}

func newHandleCall(t *testing.T, calleeOwns bool) handleCall {
	m := newTypes(t)
	wit := &types.Resource{Name: "r"}
	env := newEnv()
	env.Resources = map[*types.Resource]int{wit: 0}
	own, err := env.CompileMove(m.must(m.in.Own(wit)))
	borrow, err2 := env.CompileMove(m.must(m.in.Borrow(wit)))
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	c := handleCall{own: own, borrow: borrow, r: &cabi.Resource{Name: "r"}}
	c.from, _ = guest(nil, cabi.UTF8)
	c.to, _ = guest(nil, cabi.UTF8)
	if calleeOwns {
		c.r.Owner = c.to.Inst
	}
	c.from.Resources, c.to.Resources = []*cabi.Resource{c.r}, []*cabi.Resource{c.r}
	return c
}

func (c handleCall) move(m *cabi.Mover, i uint32) (uint32, error) {
	out := []uint64{0}
	err := m.Flat(c.from, c.to, []uint64{uint64(i)}, out)
	return uint32(out[0]), err
}

func TestGiveAway(t *testing.T) {
	c := newHandleCall(t, false)
	i := resourceNew(t, c.from.Inst, c.r, 42)
	j, err := c.move(c.own, i)
	if err != nil || j != 1 {
		t.Fatalf("move own = %d, %v; want 1", j, err)
	}
	if rep, err := cabi.ResourceRep(c.to.Inst, c.r, j); err != nil || rep != 42 {
		t.Errorf("callee has %d, %v; want 42", rep, err)
	}
	_, err = c.move(c.own, i)
	wantTrap(t, "giving it away twice", err, cabi.BadHandle)
}

func TestLend(t *testing.T) {
	c := newHandleCall(t, false)
	i := resourceNew(t, c.from.Inst, c.r, 42)
	j, err := c.move(c.borrow, i)
	if err != nil || j != 1 {
		t.Fatalf("move borrow = %d, %v; want 1", j, err)
	}
	_, _, err = cabi.ResourceDrop(c.from.Inst, c.r, i)
	wantTrap(t, "dropping what is lent", err, cabi.BadHandle)
	_, err = c.move(c.own, i)
	wantTrap(t, "giving away what is lent", err, cabi.BadHandle)
	wantTrap(t, "returning with a borrow", c.to.CheckReturn(), cabi.BadHandle)

	back := handleCall{from: c.to, to: c.from, own: c.own, r: c.r}
	_, err = back.move(back.own, j)
	wantTrap(t, "giving away what is borrowed", err, cabi.BadHandle)

	if _, owned, err := cabi.ResourceDrop(c.to.Inst, c.r, j); err != nil || owned {
		t.Errorf("drop of the borrow = %t, %v", owned, err)
	}
	if err := c.to.CheckReturn(); err != nil {
		t.Errorf("CheckReturn after the drop: %v", err)
	}
	c.from.EndCall()
	if _, owned, err := cabi.ResourceDrop(c.from.Inst, c.r, i); err != nil || !owned {
		t.Errorf("drop after the call = %t, %v", owned, err)
	}
}

// The instance that defines a resource is lent its own representation.
func TestLendToOwner(t *testing.T) {
	c := newHandleCall(t, true)
	i := resourceNew(t, c.from.Inst, c.r, 42)
	rep, err := c.move(c.borrow, i)
	if err != nil || rep != 42 {
		t.Errorf("move borrow = %d, %v; want 42", rep, err)
	}
	if err := c.to.CheckReturn(); err != nil {
		t.Errorf("CheckReturn: %v", err)
	}
}

func TestDrain(t *testing.T) {
	c := newHandleCall(t, false)
	i := resourceNew(t, c.from.Inst, c.r, 1)
	resourceNew(t, c.from.Inst, c.r, 2)
	if _, err := c.move(c.borrow, i); err != nil {
		t.Fatal(err)
	}
	var reps []uint32
	drain := func(r *cabi.Resource, rep cabi.Rep) { reps = append(reps, rep.N) }
	c.to.Inst.Handles.Drain(drain)
	if len(reps) != 0 {
		t.Errorf("drained borrows: %v", reps)
	}
	c.from.Inst.Handles.Drain(drain)
	if !reflect.DeepEqual(reps, []uint32{1, 2}) || c.from.Inst.Handles.Len() != 0 {
		t.Errorf("drained %v, %d left", reps, c.from.Inst.Handles.Len())
	}
}

// A call enters the callee and what is around it, but nothing around the caller.
func TestReentrance(t *testing.T) {
	root := cabi.NewInstance(nil, "root", 0)
	a, b := cabi.NewInstance(root, "a", 0), cabi.NewInstance(root, "b", 0)
	inner := cabi.NewInstance(a, "inner", 0)
	for _, tt := range []struct {
		name           string
		caller, callee *cabi.Instance
		want           string
	}{
		{"host to root", nil, root, "root"},
		{"host to child", nil, inner, "inner a root"},
		{"sibling", a, b, "b"},
		{"into a sibling's child", b, inner, "inner a"},
		{"to child", root, a, "a"},
		{"to parent", inner, a, ""},
		{"to itself", a, a, ""},
	} {
		way := cabi.WayInto(tt.caller, tt.callee)
		names := make([]string, len(way))
		for i, in := range way {
			names[i] = in.Name
		}
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("%s: way %q, want %q", tt.name, got, tt.want)
		}
	}
	first, second := cabi.WayInto(nil, b), cabi.WayInto(b, a)
	if err := errors.Join(first.Enter(), second.Enter()); err != nil {
		t.Fatal(err)
	}
	wantTrap(t, "a calls b, which runs", cabi.WayInto(a, b).Enter(), cabi.BadCall)
	second.Leave()
	first.Leave()
	if err := cabi.WayInto(a, b).Enter(); err != nil {
		t.Errorf("entering b after all left: %v", err)
	}
}

func TestBackpressure(t *testing.T) {
	in := cabi.NewInstance(nil, "", 0)
	for range 1<<16 - 1 {
		if err := in.AddBackpressure(1); err != nil {
			t.Fatal(err)
		}
	}
	wantTrap(t, "one too many", in.AddBackpressure(1), cabi.BadCall)
	in = cabi.NewInstance(nil, "", 0)
	wantTrap(t, "one too few", in.AddBackpressure(-1), cabi.BadCall)
}

// The instances of one program share what handles they may hold, and a place that
// is free again is its own instance's.
func TestHandlesAreCountedTogether(t *testing.T) {
	root := cabi.NewInstance(nil, "root", 3)
	child := cabi.NewInstance(root, "child", 0)
	r := &cabi.Resource{Name: "r", Owner: root}
	resourceNew(t, root, r, 1)
	first := resourceNew(t, child, r, 2)
	resourceNew(t, child, r, 3)
	for _, in := range []*cabi.Instance{root, child} {
		_, err := cabi.ResourceNew(in, r, 4)
		wantTrap(t, "a fourth handle in "+in.Name, err, cabi.OverLimit)
	}
	if _, _, err := cabi.ResourceDrop(child, r, first); err != nil {
		t.Fatal(err)
	}
	if got := resourceNew(t, child, r, 5); got != first {
		t.Errorf("handle %d, want %d again", got, first)
	}
}
