package multimem

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/wasmbin"
	"github.com/berth-cli/berth/internal/binread"
)

// maxMemories bounds the memories of a module: an accessor costs the compiler some
// thousand times the bytes that declare a memory.
const maxMemories = 32

// maxPages is the most pages a memory can have.
const maxPages = 1 << 16

// module is what must be known of a module to take it apart.
type module struct {
	in       []byte
	sections [wasmbin.SectionCount][]byte // payloads, nil if absent
	names    []byte                       // payload of the name section, nil if there is none

	imports      []byte // the entries that the main module keeps
	importCount  uint32 // of these
	importIndex  int    // imports read
	typeCount    uint32
	funcCount    uint32
	tableCount   uint32
	memoryTypes  []Memory // all of them
	firstMemory  []byte   // the type of the first, if it is not imported
	constGlobals []bool   // those that are not mutable
	exports      []export
	start        int64 // -1 if there is none
	dataCount    int64 // -1 without that section
	data         []segment
	named        map[uint32]bool // data segments that code initializes memories with
	bodies       []body
}

// export is an export and its entry.
type export struct {
	name  string
	kind  engine.ExternKind
	index uint32
	entry []byte
}

// segment is a data segment. The offset of an active one is an expression without
// its end.
type segment struct {
	active bool
	memory uint32
	offset []byte
	bytes  []byte
}

// body is a function's locals and code.
type body struct {
	bytes  []byte
	offset int64 // in the input
}

func parse(wasm []byte) (*module, error) {
	if !bytes.HasPrefix(wasm, []byte(wasmbin.Header)) {
		return nil, errors.New("not a core module of version 1")
	}
	m := &module{in: wasm, start: -1, dataCount: -1, named: map[uint32]bool{}}
	r := binread.New(wasm[len(wasmbin.Header):], binread.Options{Base: int64(len(wasmbin.Header))})
	var order wasmbin.Order
	for r.Err() == nil && r.Len() > 0 {
		at := r.Offset()
		id := r.Byte()
		s := r.Sub(r.U32(), "")
		switch {
		case r.Err() != nil:
			return nil, r.Err()
		case id == wasmbin.SecCustom:
			m.custom(s)
		case !order.Next(id):
			r.FailAt(at, fmt.Errorf("section %d is unknown or out of order", id))
		default:
			m.section(id, s)
		}
		if s.Err() != nil {
			return nil, s.Err()
		}
	}
	if r.Err() == nil {
		m.finish(r)
	}
	return m, r.Err()
}

func (m *module) custom(s *binread.Reader) {
	if name := s.Name(); name == wasmbin.NameSection {
		m.names = s.Rest()
	}
}

func (m *module) section(id byte, s *binread.Reader) {
	m.sections[id] = m.in[s.Offset() : s.Offset()+int64(s.Len())]
	switch id {
	case wasmbin.SecType:
		m.typeCount = uint32(s.Count(3))
		return
	case wasmbin.SecTag:
		each(s, 2, func(s *binread.Reader) { s.Byte(); m.typeIndex(s) })
	case wasmbin.SecImport:
		each(s, 4, m.importEntry)
	case wasmbin.SecFunction:
		each(s, 1, func(s *binread.Reader) { m.typeIndex(s); m.funcCount++ })
	case wasmbin.SecTable:
		m.tableCount += uint32(s.Count(2))
		return
	case wasmbin.SecMemory:
		each(s, 2, m.memoryEntry)
	case wasmbin.SecGlobal:
		each(s, 4, m.globalEntry)
	case wasmbin.SecExport:
		m.exportSection(s)
	case wasmbin.SecStart:
		m.start = int64(m.funcIndex(s))
	case wasmbin.SecElement:
		each(s, 2, m.element)
	case wasmbin.SecDataCount:
		m.dataCount = int64(s.U32())
	case wasmbin.SecCode:
		each(s, 3, m.body)
	case wasmbin.SecData:
		m.dataSection(s)
	}
	if s.Err() == nil {
		_ = s.Done()
	}
}

// each reads a vector whose entries take at least size bytes.
func each(s *binread.Reader, size int, entry func(*binread.Reader)) {
	for range s.Count(size) {
		if entry(s); s.Err() != nil {
			return
		}
	}
}

// finish checks what needs more than one section.
func (m *module) finish(r *binread.Reader) {
	switch n := len(m.memoryTypes); {
	case n < 2:
		r.Failf("%d memories, which need not be taken apart", n)
	case n > maxMemories:
		r.Failf("%d memories, %d allowed", n, maxMemories)
	case m.dataCount >= 0 && m.dataCount != int64(len(m.data)):
		r.Failf("%d data segments, but a data count of %d", len(m.data), m.dataCount)
	}
}

// importEntry reads an import. The further memories are not the main module's.
func (m *module) importEntry(s *binread.Reader) {
	start := s.Offset()
	kind := m.importType(s)
	if s.Err() != nil || kind == engine.KindMemory && len(m.memoryTypes) > 1 {
		return
	}
	m.imports = append(m.imports, m.in[start:s.Offset()]...)
	m.importCount++
}

// importType reads an import, counts it and returns its kind.
func (m *module) importType(s *binread.Reader) engine.ExternKind {
	t := engine.ImportType{Module: s.Name(), Name: s.Name()}
	t.Type.Kind = engine.ExternKind(s.Byte())
	switch t.Type.Kind {
	case engine.KindFunc:
		m.typeIndex(s)
		m.funcCount++
	case engine.KindTable:
		s.Byte()
		limits(s)
		m.tableCount++
	case engine.KindMemory:
		t.Type.Limits = memoryLimits(s)
		m.memoryTypes = append(m.memoryTypes, Memory{Import: m.importIndex, Type: t})
	case engine.KindGlobal:
		s.Byte()
		m.constGlobals = append(m.constGlobals, s.Byte() == 0)
	case engine.KindTag:
		s.Byte()
		m.typeIndex(s)
	default:
		s.BadByte(byte(t.Type.Kind), "a kind of import")
	}
	m.importIndex++
	return t.Type.Kind
}

func (m *module) memoryEntry(s *binread.Reader) {
	start := s.Offset()
	l := memoryLimits(s)
	if len(m.memoryTypes) == 0 && s.Err() == nil {
		m.firstMemory = m.in[start:s.Offset()]
	}
	t := engine.ImportType{Type: engine.ExternType{Kind: engine.KindMemory, Limits: l}}
	m.memoryTypes = append(m.memoryTypes, Memory{Import: -1, Type: t})
}

func limits(s *binread.Reader) engine.Limits {
	flags := s.Byte()
	if flags&^wasmbin.LimitsMax != 0 {
		s.FailAt(s.Offset()-1, fmt.Errorf("limits of form 0x%02x are not supported", flags))
		return engine.Limits{}
	}
	l := engine.Limits{HasMax: flags == wasmbin.LimitsMax, Min: uint64(s.U32())}
	if l.HasMax {
		l.Max = uint64(s.U32())
	}
	return l
}

func memoryLimits(s *binread.Reader) engine.Limits {
	at := s.Offset()
	l := limits(s)
	switch {
	case l.Min > maxPages || l.Max > maxPages:
		s.FailAt(at, fmt.Errorf("size %v is more than %d", l, maxPages))
	case l.HasMax && l.Min > l.Max:
		s.FailAt(at, fmt.Errorf("minimum %d is more than maximum %d", l.Min, l.Max))
	}
	return l
}

func (m *module) globalEntry(s *binread.Reader) {
	s.Byte()
	mutable := s.Byte()
	m.constExpr(s)
	m.constGlobals = append(m.constGlobals, mutable == 0)
}

func (m *module) exportSection(s *binread.Reader) {
	seen := map[string]bool{}
	each(s, 3, func(s *binread.Reader) {
		start := s.Offset()
		x := export{name: s.Name(), kind: engine.ExternKind(s.Byte()), index: s.U32()}
		if s.Err() != nil {
			return
		}
		if seen[x.name] {
			s.FailAt(start, fmt.Errorf("export %q twice", x.name))
		}
		seen[x.name] = true
		if n, ok := m.count(x.kind); ok && x.index >= n {
			s.FailAt(start, fmt.Errorf("export %q of unknown %v %d", x.name, x.kind, x.index))
			return
		}
		x.entry = m.in[start:s.Offset()]
		m.exports = append(m.exports, x)
	})
}

// count returns how many functions, tables or memories there are.
func (m *module) count(kind engine.ExternKind) (uint32, bool) {
	switch kind {
	case engine.KindFunc:
		return m.funcCount, true
	case engine.KindTable:
		return m.tableCount, true
	case engine.KindMemory:
		return uint32(len(m.memoryTypes)), true
	}
	return 0, false
}

func (m *module) body(s *binread.Reader) {
	n := s.U32()
	b := body{offset: s.Offset(), bytes: s.Bytes(n)}
	m.bodies = append(m.bodies, b)
}

func (m *module) dataSection(s *binread.Reader) {
	each(s, 2, func(s *binread.Reader) {
		var d segment
		switch flags := s.U32(); flags {
		case 0:
			d.active = true
		case 1:
		case 2:
			d.active, d.memory = true, m.memoryIndex(s)
		default:
			s.Failf("data segment of unknown form %d", flags)
		}
		if d.active {
			if len(m.memoryTypes) == 0 {
				s.Failf("unknown memory 0")
			}
			d.offset = m.constExpr(s)
		}
		d.bytes = s.Bytes(s.U32())
		m.data = append(m.data, d)
	})
}

// index reads an index below n.
func index(s *binread.Reader, what string, n uint32) uint32 {
	at := s.Offset()
	i := s.U32()
	if s.Err() == nil && i >= n {
		s.FailAt(at, fmt.Errorf("unknown %s %d", what, i))
	}
	return i
}

func (m *module) typeIndex(s *binread.Reader) uint32  { return index(s, "type", m.typeCount) }
func (m *module) funcIndex(s *binread.Reader) uint32  { return index(s, "function", m.funcCount) }
func (m *module) tableIndex(s *binread.Reader) uint32 { return index(s, "table", m.tableCount) }

func (m *module) memoryIndex(s *binread.Reader) uint32 {
	return index(s, "memory", uint32(len(m.memoryTypes)))
}
