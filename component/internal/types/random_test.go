package types_test

import (
	"math/rand/v2"
	"testing"

	"github.com/berth-cli/berth/component/internal/types"
)

// grower builds random types, the same ones for the same seed.
type grower struct {
	in  *types.Interner
	rnd *rand.Rand
	res []*types.Resource
}

func newGrower(in *types.Interner, seed uint64, res []*types.Resource) *grower {
	return &grower{in: in, rnd: rand.New(rand.NewPCG(seed, 1)), res: res}
}

// grow is a type of at most this depth. The error is one of a limit or of a rule.
func (g *grower) grow(depth int) (*types.Type, error) {
	if depth == 1 {
		return g.in.Prim(types.Bool + types.Kind(g.rnd.IntN(int(types.String-types.Bool)+1))), nil
	}
	parts := make([]*types.Type, 1+g.rnd.IntN(4))
	for i := range parts {
		p, err := g.grow(1 + g.rnd.IntN(depth-1))
		if err != nil {
			return nil, err
		}
		parts[i] = p
	}
	res := g.res[g.rnd.IntN(len(g.res))]
	switch g.rnd.IntN(9) {
	case 0:
		return g.in.Tuple(parts)
	case 1:
		var fields []types.Field
		for i, l := range labels(len(parts)) {
			fields = append(fields, types.Field{Name: l, Type: parts[i]})
		}
		return g.in.Record(fields)
	case 2:
		cases := []types.Case{{Name: "none"}}
		for i, l := range labels(len(parts)) {
			cases = append(cases, types.Case{Name: l, Type: parts[i]})
		}
		return g.in.Variant(cases)
	case 3:
		return g.in.List(parts[0])
	case 4:
		return g.in.FixedList(parts[0], uint32(1+g.rnd.IntN(5)))
	case 5:
		return g.in.Option(parts[0])
	case 6:
		return g.in.Result(parts[0], parts[len(parts)-1])
	case 7:
		return g.in.Own(res)
	}
	return g.in.Borrow(res)
}

// What holds for every type, whatever it is made of.
func TestRandomTypes(t *testing.T) {
	in := types.NewInterner(types.Limits{})
	res := []*types.Resource{{Name: "a"}, {Name: "b"}}
	same := in.Substitution(func(r *types.Resource) *types.Resource { return r })
	swap := in.Substitution(func(r *types.Resource) *types.Resource {
		if r == res[0] {
			return res[1]
		}
		return res[0]
	})
	for seed := range uint64(3000) {
		typ, err := newGrower(in, seed, res).grow(6)
		if err != nil {
			t.Fatal(err)
		}
		checkLayout(t, typ)
		if again, _ := newGrower(in, seed, res).grow(6); again != typ {
			t.Errorf("%s was made twice", typ)
		}
		if s, err := same.Type(typ); err != nil || s != typ {
			t.Errorf("the identity makes %s of %s (%v)", s, typ, err)
		}
		s, err := swap.Type(typ)
		if err != nil {
			t.Fatal(err)
		}
		if s == typ && typ.HasResource() {
			t.Errorf("swapping resource types changes nothing in %s", typ)
		}
		if s, _ = swap.Type(s); s != typ {
			t.Errorf("swapping resource types twice makes %s of %s", s, typ)
		}
	}
}

func checkLayout(t *testing.T, typ *types.Type) {
	t.Helper()
	if typ.Size() == 0 || typ.Size()%typ.Align() != 0 {
		t.Errorf("%s: size %d, align %d", typ, typ.Size(), typ.Align())
	}
	end := uint32(0)
	for _, f := range typ.Fields {
		if f.Offset < end || f.Offset%f.Type.Align() != 0 || f.Offset+f.Type.Size() > typ.Size() {
			t.Errorf("%s: a field of size %d at %d", typ, f.Type.Size(), f.Offset)
		}
		end = f.Offset + f.Type.Size()
	}
	for _, c := range typ.Cases {
		if c.Type == nil {
			continue
		}
		if o := typ.PayloadOffset(); o < typ.DiscriminantSize() || o%c.Type.Align() != 0 || o+c.Type.Size() > typ.Size() {
			t.Errorf("%s: a payload of size %d at %d", typ, c.Type.Size(), o)
		}
	}
	if flat, ok := typ.Flat(); ok && (len(flat) == 0 || len(flat) > types.MaxFlatParams) {
		t.Errorf("%s: flattens to %v", typ, flat)
	}
}
