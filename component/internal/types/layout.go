package types

// layout is what is computed once for each type. Sizes are in bytes. Those with
// 64-bit pointers exist only because validation bounds them.
type layout struct {
	size, align     uint64 // with 32-bit pointers
	size64, align64 uint64 // with 64-bit pointers
	payload         uint32 // Variant, Option, Result: offset of the payload
	flat            []FlatKind
	flatCount       uint32 // saturates at MaxFlatParams+1; flat is nil there
	depth           int
	nodes           uint64 // of the type written out as a tree; saturates
	hasResource     bool
	hasBorrow       bool
	hasPointer      bool
	async           bool
}

// Size is the number of bytes t takes in memory.
func (t *Type) Size() uint32 { return uint32(t.layout.size) }

// Align is the alignment of t in memory in bytes: 1, 2, 4 or 8.
func (t *Type) Align() uint32 { return uint32(t.layout.align) }

// Flat is the core types t flattens to, and whether there are at most
// [MaxFlatParams] of them; if not, Flat returns nil and false.
func (t *Type) Flat() ([]FlatKind, bool) {
	return t.layout.flat, t.layout.flatCount <= MaxFlatParams
}

// PayloadOffset is the offset of the payload of a variant, option or result in
// bytes from its start, and 0 for any other type. The discriminant is at 0.
func (t *Type) PayloadOffset() uint32 { return t.layout.payload }

// DiscriminantSize is the number of bytes of the discriminant of a variant, enum,
// option or result, and 0 for any other type.
func (t *Type) DiscriminantSize() uint32 {
	switch t.Kind {
	case Variant:
		return uint32(discriminantSize(len(t.Cases)))
	case Enum:
		return uint32(discriminantSize(len(t.Labels)))
	case Option, Result:
		return 1
	}
	return 0
}

// HasResource reports whether an own or borrow handle is t or inside it.
func (t *Type) HasResource() bool { return t.layout.hasResource }

// HasBorrow reports whether a borrow handle is t or inside it.
func (t *Type) HasBorrow() bool { return t.layout.hasBorrow }

// HasPointer reports whether a string, list or map is t or inside it, so that
// lowering t may call realloc.
func (t *Type) HasPointer() bool { return t.layout.hasPointer }

// IsAsync reports whether a stream, future or error-context is t or inside it.
func (t *Type) IsAsync() bool { return t.layout.async }

// Depth is the number of types on the longest way from t to a leaf; a leaf has 1.
func (t *Type) Depth() int { return t.layout.depth }

// parts calls f for every type directly inside t.
func (t *Type) parts(f func(*Type)) {
	for _, fl := range t.Fields {
		f(fl.Type)
	}
	for _, c := range t.Cases {
		if c.Type != nil {
			f(c.Type)
		}
	}
	for _, p := range [...]*Type{t.Key, t.Elem, t.Ok, t.Err} {
		if p != nil {
			f(p)
		}
	}
}

// setLayout fills t.layout, and the offsets of t.Fields, from the parts of t.
func (t *Type) setLayout() {
	l := layout{depth: 0, nodes: 1}
	switch t.Kind {
	case Own:
		l.hasResource = true
	case Borrow:
		l.hasResource, l.hasBorrow = true, true
	case String, List, Map:
		l.hasPointer = true
	case Stream, Future, ErrorContext:
		l.async = true
	}
	t.parts(func(p *Type) { l.inherit(&p.layout) })
	l.depth++
	t.layout = l
	t.setSize()
	t.setFlat()
}

func (l *layout) inherit(p *layout) {
	l.depth = max(l.depth, p.depth)
	l.nodes = min(l.nodes+p.nodes, maxNodes)
	l.hasResource = l.hasResource || p.hasResource
	l.hasBorrow = l.hasBorrow || p.hasBorrow
	l.hasPointer = l.hasPointer || p.hasPointer
	l.async = l.async || p.async
}

// maxNodes is where counting the nodes of a type's tree stops.
const maxNodes = 1 << 40

// setSize computes sizes, alignments and offsets. It cannot overflow: the parts
// are below MaxValueSize, their number below 2^32, and a FixedList below 2^32 times.
//
// CanonicalABI.md, "Alignment", "Element Size".
func (t *Type) setSize() {
	l := &t.layout
	switch t.Kind {
	case Record, Tuple:
		t.setRecordSize()
	case Variant, Option, Result:
		t.setVariantSize()
	case Enum:
		l.setScalar(discriminantSize(len(t.Labels)))
	case Flags:
		l.setScalar(flagsSize(len(t.Labels)))
	case FixedList:
		e := &t.Elem.layout
		l.size, l.align = e.size*uint64(t.Len), e.align
		l.size64, l.align64 = e.size64*uint64(t.Len), e.align64
	case String, List, Map:
		l.size, l.align, l.size64, l.align64 = 8, 4, 16, 8
	default:
		l.setScalar(scalarSize(t.Kind))
	}
}

func (l *layout) setScalar(size uint64) {
	l.size, l.align, l.size64, l.align64 = size, size, size, size
}

func (t *Type) setRecordSize() {
	l := &t.layout
	l.align, l.align64 = 1, 1
	for i := range t.Fields {
		p := &t.Fields[i].Type.layout
		l.size = alignUp(l.size, p.align)
		l.size64 = alignUp(l.size64, p.align64)
		t.Fields[i].Offset = uint32(l.size)
		l.size += p.size
		l.size64 += p.size64
		l.align = max(l.align, p.align)
		l.align64 = max(l.align64, p.align64)
	}
	l.size = alignUp(l.size, l.align)
	l.size64 = alignUp(l.size64, l.align64)
}

func (t *Type) setVariantSize() {
	l := &t.layout
	tag := uint64(t.DiscriminantSize())
	var size, size64, align, align64 uint64 = 0, 0, 1, 1
	t.parts(func(p *Type) {
		size = max(size, p.layout.size)
		size64 = max(size64, p.layout.size64)
		align = max(align, p.layout.align)
		align64 = max(align64, p.layout.align64)
	})
	l.payload = uint32(alignUp(tag, align))
	l.align, l.align64 = max(tag, align), max(tag, align64)
	l.size = alignUp(uint64(l.payload)+size, l.align)
	l.size64 = alignUp(alignUp(tag, align64)+size64, l.align64)
}

func alignUp(n, align uint64) uint64 { return (n + align - 1) &^ (align - 1) }

// discriminantSize is 1, 2 or 4 bytes. CanonicalABI.md, "discriminant_type".
func discriminantSize(cases int) uint64 {
	switch {
	case cases <= 1<<8:
		return 1
	case cases <= 1<<16:
		return 2
	}
	return 4
}

// flagsSize is 1, 2 or 4 bytes for up to 32 flags.
func flagsSize(labels int) uint64 {
	switch {
	case labels <= 8:
		return 1
	case labels <= 16:
		return 2
	}
	return 4
}

func scalarSize(k Kind) uint64 {
	switch k {
	case Bool, S8, U8:
		return 1
	case S16, U16:
		return 2
	case S64, U64, F64:
		return 8
	}
	return 4 // s32, u32, f32, char and every handle
}
