package coretype

import (
	"errors"
	"fmt"

	"github.com/berth-cli/berth/internal/binread"
)

// ErrUnsupported marks what the core specification allows and this package does
// not read.
var ErrUnsupported = errors.New("not supported")

// ReadValType reads a value type.
//
// Core specification, "Value Types".
func ReadValType(r *binread.Reader) ValType {
	b := r.Byte()
	switch {
	case b >= V128 && b <= I32:
		return ValType{Code: b}
	case b == Ref || b == RefNull:
		return ValType{Code: b, Heap: readHeapType(r)}
	case isAbstractHeap(b):
		return ValType{Code: RefNull, Heap: int64(b) - 0x80}
	}
	r.BadByte(b, "a value type")
	return ValType{}
}

func readHeapType(r *binread.Reader) int64 {
	at := r.Offset()
	h := r.S33()
	if r.Err() == nil && h < 0 && (h < -0x40 || !isAbstractHeap(byte(h+0x80))) {
		r.FailAt(at, fmt.Errorf("%d is not a heap type", h))
	}
	return h
}

// isAbstractHeap reports whether b is the code of an abstract heap type: from
// exn and array up to noexn, and cont and nocont.
func isAbstractHeap(b byte) bool {
	return b >= 0x68 && b <= 0x75
}

// readRefType reads a value type that is a reference.
func readRefType(r *binread.Reader) ValType {
	at := r.Offset()
	t := ReadValType(r)
	if r.Err() == nil && t.Code != Ref && t.Code != RefNull {
		r.FailAt(at, errors.New("not a reference type"))
	}
	return t
}

// ReadGroup reads an entry of a type section: a type or a recursion group.
//
// Core specification, "Recursive Types".
func ReadGroup(r *binread.Reader) []Type {
	if r.Peek() != 0x4e {
		return []Type{readSubType(r)}
	}
	r.Byte()
	n := r.Count(2)
	group := make([]Type, 0, n)
	for range n {
		group = append(group, readSubType(r))
	}
	return group
}

func readSubType(r *binread.Reader) Type {
	b := r.Byte()
	if b != 0x50 && b != 0x4f {
		return readCompType(r, b)
	}
	supers := r.Count(1)
	for range supers {
		r.U32()
	}
	t := readCompType(r, r.Byte())
	t.Open = b == 0x50 || supers > 0
	return t
}

func readCompType(r *binread.Reader, b byte) Type {
	switch b {
	case 0x65:
		t := readCompType(r, r.Byte())
		t.Open = true
		return t
	case byte(KindFunc):
		f := &Func{Params: readValTypes(r), Results: readValTypes(r)}
		return Type{Kind: KindFunc, Func: f}
	case byte(KindStruct):
		for range r.Count(2) {
			skipField(r)
		}
		return Type{Kind: KindStruct}
	case byte(KindArray):
		skipField(r)
		return Type{Kind: KindArray}
	}
	r.BadByte(b, "a core type")
	return Type{}
}

// skipField reads a storage type, which may be packed, and its mutability.
func skipField(r *binread.Reader) {
	if b := r.Peek(); b == 0x78 || b == 0x77 {
		r.Byte()
	} else {
		ReadValType(r)
	}
	readFlag(r, "a mutability")
}

func readValTypes(r *binread.Reader) []ValType {
	n := r.Count(1)
	if n == 0 {
		return nil
	}
	types := make([]ValType, 0, n)
	for range n {
		types = append(types, ReadValType(r))
	}
	return types
}

func readFlag(r *binread.Reader, what string) bool {
	b := r.Byte()
	if b > 1 {
		r.BadByte(b, what)
	}
	return b == 1
}

// readExtern reads the type of an import, or of an export in a module type.
func readExtern(r *binread.Reader) RawExtern {
	kind := ExternKind(r.Byte())
	x := RawExtern{Extern: Extern{Kind: kind}}
	switch kind {
	case ExternFunc:
		x.TypeIndex = r.U32()
	case ExternTable:
		x.Table = readTable(r)
	case ExternMemory:
		x.Memory = readMemory(r)
	case ExternGlobal:
		x.Global = readGlobal(r)
	case ExternTag:
		x.TypeIndex = readTag(r)
	default:
		r.BadByte(byte(kind), "a kind of import or export")
	}
	return x
}

func readTag(r *binread.Reader) uint32 {
	if b := r.Byte(); b != 0 {
		r.BadByte(b, "a tag attribute")
	}
	return r.U32()
}

func readGlobal(r *binread.Reader) Global {
	t := ReadValType(r)
	b := r.Byte()
	if b > 3 {
		r.BadByte(b, "a mutability")
	}
	return Global{Type: t, Mutable: b&1 != 0, Shared: b&2 != 0}
}

func readTable(r *binread.Reader) Table {
	elem := readRefType(r)
	flags := readLimitFlags(r, limitMax|limitShared|limit64)
	return Table{Elem: elem, Limits: readLimits(r, flags)}
}

func readMemory(r *binread.Reader) Memory {
	flags := readLimitFlags(r, limitMax|limitShared|limit64|limitPageSize)
	m := Memory{Limits: readLimits(r, flags), PageBits: 16}
	if flags&limitPageSize != 0 {
		at := r.Offset()
		bits := r.U32()
		if bits != 0 && bits != 16 {
			r.FailAt(at, fmt.Errorf("page size of 2^%d bytes", bits))
		}
		m.PageBits = uint8(bits)
	}
	return m
}

// The bits of the first byte of limits.
const (
	limitMax byte = 1 << iota
	limitShared
	limit64
	limitPageSize
)

func readLimitFlags(r *binread.Reader, allowed byte) byte {
	b := r.Byte()
	if b&^allowed != 0 {
		r.BadByte(b, "limits")
	}
	return b
}

func readLimits(r *binread.Reader, flags byte) Limits {
	l := Limits{HasMax: flags&limitMax != 0, Shared: flags&limitShared != 0, Is64: flags&limit64 != 0}
	l.Min = readBound(r, l.Is64)
	if l.HasMax {
		l.Max = readBound(r, l.Is64)
	}
	return l
}

func readBound(r *binread.Reader, is64 bool) uint64 {
	if is64 {
		return r.U64()
	}
	return uint64(r.U32())
}
