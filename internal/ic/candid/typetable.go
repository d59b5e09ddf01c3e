package candid

import (
	"encoding/binary"
	"fmt"
)

// typeTable numbers types in order of first use, parts after the whole. Types that
// are written the same way share an entry.
type typeTable struct {
	entries []*Type
	index   map[int]int   // canonical number to entry
	canon   map[*Type]int // canonical number of a node
	shapes  map[string]int
	finite  map[*Type]bool // nodes from which no cycle is reachable
}

func newTypeTable() *typeTable {
	return &typeTable{
		index:  map[int]int{},
		canon:  map[*Type]int{},
		shapes: map[string]int{},
		finite: map[*Type]bool{},
	}
}

// ref is how t is referred to: the number of its entry, or a negative opcode.
func (tt *typeTable) ref(t *Type) int64 {
	if t.Kind.primitive() {
		return t.Kind.opcode()
	}
	id := tt.canonical(t)
	if i, ok := tt.index[id]; ok {
		return int64(i)
	}
	i := len(tt.entries)
	tt.index[id] = i
	tt.entries = append(tt.entries, t)
	for _, part := range t.parts() {
		tt.ref(part)
	}
	return int64(i)
}

// canonical is the same number for nodes that describe the same finite type. In
// recursive types, which are written once in practice, each node has its own.
func (tt *typeTable) canonical(t *Type) int {
	if id, ok := tt.canon[t]; ok {
		return id
	}
	own := len(tt.canon)
	tt.canon[t] = own // also marks t as being looked at
	shape := t.detail()
	finite := true
	for _, part := range t.parts() {
		ref := part.Kind.opcode()
		if !part.Kind.primitive() {
			ref = int64(tt.canonical(part))
			finite = finite && tt.finite[part]
		}
		shape = binary.AppendVarint(shape, ref)
	}
	tt.finite[t] = finite
	if !finite {
		return own
	}
	if id, ok := tt.shapes[string(shape)]; ok {
		tt.canon[t] = id
		return id
	}
	tt.shapes[string(shape)] = own
	return own
}

// parts is the types that t is made of, in the order they are written.
func (t *Type) parts() []*Type {
	var out []*Type
	switch t.Kind {
	case KindOpt, KindVec:
		out = append(out, t.Elem)
	case KindRecord, KindVariant:
		for _, f := range t.Fields {
			out = append(out, f.Type)
		}
	case KindFunc:
		out = append(append(out, t.Func.Args...), t.Func.Results...)
	case KindService:
		for _, m := range t.Methods {
			out = append(out, m.Type)
		}
	}
	return out
}

// detail is what tells types with the same parts apart, and how many parts there are.
func (t *Type) detail() []byte {
	out := []byte{byte(t.Kind)}
	out = appendULEB(out, uint64(len(t.Fields)))
	for _, f := range t.Fields {
		out = appendULEB(out, uint64(f.ID))
	}
	out = appendULEB(out, uint64(len(t.Methods)))
	for _, m := range t.Methods {
		out = append(appendULEB(out, uint64(len(m.Name))), m.Name...)
	}
	if t.Func != nil {
		out = appendULEB(out, uint64(len(t.Func.Args)))
		out = appendULEB(out, uint64(len(t.Func.Results)))
		out = append(out, byte(t.Func.Modes))
	}
	return out
}

// check finds types that cannot be written: those of later versions of the format.
func (tt *typeTable) check() error {
	for _, t := range tt.entries {
		if t.Kind < KindOpt || t.Kind > KindService {
			return fmt.Errorf("%w: %s has no encoding", ErrTypeTable, t.Kind)
		}
	}
	return nil
}

// append appends the table to b.
func (tt *typeTable) append(b []byte) []byte {
	b = appendULEB(b, uint64(len(tt.entries)))
	for _, t := range tt.entries {
		b = appendSLEB(b, t.Kind.opcode())
		switch t.Kind {
		case KindOpt, KindVec:
			b = tt.appendRefs(b, t.Elem)
		case KindRecord, KindVariant:
			b = appendULEB(b, uint64(len(t.Fields)))
			for _, f := range t.Fields {
				b = tt.appendRefs(appendULEB(b, uint64(f.ID)), f.Type)
			}
		case KindFunc:
			b = tt.appendSignature(b, t.Func)
		case KindService:
			b = appendULEB(b, uint64(len(t.Methods)))
			for _, m := range t.Methods {
				b = append(appendULEB(b, uint64(len(m.Name))), m.Name...)
				b = tt.appendRefs(b, m.Type)
			}
		}
	}
	return b
}

func (tt *typeTable) appendRefs(b []byte, ts ...*Type) []byte {
	for _, t := range ts {
		b = appendSLEB(b, tt.ref(t))
	}
	return b
}

func (tt *typeTable) appendSignature(b []byte, f *FuncType) []byte {
	b = tt.appendRefs(appendULEB(b, uint64(len(f.Args))), f.Args...)
	b = tt.appendRefs(appendULEB(b, uint64(len(f.Results))), f.Results...)
	var codes []byte
	for i, mode := range []Modes{ModeQuery, ModeOneway, ModeCompositeQuery} {
		if f.Modes&mode != 0 {
			codes = append(codes, byte(i+1))
		}
	}
	return append(appendULEB(b, uint64(len(codes))), codes...)
}
