package types_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component/internal/types"
)

// maker makes types in tables; any error ends the test.
type maker struct {
	*types.Interner
	t *testing.T
}

func newMaker(t *testing.T) maker {
	return maker{types.NewInterner(types.Limits{}), t}
}

func (m maker) must(t *types.Type, err error) *types.Type {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
	return t
}

func (m maker) prims(kinds ...types.Kind) []*types.Type {
	var ts []*types.Type
	for _, k := range kinds {
		ts = append(ts, m.Prim(k))
	}
	return ts
}

func (m maker) tuple(kinds ...types.Kind) *types.Type { return m.must(m.Tuple(m.prims(kinds...))) }

// cases is a variant with cases c0, c1, …; 0 stands for no payload.
func (m maker) cases(kinds ...types.Kind) *types.Type {
	var cs []types.Case
	for i, k := range kinds {
		cs = append(cs, types.Case{Name: "c" + string(rune('a'+i)), Type: m.Prim(k)})
	}
	return m.must(m.Variant(cs))
}

func labels(n int) []string {
	var ls []string
	for i := range n {
		s := "l"
		for j := i; ; j /= 26 {
			s += string(rune('a' + j%26))
			if j < 26 {
				break
			}
		}
		ls = append(ls, s)
	}
	return ls
}

const (
	i32 = types.FlatI32
	i64 = types.FlatI64
	f32 = types.FlatF32
	f64 = types.FlatF64
)

func flats(ks ...types.FlatKind) []types.FlatKind { return ks }

// The layouts are computed by hand from CanonicalABI.md, "Alignment", "Element
// Size" and "Flattening".
func TestLayout(t *testing.T) {
	m := newMaker(t)
	r := &types.Resource{Name: "r"}
	p := m.Prim
	tests := []struct {
		name        string
		typ         *types.Type
		size, align uint32
		flat        []types.FlatKind
	}{
		{"bool", p(types.Bool), 1, 1, flats(i32)},
		{"s16", p(types.S16), 2, 2, flats(i32)},
		{"char", p(types.Char), 4, 4, flats(i32)},
		{"u64", p(types.U64), 8, 8, flats(i64)},
		{"f32", p(types.F32), 4, 4, flats(f32)},
		{"f64", p(types.F64), 8, 8, flats(f64)},
		{"string", p(types.String), 8, 4, flats(i32, i32)},
		{"list", m.must(m.List(p(types.U8))), 8, 4, flats(i32, i32)},
		{"map", m.must(m.Map(p(types.U8), p(types.U64))), 8, 4, flats(i32, i32)},
		{"fixed list", m.must(m.FixedList(p(types.U16), 3)), 6, 2, flats(i32, i32, i32)},
		{"tuple padded inside and at the end", m.tuple(types.U8, types.U32, types.U8), 12, 4, flats(i32, i32, i32)},
		{"tuple with u64", m.tuple(types.U8, types.U64), 16, 8, flats(i32, i64)},
		{"tuple of 16", m.must(m.Tuple(slices.Repeat(m.prims(types.U8), 16))), 16, 1, slices.Repeat(flats(i32), 16)},
		{"tuple of 17", m.must(m.Tuple(slices.Repeat(m.prims(types.U8), 17))), 17, 1, nil},
		{"enum of 1", m.must(m.Enum(labels(1))), 1, 1, flats(i32)},
		{"enum of 256", m.must(m.Enum(labels(256))), 1, 1, flats(i32)},
		{"enum of 257", m.must(m.Enum(labels(257))), 2, 2, flats(i32)},
		{"enum of 65536", m.must(m.Enum(labels(65536))), 2, 2, flats(i32)},
		{"enum of 65537", m.must(m.Enum(labels(65537))), 4, 4, flats(i32)},
		{"flags of 8", m.must(m.Flags(labels(8))), 1, 1, flats(i32)},
		{"flags of 9", m.must(m.Flags(labels(9))), 2, 2, flats(i32)},
		{"flags of 17", m.must(m.Flags(labels(17))), 4, 4, flats(i32)},
		{"flags of 32", m.must(m.Flags(labels(32))), 4, 4, flats(i32)},
		{"option u8", m.must(m.Option(p(types.U8))), 2, 1, flats(i32, i32)},
		{"option u64", m.must(m.Option(p(types.U64))), 16, 8, flats(i32, i64)},
		{"result", m.must(m.Result(nil, nil)), 1, 1, flats(i32)},
		{"result<_, string>", m.must(m.Result(nil, p(types.String))), 12, 4, flats(i32, i32, i32)},
		{"join i32 f32", m.cases(types.U32, types.F32), 8, 4, flats(i32, i32)},
		{"join f32 f64", m.cases(types.F32, types.F64), 16, 8, flats(i32, i64)},
		{"join i64 f64", m.cases(types.F64, types.U64), 16, 8, flats(i32, i64)},
		{"join f32 f32", m.cases(types.F32, 0, types.F32), 8, 4, flats(i32, f32)},
		{"join of unequal lengths", m.cases(types.U8, types.String, types.F64), 16, 8, flats(i32, i64, i32)},
		{"own", m.must(m.Own(r)), 4, 4, flats(i32)},
		{"borrow", m.must(m.Borrow(r)), 4, 4, flats(i32)},
		{"stream", m.must(m.Stream(p(types.U8))), 4, 4, flats(i32)},
		{"future of nothing", m.must(m.Future(nil)), 4, 4, flats(i32)},
		{"error-context", m.must(m.ErrorContext()), 4, 4, flats(i32)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.typ.Size() != tt.size || tt.typ.Align() != tt.align {
				t.Errorf("size, align of %s = %d, %d, want %d, %d", tt.typ, tt.typ.Size(), tt.typ.Align(), tt.size, tt.align)
			}
			flat, ok := tt.typ.Flat()
			if ok != (tt.flat != nil) || !slices.Equal(flat, tt.flat) {
				t.Errorf("flat of %s = %v, %v, want %v", tt.typ, flat, ok, tt.flat)
			}
		})
	}
}

func TestOffsets(t *testing.T) {
	m := newMaker(t)
	rec := m.must(m.Record([]types.Field{
		{Name: "a", Type: m.Prim(types.U8)},
		{Name: "b", Type: m.Prim(types.U64)},
		{Name: "c", Type: m.Prim(types.U16)},
		{Name: "d", Type: m.Prim(types.String)},
	}))
	var got []uint32
	for _, f := range rec.Fields {
		got = append(got, f.Offset)
	}
	if want := []uint32{0, 8, 16, 20}; !slices.Equal(got, want) || rec.Size() != 32 {
		t.Errorf("offsets of %s = %v, size %d, want %v, 32", rec, got, rec.Size(), want)
	}
	if v := m.cases(types.U8, types.U64); v.PayloadOffset() != 8 || v.DiscriminantSize() != 1 {
		t.Errorf("payload offset, discriminant of %s = %d, %d, want 8, 1", v, v.PayloadOffset(), v.DiscriminantSize())
	}
}

func TestInterning(t *testing.T) {
	m := newMaker(t)
	r1, r2 := &types.Resource{Name: "r"}, &types.Resource{Name: "r"}
	u8, s8 := m.Prim(types.U8), m.Prim(types.S8)
	same := [][2]*types.Type{
		{m.must(m.List(u8)), m.must(m.List(u8))},
		{m.tuple(types.U8, types.S8), m.tuple(types.U8, types.S8)},
		{m.must(m.Own(r1)), m.must(m.Own(r1))},
		{m.must(m.Result(nil, u8)), m.must(m.Result(nil, u8))},
	}
	for _, p := range same {
		if p[0] != p[1] {
			t.Errorf("%s was made twice", p[0])
		}
	}
	differ := []*types.Type{
		u8, s8, m.must(m.List(u8)), m.must(m.List(s8)), m.must(m.FixedList(u8, 1)), m.must(m.FixedList(u8, 2)),
		m.must(m.Option(u8)), m.must(m.Own(r1)), m.must(m.Own(r2)), m.must(m.Borrow(r1)),
		m.must(m.Result(u8, nil)), m.must(m.Result(nil, u8)), m.must(m.Result(u8, u8)),
		m.must(m.Enum([]string{"ab", "c"})), m.must(m.Enum([]string{"a", "bc"})), m.must(m.Flags([]string{"a", "bc"})),
		m.must(m.Record([]types.Field{{Name: "a", Type: u8}})), m.must(m.Record([]types.Field{{Name: "A", Type: u8}})),
		m.must(m.Variant([]types.Case{{Name: "a", Type: u8}})), m.must(m.Variant([]types.Case{{Name: "a"}})),
		m.tuple(types.U8),
	}
	for i, a := range differ {
		for _, b := range differ[:i] {
			if a == b {
				t.Errorf("%s and %s are one type", a, b)
			}
		}
	}
}

func TestFuncs(t *testing.T) {
	m := newMaker(t)
	u8 := m.Prim(types.U8)
	many := func(n int) []types.Param {
		var ps []types.Param
		for _, l := range labels(n) {
			ps = append(ps, types.Param{Name: l, Type: u8})
		}
		return ps
	}
	tests := []struct {
		name        string
		params      int
		result      *types.Type
		lift, lower string
	}{
		{"nothing", 0, nil, "[] []", "[] []"},
		{"one result", 2, u8, "[i32 i32] [i32]", "[i32 i32] [i32]"},
		{"result in memory", 1, m.Prim(types.String), "[i32] [i32]", "[i32 i32] []"},
		{"16 params", 16, nil, strings.TrimSpace("[" + strings.Repeat("i32 ", 15) + "i32] []"), "[" + strings.Repeat("i32 ", 15) + "i32] []"},
		{"17 params", 17, nil, "[i32] []", "[i32] []"},
		{"17 params and a result in memory", 17, m.Prim(types.String), "[i32] [i32]", "[i32 i32] []"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := m.Func(types.Func{Params: many(tt.params), Result: tt.result})
			if err != nil {
				t.Fatal(err)
			}
			if got := core(f.LiftCore()); got != tt.lift {
				t.Errorf("lift core = %s, want %s", got, tt.lift)
			}
			if got := core(f.LowerCore()); got != tt.lower {
				t.Errorf("lower core = %s, want %s", got, tt.lower)
			}
			again, _ := m.Func(types.Func{Params: many(tt.params), Result: tt.result})
			if again != f {
				t.Errorf("%s was made twice", f)
			}
		})
	}
}

func core(c types.CoreFunc) string {
	list := func(ks []types.FlatKind) string {
		var s []string
		for _, k := range ks {
			s = append(s, k.String())
		}
		return "[" + strings.Join(s, " ") + "]"
	}
	return list(c.Params) + " " + list(c.Results)
}

func TestRefused(t *testing.T) {
	m := newMaker(t)
	u8 := m.Prim(types.U8)
	borrow := m.must(m.Borrow(&types.Resource{}))
	typ := func(_ *types.Type, err error) error { return err }
	fn := func(_ *types.Func, err error) error { return err }
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"empty record", typ(m.Record(nil)), "field: at least one"},
		{"empty tuple", typ(m.Tuple(nil)), "at least one type"},
		{"empty variant", typ(m.Variant(nil)), "case: at least one"},
		{"empty enum", typ(m.Enum(nil)), "enum case: at least one"},
		{"empty flags", typ(m.Flags(nil)), "flag: at least one"},
		{"33 flags", typ(m.Flags(labels(33))), "cannot have more than 32"},
		{"empty label", typ(m.Enum([]string{""})), "cannot be empty"},
		{"bad label", typ(m.Enum([]string{"NevEr"})), "not in kebab case"},
		{"equal labels", typ(m.Enum([]string{"x", "y", "X"})), `"X" conflicts with the earlier name "x"`},
		{"equal among many", typ(m.Enum(append(labels(40), "LAB"))), `"LAB" conflicts with the earlier name "lab"`},
		{"fixed list of 0", typ(m.FixedList(u8, 0)), "at least one element"},
		{"map keyed by float", typ(m.Map(m.Prim(types.F32), u8)), "keys of type f32"},
		{"stream of borrow", typ(m.Stream(borrow)), "cannot contain a borrow"},
		{"stream of char", typ(m.Stream(m.Prim(types.Char))), "not valid at this time"},
		{"borrow result", fn(m.Func(types.Func{Result: m.must(m.List(borrow))})), "cannot contain a borrow"},
		{"equal params", fn(m.Func(types.Func{Params: []types.Param{{"foo", u8}, {"FOO", u8}}})), "conflicts"},
		{"2^28 bytes", typ(m.FixedList(u8, 1<<28)), "maximum size"},
		{"2^32 bytes", typ(m.FixedList(m.Prim(types.U64), 1<<29)), "maximum size"},
		{"2^28 bytes with 64-bit pointers only", typ(m.FixedList(m.Prim(types.String), 1<<24)), "maximum size"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.err == nil || !strings.Contains(tt.err.Error(), tt.want) {
				t.Errorf("error = %v, want it to say %q", tt.err, tt.want)
			}
		})
	}
	if _, err := m.FixedList(u8, 1<<28-1); err != nil {
		t.Errorf("the largest value is refused: %v", err)
	}
}

func TestLimits(t *testing.T) {
	tests := []struct {
		name   string
		limits types.Limits
		grow   func(in *types.Interner, t *types.Type) (*types.Type, error)
		want   string
		rounds int // the first round that is refused
	}{
		{"depth", types.Limits{}, func(in *types.Interner, t *types.Type) (*types.Type, error) {
			return in.List(t)
		}, "nesting of types", 100},
		{"a DAG that doubles", types.Limits{}, func(in *types.Interner, t *types.Type) (*types.Type, error) {
			l, err := in.List(t)
			if err != nil {
				return nil, err
			}
			return in.Tuple([]*types.Type{l, l})
		}, "size of a type", 18},
		{"number", types.Limits{MaxTypes: 5}, func(in *types.Interner, t *types.Type) (*types.Type, error) {
			return in.Option(t)
		}, "number of types", 6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := types.NewInterner(tt.limits)
			typ := in.Prim(types.U8)
			for round := 1; ; round++ {
				next, err := tt.grow(in, typ)
				if err == nil {
					typ = next
					continue
				}
				limit, ok := errors.AsType[*types.LimitError](err)
				if !ok || limit.What != tt.want || round != tt.rounds {
					t.Errorf("round %d: error = %v, want limit of %q in round %d", round, err, tt.want, tt.rounds)
				}
				return
			}
		})
	}
}

func TestLimitErrorZero(t *testing.T) {
	if (&types.LimitError{}).Error() == "" {
		t.Error("the zero LimitError says nothing")
	}
}

func TestIsLabel(t *testing.T) {
	good := []string{"a", "a1", "a-1", "a-1-b-2-c-3", "B", "B1", "B-1", "a11-B11-123-ABC-abc", "x"}
	bad := []string{"", "1", "1-a", "a-", "-a", "a--b", "aBc", "NevEr", "a_b", "a b", "ä", "a.b", "a\x00"}
	for _, s := range good {
		if !types.IsLabel(s) {
			t.Errorf("IsLabel(%q) = false", s)
		}
	}
	for _, s := range bad {
		if types.IsLabel(s) {
			t.Errorf("IsLabel(%q) = true", s)
		}
	}
}

func TestString(t *testing.T) {
	m := newMaker(t)
	own := m.must(m.Own(&types.Resource{Name: "file"}))
	rec := m.must(m.Record([]types.Field{{Name: "a", Type: own}, {Name: "b", Type: m.must(m.Result(nil, m.Prim(types.String)))}}))
	f, err := m.Func(types.Func{Params: []types.Param{{Name: "x", Type: rec}}, Result: m.must(m.FixedList(m.Prim(types.U8), 4))})
	if err != nil {
		t.Fatal(err)
	}
	want := "func(x: record { a: own<file>, b: result<_, string> }) -> list<u8, 4>"
	if f.String() != want {
		t.Errorf("String() = %s, want %s", f, want)
	}
	if v := m.cases(0, types.Char).String(); v != "variant { ca, cb(char) }" {
		t.Errorf("String() = %s", v)
	}
	big := m.must(m.Enum(labels(65537))).String()
	if len(big) > 400 || !strings.HasSuffix(big, "…") {
		t.Errorf("a long type prints as %d bytes, ending %q", len(big), big[len(big)-10:])
	}
}

func TestSubstitution(t *testing.T) {
	m := newMaker(t)
	from, to := &types.Resource{Name: "from"}, &types.Resource{Name: "to"}
	build := func(r *types.Resource) *types.Func {
		own := m.must(m.Own(r))
		f, err := m.Func(types.Func{
			Params: []types.Param{{Name: "p", Type: m.must(m.Borrow(r))}, {Name: "q", Type: m.Prim(types.U8)}},
			Result: m.must(m.Variant([]types.Case{{Name: "a", Type: m.must(m.List(own))}, {Name: "b"}})),
		})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	s := m.Substitution(func(r *types.Resource) *types.Resource {
		if r == from {
			return to
		}
		return r
	})
	got, err := s.Func(build(from))
	if err != nil || got != build(to) {
		t.Errorf("Func(%s) = %v, %v, want %s", build(from), got, err, build(to))
	}
}
