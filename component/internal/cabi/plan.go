package cabi

import (
	"reflect"

	"github.com/berth-cli/berth/component/internal/types"
)

// Plan says how values of one WIT type are held as values of one Go type, and
// moves them. It is immutable.
//
// The reflect.Values that it stores to are addressable and of the Go type; those
// it reads from are of the Go type.
type Plan struct {
	node
	Type *types.Type
	Go   reflect.Type
}

// node is the plan of one part of a type. Flat values are raw bits, each in a
// uint64, from index 0 on; what a part does not use when it is lowered, the node
// leaves as it was. The memory at ptr has been checked for size and alignment.
type node interface {
	// LiftFlat stores to dst what flat values say.
	LiftFlat(cx *Context, flat []uint64, dst reflect.Value) error
	// LiftMem stores to dst what is in guest memory at ptr.
	LiftMem(cx *Context, ptr uint32, dst reflect.Value) error
	// LowerFlat makes flat values of src.
	LowerFlat(cx *Context, src reflect.Value, flat []uint64) error
	// LowerMem writes src to guest memory at ptr.
	LowerMem(cx *Context, src reflect.Value, ptr uint32) error
	// Dynamic returns src in the dynamic form.
	Dynamic(src reflect.Value) any
}

// LiftAt lifts from guest memory at ptr, after checking that it lies there.
func (p *Plan) LiftAt(cx *Context, ptr uint32, dst reflect.Value) error {
	if _, err := cx.view(ptr, uint64(p.Type.Size()), p.Type.Align(), "pointer"); err != nil {
		return err
	}
	return p.LiftMem(cx, ptr, dst)
}

// LowerAt lowers into guest memory at ptr, after checking that it lies there.
func (p *Plan) LowerAt(cx *Context, src reflect.Value, ptr uint32) error {
	if _, err := cx.view(ptr, uint64(p.Type.Size()), p.Type.Align(), "pointer"); err != nil {
		return err
	}
	return p.LowerMem(cx, src, ptr)
}

// Env is what compiling plans needs to know beside the two types. It is for one
// goroutine at a time; the plans it makes are not bound to it.
type Env struct {
	// Go describes the Go types that have a meaning of their own.
	Go GoTypes
	// Resources gives each resource type its index in Context.Resources.
	Resources map[*types.Resource]int
	// CheckHandle says whether values of type elem stand for resources of type r
	// on the host. nil allows all.
	CheckHandle func(r *types.Resource, elem reflect.Type) error

	memo  map[planKey]node
	moves map[*types.Type]mover
}

type planKey struct {
	wit *types.Type
	rt  reflect.Type
}

// BindError says where a Go type does not represent a WIT type.
type BindError struct {
	Path   string // from the type asked for, such as "field name: element"
	WIT    string
	Go     string
	Reason string // more than that they do not fit, or ""
}

func (e *BindError) Error() string {
	s := "Go type " + e.Go + " does not represent " + e.WIT
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	if e.Path != "" {
		s = e.Path + ": " + s
	}
	return s
}

// Compile makes the plan for values of type t held as rt. The error is *BindError
// if rt does not represent t.
func (e *Env) Compile(t *types.Type, rt reflect.Type) (*Plan, error) {
	n, err := e.compile(t, rt, "")
	if err != nil {
		return nil, err
	}
	return &Plan{node: n, Type: t, Go: rt}, nil
}

// compile makes the plan of a part; path leads to it from the whole.
func (e *Env) compile(t *types.Type, rt reflect.Type, path string) (node, error) {
	key := planKey{t, rt}
	if n, ok := e.memo[key]; ok {
		return n, nil
	}
	n, err := e.compileKind(t, rt, path)
	if err != nil {
		return nil, err
	}
	if e.memo == nil {
		e.memo = map[planKey]node{}
	}
	e.memo[key] = n
	return n, nil
}

func (e *Env) compileKind(t *types.Type, rt reflect.Type, path string) (node, error) {
	switch t.Kind {
	case types.String:
		return e.compileString(t, rt, path)
	case types.List, types.Map:
		return e.compileList(t, rt, path)
	case types.FixedList:
		return e.compileFixedList(t, rt, path)
	case types.Record, types.Tuple:
		return e.compileRecord(t, rt, path)
	case types.Variant, types.Option, types.Result, types.Enum:
		return e.compileSum(t, rt, path)
	case types.Flags:
		return e.compileFlags(t, rt, path)
	case types.Own, types.Borrow:
		return e.compileHandle(t, rt, path)
	}
	return e.compileScalar(t, rt, path)
}

// isDynamic reports whether values are held in the dynamic form.
func (e *Env) isDynamic(rt reflect.Type) bool { return rt == anyType }

var anyType = reflect.TypeFor[any]()

// mismatch is the error of a Go type that does not represent t; without a reason,
// because it is none of those that can.
func mismatch(t *types.Type, rt reflect.Type, path, reason string) error {
	if reason == "" {
		reason = expected(t)
	}
	return &BindError{Path: path, WIT: t.String(), Go: rt.String(), Reason: reason}
}

// at appends a step to a path.
func at(path, step string) string {
	if path == "" {
		return step
	}
	return path + ": " + step
}

// GoTypes describes the Go types that the package above gives a meaning, and the
// dynamic form.
type GoTypes struct {
	Char reflect.Type // holds a char
	Unit reflect.Type // stands for what is absent
	Lent reflect.Type // holds a list<u8> for the time of a call; nil if there is no such type
	// IsResult reports whether rt holds results: a struct of the ok value, the
	// error value, and a bool that says it is the error.
	IsResult func(rt reflect.Type) bool
	// Handle returns what an own or borrow handle type such as Own[T] is made of.
	Handle func(rt reflect.Type) (elem reflect.Type, own, ok bool)

	Dynamic Dynamic
	Handles Handles
}

// Dynamic makes values in the dynamic form and takes them apart.
//
// The parts of a record or tuple are its fields; of a variant, option, result or
// enum, the payload of case i, nil if it has none.
type Dynamic interface {
	MakeRecord(t *types.Type, fields []any) any
	SplitRecord(t *types.Type, v any) (fields []any, err error)
	MakeSum(t *types.Type, i int, payload any) any
	SplitSum(t *types.Type, v any) (i int, payload any, err error)
	MakeFlags(t *types.Type, bits uint32) any
	SplitFlags(t *types.Type, v any) (bits uint32, err error)
}

// Handles converts between what handles stand for and Go values, typed or
// dynamic.
type Handles interface {
	// Lift stores to dst, an own or borrow handle type or an interface, what
	// the guest gave.
	Lift(dst reflect.Value, r *Resource, rep Rep, own bool) error
	// Lower returns what src stands for. If own, it belongs to the guest
	// afterwards.
	Lower(src reflect.Value, r *Resource, own bool) (Rep, error)
	// Dynamic returns the typed handle src in the dynamic form.
	Dynamic(t *types.Type, src reflect.Value) any
}
