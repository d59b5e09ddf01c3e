package cabi

import (
	"reflect"

	"github.com/berth-cli/berth/component/internal/types"
)

// dynamicElemBytes is what an element of a dynamic list is charged: the interface
// and a small value behind it.
const dynamicElemBytes = 24

// list is the plan of a list whose elements go one by one, or of a map. It holds a
// []T, or a []any in an interface.
type list struct {
	elem    node
	size    uint32 // of an element in guest memory
	align   uint32
	t       *types.Type
	slice   reflect.Type // the type of the slice
	goSize  uint64       // what an element is charged
	dynamic bool
}

func (e *Env) compileList(t *types.Type, rt reflect.Type, path string) (node, error) {
	elemType, err := elemOf(t)
	if err != nil {
		return nil, mismatch(t, rt, path, err.Error())
	}
	l := &list{size: elemType.Size(), align: elemType.Align(), t: t, slice: rt, goSize: dynamicElemBytes}
	switch {
	case e.isDynamic(rt):
		if elemType.Kind == types.U8 {
			return dynamicBytes, nil
		}
		l.slice, l.dynamic = reflect.TypeFor[[]any](), true
	case rt.Kind() != reflect.Slice:
		return nil, mismatch(t, rt, path, "")
	case rt == e.Go.Lent && elemType.Kind == types.U8:
		return lentSpan, nil
	default:
		l.goSize = uint64(rt.Elem().Size())
		if b := bulkSpan(elemType.Kind, rt); b != nil {
			return b, nil
		}
	}
	elem, err := e.compile(elemType, l.slice.Elem(), at(path, "element"))
	if err != nil {
		return nil, err
	}
	l.elem = elem
	return &span{lift: l.lift, lower: l.lower, dynamic: l.toDynamic}, nil
}

// elemOf returns the type of the elements of a list, or of a map, which is a list of
// its pairs.
func elemOf(t *types.Type) (*types.Type, error) {
	if t.Kind != types.Map {
		return t.Elem, nil
	}
	return types.NewInterner(types.Limits{MaxDepth: t.Depth() + 1}).Tuple([]*types.Type{t.Key, t.Elem})
}

func (l *list) lift(cx *Context, ptr, n uint32, dst reflect.Value) error {
	if _, err := cx.view(ptr, uint64(n)*uint64(l.size), l.align, "list content"); err != nil {
		return err
	}
	if err := cx.charge(uint64(n) * l.goSize); err != nil {
		return err
	}
	outer := cx.packing
	cx.packing = outer || n >= minPacking
	defer func() { cx.packing = outer }()
	s := reflect.MakeSlice(l.slice, int(n), int(n))
	for i := range int(n) {
		if err := l.elem.LiftMem(cx, ptr+uint32(i)*l.size, s.Index(i)); err != nil {
			return err
		}
	}
	dst.Set(s)
	return nil
}

func (l *list) lower(cx *Context, src reflect.Value) (ptr, n uint32, err error) {
	if l.dynamic {
		s, ok := src.Interface().([]any)
		if !ok {
			return 0, 0, &ValueError{WIT: l.t.String(), Reason: wrongGo(src)}
		}
		src = reflect.ValueOf(s)
	}
	count := src.Len()
	if ptr, err = cx.alloc(uint64(count)*uint64(l.size), l.align, "list"); err != nil {
		return 0, 0, err
	}
	for i := range count {
		if err := l.elem.LowerMem(cx, src.Index(i), ptr+uint32(i)*l.size); err != nil {
			return 0, 0, err
		}
	}
	return ptr, uint32(count), nil
}

func (l *list) toDynamic(src reflect.Value) any {
	if l.dynamic {
		return src.Interface()
	}
	out := make([]any, src.Len())
	for i := range out {
		out[i] = l.elem.Dynamic(src.Index(i))
	}
	return out
}

// fixedList is the plan of a fixed-size list: a [N]T, or a []any of N in an
// interface.
type fixedList struct {
	t       *types.Type
	elem    node
	n       int
	size    uint32 // of an element in guest memory
	flat    int    // flat values of an element; 0 if the list has no flat form
	dynamic bool
}

func (e *Env) compileFixedList(t *types.Type, rt reflect.Type, path string) (node, error) {
	l := &fixedList{t: t, n: int(t.Len), size: t.Elem.Size(), dynamic: e.isDynamic(rt)}
	if flat, ok := t.Elem.Flat(); ok {
		l.flat = len(flat)
	}
	elem := anyType
	if !l.dynamic {
		if rt.Kind() != reflect.Array || rt.Len() != l.n {
			return nil, mismatch(t, rt, path, "")
		}
		elem = rt.Elem()
	}
	var err error
	l.elem, err = e.compile(t.Elem, elem, at(path, "element"))
	return l, err
}

// open returns where the elements are stored.
func (l *fixedList) open(cx *Context, dst reflect.Value) (reflect.Value, error) {
	if !l.dynamic {
		return dst, nil
	}
	if err := cx.charge(uint64(l.n) * dynamicElemBytes); err != nil {
		return dst, err
	}
	return reflect.ValueOf(make([]any, l.n)), nil
}

func (l *fixedList) liftEach(cx *Context, dst reflect.Value, lift func(i int, dst reflect.Value) error) error {
	elems, err := l.open(cx, dst)
	if err != nil {
		return err
	}
	for i := range l.n {
		if err := lift(i, elems.Index(i)); err != nil {
			return err
		}
	}
	if l.dynamic {
		dst.Set(elems)
	}
	return nil
}

func (l *fixedList) LiftFlat(cx *Context, flat []uint64, dst reflect.Value) error {
	return l.liftEach(cx, dst, func(i int, dst reflect.Value) error {
		return l.elem.LiftFlat(cx, flat[i*l.flat:], dst)
	})
}

func (l *fixedList) LiftMem(cx *Context, ptr uint32, dst reflect.Value) error {
	return l.liftEach(cx, dst, func(i int, dst reflect.Value) error {
		return l.elem.LiftMem(cx, ptr+uint32(i)*l.size, dst)
	})
}

// elems returns the elements of src.
func (l *fixedList) elems(src reflect.Value) (reflect.Value, error) {
	if !l.dynamic {
		return src, nil
	}
	s, ok := src.Interface().([]any)
	if !ok || len(s) != l.n {
		return src, &ValueError{WIT: l.t.String(), Reason: wrongGo(src)}
	}
	return reflect.ValueOf(s), nil
}

func (l *fixedList) LowerFlat(cx *Context, src reflect.Value, flat []uint64) error {
	elems, err := l.elems(src)
	for i := 0; i < l.n && err == nil; i++ {
		err = l.elem.LowerFlat(cx, elems.Index(i), flat[i*l.flat:])
	}
	return err
}

func (l *fixedList) LowerMem(cx *Context, src reflect.Value, ptr uint32) error {
	elems, err := l.elems(src)
	for i := 0; i < l.n && err == nil; i++ {
		err = l.elem.LowerMem(cx, elems.Index(i), ptr+uint32(i)*l.size)
	}
	return err
}

func (l *fixedList) Dynamic(src reflect.Value) any {
	elems, err := l.elems(src)
	if err != nil {
		return nil
	}
	out := make([]any, l.n)
	for i := range out {
		out[i] = l.elem.Dynamic(elems.Index(i))
	}
	return out
}
