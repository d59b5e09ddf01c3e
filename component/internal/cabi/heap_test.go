package cabi_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/berth-cli/berth/component/internal/cabi"
	"github.com/berth-cli/berth/component/internal/types"
)

// heap is a guest's memory with an allocator that only goes up.
type heap struct {
	mem  []byte
	last uint32
}

func (h *heap) Bytes() []byte { return h.mem }

var errOOM = errors.New("out of memory")

func (h *heap) realloc(_, _, align, size uint32) (uint32, error) {
	ptr := (h.last + align - 1) &^ (align - 1)
	if uint64(ptr)+uint64(size) > uint64(len(h.mem)) {
		return 0, errOOM
	}
	h.last = ptr + size
	return ptr, nil
}

// guest returns one side of a call: an instance with a memory of its own.
func guest(mem []byte, enc cabi.Encoding) (*cabi.Context, *heap) {
	h := &heap{mem: mem}
	cx := &cabi.Context{
		Opts:   &cabi.Options{Memory: h, Realloc: h.realloc, Encoding: enc},
		Inst:   cabi.NewInstance(nil, "guest", 100),
		Budget: 1 << 20, MaxBudget: 1 << 20,
	}
	cx.Begin()
	return cx, h
}

// sumValue and recordValue are the dynamic form of these tests.
type sumValue struct {
	i       int
	payload any
}

type flagsValue uint32

type char rune

type unit struct{}

type lent []byte

type dynamic struct{}

func (dynamic) MakeRecord(_ *types.Type, fields []any) any { return fields }

func (dynamic) SplitRecord(t *types.Type, v any) ([]any, error) {
	if fields, ok := v.([]any); ok && len(fields) == len(t.Fields) {
		return fields, nil
	}
	return nil, &cabi.ValueError{WIT: t.String(), Reason: "not its fields"}
}

func (dynamic) MakeSum(_ *types.Type, i int, payload any) any { return sumValue{i, payload} }

func (dynamic) SplitSum(t *types.Type, v any) (int, any, error) {
	if s, ok := v.(sumValue); ok {
		return s.i, s.payload, nil
	}
	return 0, nil, &cabi.ValueError{WIT: t.String(), Reason: "not a case"}
}

func (dynamic) MakeFlags(_ *types.Type, bits uint32) any { return flagsValue(bits) }

func (dynamic) SplitFlags(t *types.Type, v any) (uint32, error) {
	if f, ok := v.(flagsValue); ok {
		return uint32(f), nil
	}
	return 0, &cabi.ValueError{WIT: t.String(), Reason: "not flags"}
}

func (dynamic) Lift(dst reflect.Value, _ *cabi.Resource, rep cabi.Rep, _ bool) error {
	dst.Set(reflect.ValueOf(rep))
	return nil
}

func (dynamic) Lower(src reflect.Value, _ *cabi.Resource, _ bool) (cabi.Rep, error) {
	if rep, ok := src.Interface().(cabi.Rep); ok {
		return rep, nil
	}
	return cabi.Rep{}, &cabi.ValueError{Reason: "not a handle"}
}

func (dynamic) Dynamic(_ *types.Type, src reflect.Value) any { return src.Interface() }

func newEnv() *cabi.Env {
	return &cabi.Env{Go: cabi.GoTypes{
		Char: reflect.TypeFor[char](), Unit: reflect.TypeFor[unit](), Lent: reflect.TypeFor[lent](),
		IsResult: func(reflect.Type) bool { return false },
		Handle:   func(reflect.Type) (reflect.Type, bool, bool) { return nil, false, false },
		Dynamic:  dynamic{}, Handles: dynamic{},
	}}
}

// anyValue is a plan for the dynamic form, by values instead of pointers.
type anyValue struct{ *cabi.Value[any] }

func (p anyValue) LiftFlat(cx *cabi.Context, flat []uint64) (v any, err error) {
	err = p.Value.LiftFlat(cx, flat, &v)
	return v, err
}

func (p anyValue) LiftMem(cx *cabi.Context, ptr uint32) (v any, err error) {
	err = p.Value.LiftMem(cx, ptr, &v)
	return v, err
}

func (p anyValue) LowerFlat(cx *cabi.Context, v any, flat []uint64) error {
	return p.Value.LowerFlat(cx, &v, flat)
}

func (p anyValue) LowerMem(cx *cabi.Context, v any, ptr uint32) error {
	return p.Value.LowerMem(cx, &v, ptr)
}

// plan compiles the plan of t in the dynamic form.
func plan(t testing.TB, typ *types.Type) anyValue {
	t.Helper()
	p, err := newEnv().Compile(typ, reflect.TypeFor[any]())
	if err != nil {
		t.Fatalf("Compile(%s): %v", typ, err)
	}
	return anyValue{cabi.NewValue[any](p)}
}

// wantTrap fails unless err is a trap of that kind.
func wantTrap(t testing.TB, what string, err error, kind cabi.Kind) {
	t.Helper()
	if trap, ok := errors.AsType[*cabi.Trap](err); !ok || trap.Kind != kind {
		t.Errorf("%s: error %v, want a trap of kind %d", what, err, kind)
	}
}

// typeMaker makes types that are known to be valid.
type typeMaker struct {
	t  testing.TB
	in *types.Interner
}

func newTypes(t testing.TB) typeMaker {
	return typeMaker{t, types.NewInterner(types.Limits{})}
}

func (m typeMaker) prim(k types.Kind) *types.Type { return m.in.Prim(k) }

func (m typeMaker) must(typ *types.Type, err error) *types.Type {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
	return typ
}

func (m typeMaker) list(e *types.Type) *types.Type     { return m.must(m.in.List(e)) }
func (m typeMaker) option(e *types.Type) *types.Type   { return m.must(m.in.Option(e)) }
func (m typeMaker) tuple(e ...*types.Type) *types.Type { return m.must(m.in.Tuple(e)) }
func (m typeMaker) result(ok, err *types.Type) *types.Type {
	return m.must(m.in.Result(ok, err))
}

// variant makes a variant; a nil is a case without a payload.
func (m typeMaker) variant(cases ...*types.Type) *types.Type {
	cs := make([]types.Case, len(cases))
	for i, c := range cases {
		cs[i] = types.Case{Name: label(i), Type: c}
	}
	return m.must(m.in.Variant(cs))
}

func (m typeMaker) record(fields ...*types.Type) *types.Type {
	fs := make([]types.Field, len(fields))
	for i, f := range fields {
		fs[i] = types.Field{Name: label(i), Type: f}
	}
	return m.must(m.in.Record(fs))
}

func (m typeMaker) flags(n int) *types.Type { return m.must(m.in.Flags(labels(n))) }
func (m typeMaker) enum(n int) *types.Type  { return m.must(m.in.Enum(labels(n))) }

func labels(n int) []string {
	ls := make([]string, n)
	for i := range ls {
		ls[i] = label(i)
	}
	return ls
}

func label(i int) string {
	return "x" + string(rune('a'+i/26/26%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i%26))
}
