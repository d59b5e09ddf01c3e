package types

import (
	"encoding/binary"
	"fmt"
)

// Interner makes types. Two types it makes are the same pointer exactly when
// they are structurally equal. Types of different Interners do not mix.
type Interner struct {
	limits Limits
	prims  [String + 1]Type
	types  map[string]*Type
	funcs  map[string]*Func
	ids    map[*Resource]uint32
	key    []byte // scratch: the structure of the type being made, over ids
	nextID uint32
	count  int
}

// NewInterner makes an interner that holds only the primitive types.
func NewInterner(limits Limits) *Interner {
	in := &Interner{
		limits: limits.withDefaults(),
		types:  map[string]*Type{},
		funcs:  map[string]*Func{},
		ids:    map[*Resource]uint32{},
	}
	for k := Bool; k <= String; k++ {
		t := &in.prims[k]
		t.Kind = k
		t.setLayout()
		t.id = in.newID()
	}
	return in
}

func (in *Interner) newID() uint32 {
	in.nextID++
	return in.nextID
}

// Prim is the primitive type of kind k, one of Bool to String; nil for any other.
func (in *Interner) Prim(k Kind) *Type {
	if k < Bool || k > String {
		return nil
	}
	return &in.prims[k]
}

// Record is a record with these fields; their offsets are ignored and computed.
// The fields must be named by different labels, and there must be one at least.
func (in *Interner) Record(fields []Field) (*Type, error) {
	if err := checkLabels("field", len(fields), func(i int) string { return fields[i].Name }); err != nil {
		return nil, err
	}
	return in.intern(&Type{Kind: Record, Fields: fields})
}

// Tuple is a tuple of these types, at least one.
func (in *Interner) Tuple(elems []*Type) (*Type, error) {
	if len(elems) == 0 {
		return nil, fmt.Errorf("a tuple needs at least one type")
	}
	fields := make([]Field, len(elems))
	for i, e := range elems {
		fields[i].Type = e
	}
	return in.intern(&Type{Kind: Tuple, Fields: fields})
}

// Variant is a variant with these cases, named by different labels, at least one.
func (in *Interner) Variant(cases []Case) (*Type, error) {
	if err := checkLabels("case", len(cases), func(i int) string { return cases[i].Name }); err != nil {
		return nil, err
	}
	return in.intern(&Type{Kind: Variant, Cases: cases})
}

// Enum is an enum of different labels, at least one.
func (in *Interner) Enum(labels []string) (*Type, error) {
	if err := checkLabels("enum case", len(labels), func(i int) string { return labels[i] }); err != nil {
		return nil, err
	}
	return in.intern(&Type{Kind: Enum, Labels: labels})
}

// Flags is a flags type of different labels: at least one, at most [MaxFlags].
func (in *Interner) Flags(labels []string) (*Type, error) {
	if len(labels) > MaxFlags {
		return nil, fmt.Errorf("%d flags: cannot have more than %d", len(labels), MaxFlags)
	}
	if err := checkLabels("flag", len(labels), func(i int) string { return labels[i] }); err != nil {
		return nil, err
	}
	return in.intern(&Type{Kind: Flags, Labels: labels})
}

// List is a list of any length.
func (in *Interner) List(elem *Type) (*Type, error) {
	return in.intern(&Type{Kind: List, Elem: elem})
}

// FixedList is a list of exactly n elements, at least one.
func (in *Interner) FixedList(elem *Type, n uint32) (*Type, error) {
	if n == 0 {
		return nil, fmt.Errorf("a list of fixed length needs at least one element")
	}
	return in.intern(&Type{Kind: FixedList, Elem: elem, Len: n})
}

// Option is an optional elem.
func (in *Interner) Option(elem *Type) (*Type, error) {
	return in.intern(&Type{Kind: Option, Elem: elem})
}

// Result is a result; ok and err are nil where there is no payload.
func (in *Interner) Result(ok, err *Type) (*Type, error) {
	return in.intern(&Type{Kind: Result, Ok: ok, Err: err})
}

// Own is an owning handle to r.
func (in *Interner) Own(r *Resource) (*Type, error) {
	return in.intern(&Type{Kind: Own, Resource: r})
}

// Borrow is a borrowed handle to r.
func (in *Interner) Borrow(r *Resource) (*Type, error) {
	return in.intern(&Type{Kind: Borrow, Resource: r})
}

// Map is a map from key to elem. The key must be a bool, an integer, a char or a string.
func (in *Interner) Map(key, elem *Type) (*Type, error) {
	switch key.Kind {
	case Bool, S8, U8, S16, U16, S32, U32, S64, U64, Char, String:
		return in.intern(&Type{Kind: Map, Key: key, Elem: elem})
	}
	return nil, fmt.Errorf("a map cannot have keys of type %s", key)
}

// Stream is a stream of elem, or of nothing where it is nil. An elem may not
// have a borrow in it, nor be char: how to encode those is not decided.
func (in *Interner) Stream(elem *Type) (*Type, error) {
	if elem != nil && elem.Kind == Char {
		return nil, fmt.Errorf("a stream of char is not valid at this time")
	}
	return in.asyncElem(&Type{Kind: Stream, Elem: elem})
}

// Future is a future of elem, or of nothing where it is nil. An elem may not
// have a borrow in it.
func (in *Interner) Future(elem *Type) (*Type, error) {
	return in.asyncElem(&Type{Kind: Future, Elem: elem})
}

// ErrorContext is the error-context type.
func (in *Interner) ErrorContext() (*Type, error) {
	return in.intern(&Type{Kind: ErrorContext})
}

func (in *Interner) asyncElem(t *Type) (*Type, error) {
	if t.Elem != nil && t.Elem.HasBorrow() {
		return nil, fmt.Errorf("a %s cannot contain a borrow handle", t.Kind)
	}
	return in.intern(t)
}

// intern returns the type equal to t if there is one; else it completes t.
func (in *Interner) intern(t *Type) (*Type, error) {
	in.typeKey(t)
	if old := in.types[string(in.key)]; old != nil {
		return old, nil
	}
	key := string(in.key)
	t.setLayout()
	if err := in.checkLimits(t); err != nil {
		return nil, err
	}
	t.id = in.newID()
	in.types[key] = t
	return t, nil
}

// typeKey writes the structure of t to in.key: no two different types have the
// same key, since every part is of fixed length or has its length in front.
func (in *Interner) typeKey(t *Type) {
	in.key = append(in.key[:0], byte(t.Kind))
	in.keyUint(t.Len)
	for _, p := range [...]*Type{t.Elem, t.Ok, t.Err, t.Key} {
		in.keyType(p)
	}
	if t.Resource != nil {
		in.keyUint(in.resourceID(t.Resource))
	}
	for _, f := range t.Fields {
		in.keyString(f.Name)
		in.keyType(f.Type)
	}
	for _, c := range t.Cases {
		in.keyString(c.Name)
		in.keyType(c.Type)
	}
	for _, l := range t.Labels {
		in.keyString(l)
	}
}

func (in *Interner) keyUint(n uint32) { in.key = binary.LittleEndian.AppendUint32(in.key, n) }

func (in *Interner) keyString(s string) {
	in.keyUint(uint32(len(s)))
	in.key = append(in.key, s...)
}

func (in *Interner) keyType(t *Type) {
	if t == nil {
		in.keyUint(0)
		return
	}
	in.keyUint(t.id)
}

func (in *Interner) resourceID(r *Resource) uint32 {
	id, ok := in.ids[r]
	if !ok {
		id = in.newID()
		in.ids[r] = id
	}
	return id
}

// Func is a function type. The parameters must be named by different labels;
// the result, nil for none, may not have a borrow in it.
func (in *Interner) Func(f Func) (*Func, error) {
	in.funcKey(&f)
	if old := in.funcs[string(in.key)]; old != nil {
		return old, nil
	}
	key := string(in.key)
	if err := checkUnique("parameter", len(f.Params), func(i int) string { return f.Params[i].Name }); err != nil {
		return nil, err
	}
	if f.Result != nil && f.Result.HasBorrow() {
		return nil, fmt.Errorf("the result of a function cannot contain a borrow handle")
	}
	if err := in.countType(); err != nil {
		return nil, err
	}
	n := &Func{Params: f.Params, Result: f.Result, Async: f.Async}
	n.setCore()
	n.hasResource = f.Result != nil && f.Result.HasResource()
	for _, p := range f.Params {
		n.hasResource = n.hasResource || p.Type.HasResource()
	}
	in.funcs[key] = n
	return n, nil
}

func (in *Interner) funcKey(f *Func) {
	in.key = in.key[:0]
	if f.Async {
		in.key = append(in.key, 1)
	} else {
		in.key = append(in.key, 0)
	}
	in.keyType(f.Result)
	for _, p := range f.Params {
		in.keyString(p.Name)
		in.keyType(p.Type)
	}
}
