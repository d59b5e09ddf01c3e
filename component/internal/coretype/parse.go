package coretype

import (
	"errors"
	"fmt"

	"github.com/berth-cli/berth/internal/binread"
)

// ErrNotConst is the cause for an instruction that a constant expression may not hold.
var ErrNotConst = errors.New("not a constant instruction")

// ErrNotModule is the cause for bytes that do not start like a core module.
var ErrNotModule = errors.New("not a core module")

// Options bound what Parse accepts and say where it reads.
type Options struct {
	// MaxEntries bounds types, imports, functions, exports and the like
	// together. Zero is 1,000,000.
	MaxEntries int64
	// Base is the offset of the module in its file, for errors.
	Base int64
}

// The sections that are read. Core specification, "Modules" (binary format).
const (
	secCustom = 0
	secType   = 1
	secImport = 2
	secFunc   = 3
	secTable  = 4
	secMemory = 5
	secGlobal = 6
	secExport = 7
	secTag    = 13
)

// Parse reads the imports and exports of a core module. As in every module inside
// a component, no two imports may have the same names. The error is a
// *binread.Error.
func Parse(wasm []byte, o Options) (*Module, error) {
	if o.MaxEntries == 0 {
		o.MaxEntries = 1_000_000
	}
	entries := o.MaxEntries
	r := binread.New(wasm, binread.Options{Base: o.Base, Entries: &entries})
	if string(r.Bytes(8)) != "\x00asm\x01\x00\x00\x00" {
		return nil, &binread.Error{Section: "core module preamble", Offset: o.Base, Err: ErrNotModule}
	}
	p := parser{}
	for r.Len() > 0 {
		p.section(r)
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return &p.module, nil
}

// parser holds the index spaces read so far.
type parser struct {
	builder
	last     int // order of the last section that was not custom
	types    []Type
	funcs    []uint32 // type indices
	tables   []Table
	memories []Memory
	globals  []Global
	tags     []uint32 // type indices
}

func (p *parser) section(r *binread.Reader) {
	at := r.Offset()
	id := r.Byte()
	order := sectionOrder(id)
	if order < 0 {
		r.FailAt(at, fmt.Errorf("byte %#02x is not a section of a core module", id))
		return
	}
	if id != secCustom {
		if order <= p.last {
			r.FailAt(at, fmt.Errorf("core module section %d is out of order", id))
			return
		}
		p.last = order
	}
	s := r.Sub(r.U32(), fmt.Sprintf("core module section %d", id))
	p.content(id, s)
	if err := s.Done(); err != nil {
		r.Fail(err)
	}
}

// sectionOrder is the place of a section among the others, zero for a custom one,
// negative for an unknown one.
func sectionOrder(id byte) int {
	order := [...]int{0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6}
	if int(id) < len(order) {
		return order[id]
	}
	return -1
}

func (p *parser) content(id byte, s *binread.Reader) {
	switch id {
	case secType, secImport, secFunc, secTable, secMemory, secGlobal, secExport, secTag:
		for range s.Count(1) {
			p.entry(id, s)
			if s.Err() != nil {
				return
			}
		}
	case secCustom:
		s.Name()
		s.Rest()
	default:
		s.Rest()
	}
}

func (p *parser) entry(id byte, s *binread.Reader) {
	switch id {
	case secType:
		p.types = append(p.types, ReadGroup(s)...)
	case secImport:
		p.addImport(s)
	case secFunc:
		p.funcs = append(p.funcs, s.U32())
	case secTable:
		p.tables = append(p.tables, readTableDef(s))
	case secMemory:
		p.memories = append(p.memories, readMemory(s))
	case secGlobal:
		p.globals = append(p.globals, readGlobal(s))
		skipConstExpr(s)
	case secTag:
		p.tags = append(p.tags, readTag(s))
	case secExport:
		p.addExport(s)
	}
}

// readTableDef reads a table definition, which may say how its elements start.
func readTableDef(s *binread.Reader) Table {
	if s.Peek() != 0x40 {
		return readTable(s)
	}
	s.Byte()
	if b := s.Byte(); b != 0 {
		s.BadByte(b, "a table")
	}
	t := readTable(s)
	skipConstExpr(s)
	return t
}

func (p *parser) addImport(s *binread.Reader) {
	at := s.Offset()
	i := Import{Module: s.Name(), Name: s.Name()}
	raw := readExtern(s)
	if s.Err() != nil {
		return
	}
	x, err := resolveExtern(raw, p.types)
	if err != nil {
		s.FailAt(at, fmt.Errorf("import %q %q: %w", i.Module, i.Name, err))
		return
	}
	switch x.Kind {
	case ExternFunc:
		p.funcs = append(p.funcs, raw.TypeIndex)
	case ExternTable:
		p.tables = append(p.tables, x.Table)
	case ExternMemory:
		p.memories = append(p.memories, x.Memory)
	case ExternGlobal:
		p.globals = append(p.globals, x.Global)
	case ExternTag:
		p.tags = append(p.tags, raw.TypeIndex)
	}
	i.Type = x
	if err := p.addImportType(i); err != nil {
		s.FailAt(at, err)
	}
}

func (p *parser) addExport(s *binread.Reader) {
	at := s.Offset()
	e := Export{Name: s.Name()}
	kind := ExternKind(s.Byte())
	index := s.U32()
	if s.Err() != nil {
		return
	}
	x, err := p.extern(kind, index)
	if err != nil {
		s.FailAt(at, fmt.Errorf("export %q: %w", e.Name, err))
		return
	}
	e.Type = x
	if err := p.addExportType(e); err != nil {
		s.FailAt(at, err)
	}
}

// extern is the type of an item of the module.
func (p *parser) extern(kind ExternKind, index uint32) (Extern, error) {
	raw := RawExtern{Extern: Extern{Kind: kind}}
	var ok bool
	switch kind {
	case ExternFunc:
		raw.TypeIndex, ok = at(p.funcs, index)
	case ExternTable:
		raw.Table, ok = at(p.tables, index)
	case ExternMemory:
		raw.Memory, ok = at(p.memories, index)
	case ExternGlobal:
		raw.Global, ok = at(p.globals, index)
	case ExternTag:
		raw.TypeIndex, ok = at(p.tags, index)
	}
	if !ok {
		return Extern{}, fmt.Errorf("unknown %s %d", kind, index)
	}
	return resolveExtern(raw, p.types)
}

func at[T any](s []T, i uint32) (T, bool) {
	if uint64(i) < uint64(len(s)) {
		return s[i], true
	}
	var zero T
	return zero, false
}
