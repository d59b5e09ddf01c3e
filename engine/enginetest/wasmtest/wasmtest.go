// Package wasmtest writes small core modules for tests, where a text format would
// need a tool: sections by method calls, code by bytes.
//
//	m := wasmtest.New()
//	t := m.Type(wasmtest.Func(wasmtest.I32, wasmtest.I32).Returns(wasmtest.I32))
//	add := m.Func(t, nil, wasmtest.LocalGet(0), wasmtest.LocalGet(1), wasmtest.Op(0x6a))
//	m.Export("add", engine.KindFunc, add)
//	wasm := m.Bytes()
//
// It checks nothing: a module it writes may be invalid, and tests want that.
// A Module is for one goroutine.
package wasmtest

import (
	"slices"

	"github.com/berth-cli/berth/engine"
)

// Short names for the value types.
const (
	I32     = engine.I32
	I64     = engine.I64
	F32     = engine.F32
	F64     = engine.F64
	V128    = engine.V128
	FuncRef = engine.FuncRef
)

// Signature builds an engine.FuncType: see Func.
type Signature engine.FuncType

// Func begins a function type with its parameters.
func Func(params ...engine.ValType) Signature { return Signature{Params: params} }

// Returns adds results to a function type.
func (s Signature) Returns(results ...engine.ValType) Signature {
	s.Results = append(slices.Clone(s.Results), results...)
	return s
}

// Module collects the sections of a module. Make one with New.
type Module struct {
	types, imports, funcs, tables, memories, globals, tags, exports, elems, code, data vec

	start   []byte
	customs []byte
	indices [engine.KindTag + 1]uint32
	count   bool
}

// vec is a vector being written.
type vec struct {
	n     uint32
	bytes []byte
}

func (v *vec) add(parts ...[]byte) uint32 {
	v.bytes = append(v.bytes, slices.Concat(parts...)...)
	v.n++
	return v.n - 1
}

// New returns an empty module.
func New() *Module { return &Module{} }

// next returns the index of the next extern of that kind.
func (m *Module) next(kind engine.ExternKind) uint32 {
	m.indices[kind]++
	return m.indices[kind] - 1
}

// Type adds a function type and returns its index.
func (m *Module) Type(s Signature) uint32 {
	return m.types.add([]byte{0x60}, valTypes(s.Params), valTypes(s.Results))
}

func valTypes(types []engine.ValType) []byte {
	out := U32(uint32(len(types)))
	for _, t := range types {
		out = append(out, byte(t))
	}
	return out
}

// ImportFunc adds an import of a function of type t, and returns the function's
// index. Imports come before anything defined of their kind.
func (m *Module) ImportFunc(module, name string, t uint32) uint32 {
	m.imports.add(Name(module), Name(name), []byte{byte(engine.KindFunc)}, U32(t))
	return m.next(engine.KindFunc)
}

// ImportTable adds an import of a table of functions and returns its index.
func (m *Module) ImportTable(module, name string, l Limits) uint32 {
	m.imports.add(Name(module), Name(name), []byte{byte(engine.KindTable), byte(FuncRef)}, l.bytes())
	return m.next(engine.KindTable)
}

// ImportMemory adds an import of a memory and returns its index.
func (m *Module) ImportMemory(module, name string, l Limits) uint32 {
	m.imports.add(Name(module), Name(name), []byte{byte(engine.KindMemory)}, l.bytes())
	return m.next(engine.KindMemory)
}

// ImportGlobal adds an import of a global and returns its index.
func (m *Module) ImportGlobal(module, name string, g Global) uint32 {
	m.imports.add(Name(module), Name(name), []byte{byte(engine.KindGlobal)}, g.bytes())
	return m.next(engine.KindGlobal)
}

// Func adds a function of type t with further locals and code, to which it adds the
// final end. It returns the function's index.
func (m *Module) Func(t uint32, locals []engine.ValType, code ...[]byte) uint32 {
	groups := U32(uint32(len(locals)))
	for _, l := range locals {
		groups = append(groups, 1, byte(l))
	}
	return m.RawFunc(t, groups, slices.Concat(code...), []byte{End})
}

// RawFunc adds a function of type t whose locals and code are body, and returns its
// index.
func (m *Module) RawFunc(t uint32, body ...[]byte) uint32 {
	m.funcs.add(U32(t))
	whole := slices.Concat(body...)
	m.code.add(U32(uint32(len(whole))), whole)
	return m.next(engine.KindFunc)
}

// Limits are the bounds of a table or memory. Max 0 is no maximum.
type Limits struct{ Min, Max uint32 }

func (l Limits) bytes() []byte {
	if l.Max == 0 {
		return append([]byte{0}, U32(l.Min)...)
	}
	return slices.Concat([]byte{1}, U32(l.Min), U32(l.Max))
}

// Table adds a table of functions and returns its index.
func (m *Module) Table(l Limits) uint32 {
	m.tables.add([]byte{byte(FuncRef)}, l.bytes())
	return m.next(engine.KindTable)
}

// Memory adds a memory, in pages of 64 KiB, and returns its index.
func (m *Module) Memory(l Limits) uint32 {
	m.memories.add(l.bytes())
	return m.next(engine.KindMemory)
}

// RawMemory adds a memory of any encoding and returns its index.
func (m *Module) RawMemory(limits ...byte) uint32 {
	m.memories.add(limits)
	return m.next(engine.KindMemory)
}

// Global is the type of a global.
type Global struct {
	Type    engine.ValType
	Mutable bool
}

func (g Global) bytes() []byte {
	if g.Mutable {
		return []byte{byte(g.Type), 1}
	}
	return []byte{byte(g.Type), 0}
}

// Global adds a global with the code of its initial value and returns its index.
func (m *Module) Global(g Global, init ...[]byte) uint32 {
	m.globals.add(g.bytes(), slices.Concat(init...), []byte{0x0b})
	return m.next(engine.KindGlobal)
}

// Tag adds an exception tag of type t and returns its index.
func (m *Module) Tag(t uint32) uint32 {
	m.tags.add([]byte{0}, U32(t))
	return m.next(engine.KindTag)
}

// Export exports what has that kind and index.
func (m *Module) Export(name string, kind engine.ExternKind, index uint32) {
	m.exports.add(Name(name), []byte{byte(kind)}, U32(index))
}

// Start sets the start function.
func (m *Module) Start(f uint32) { m.start = U32(f) }

// Elem adds an active element segment.
func (m *Module) Elem(table uint32, offset []byte, funcs ...uint32) uint32 {
	return m.elems.add([]byte{2}, U32(table), offset, []byte{0x0b, 0}, indices(funcs))
}

// PassiveElem adds a passive element segment and returns its index.
func (m *Module) PassiveElem(funcs ...uint32) uint32 {
	return m.elems.add([]byte{1, 0}, indices(funcs))
}

// RawElem adds an element segment of any encoding.
func (m *Module) RawElem(parts ...[]byte) uint32 { return m.elems.add(parts...) }

func indices(list []uint32) []byte {
	out := U32(uint32(len(list)))
	for _, i := range list {
		out = append(out, U32(i)...)
	}
	return out
}

// Data adds an active data segment of memory 0.
func (m *Module) Data(offset []byte, bytes string) uint32 {
	return m.data.add([]byte{0}, offset, []byte{0x0b}, Name(bytes))
}

// RawData adds a data segment of any encoding and returns its index.
func (m *Module) RawData(parts ...[]byte) uint32 { return m.data.add(parts...) }

// PassiveData adds a passive data segment, and the data count section that using
// one needs. It returns the segment's index.
func (m *Module) PassiveData(bytes string) uint32 {
	m.count = true
	return m.data.add([]byte{1}, Name(bytes))
}

// Custom adds a custom section at the end.
func (m *Module) Custom(name string, payload []byte) {
	m.customs = append(m.customs, Section(0, slices.Concat(Name(name), payload))...)
}

// FuncName names a function in a name section at the end. A second call adds a
// second section.
func (m *Module) FuncName(f uint32, name string) {
	assoc := slices.Concat([]byte{1}, U32(f), Name(name))
	m.Custom("name", Section(1, assoc))
}

// Header is the magic number and version of a core module.
const Header = "\x00asm\x01\x00\x00\x00"

// Bytes returns the module in the binary format.
func (m *Module) Bytes() []byte {
	out := []byte(Header)
	for _, s := range []struct {
		id byte
		v  vec
	}{
		{1, m.types},
		{2, m.imports},
		{3, m.funcs},
		{4, m.tables},
		{5, m.memories},
		{13, m.tags},
		{6, m.globals},
		{7, m.exports},
		{8, vec{bytes: m.start}},
		{9, m.elems},
		{12, m.dataCount()},
		{10, m.code},
		{11, m.data},
	} {
		switch {
		case s.v.n > 0:
			out = append(out, Section(s.id, append(U32(s.v.n), s.v.bytes...))...)
		case len(s.v.bytes) > 0:
			out = append(out, Section(s.id, s.v.bytes)...)
		}
	}
	return append(out, m.customs...)
}

func (m *Module) dataCount() vec {
	if !m.count {
		return vec{}
	}
	return vec{bytes: U32(m.data.n)}
}

// Section returns a section.
func Section(id byte, payload []byte) []byte {
	return append(append([]byte{id}, U32(uint32(len(payload)))...), payload...)
}

// Name returns a name or byte vector: length and bytes.
func Name(s string) []byte { return append(U32(uint32(len(s))), s...) }

// U32 returns v in unsigned LEB128.
func U32(v uint32) []byte {
	var out []byte
	for v >= 0x80 {
		out = append(out, byte(v)|0x80)
		v >>= 7
	}
	return append(out, byte(v))
}

// Signed returns v in signed LEB128.
func Signed(v int64) []byte {
	var out []byte
	for {
		b := byte(v) & 0x7f
		v >>= 7
		if v == 0 && b&0x40 == 0 || v == -1 && b&0x40 != 0 {
			return append(out, b)
		}
		out = append(out, b|0x80)
	}
}
