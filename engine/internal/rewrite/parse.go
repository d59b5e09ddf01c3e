package rewrite

import (
	"bytes"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/wasmbin"
)

// Limits of what is read, those of the WebAssembly JavaScript interface where it
// has them.
const (
	maxModule  = 1 << 30
	maxArity   = 1_000
	maxLocals  = 50_000
	maxBody    = 7_654_321
	maxNesting = 20_000
	maxTables  = 100_000

	maxMemories = 100
	maxElems    = 10_000_000
)

// parse decodes all of wasm but the code, which walk reads.
func parse(wasm []byte, o Options) (*module, error) {
	r := &reader{buf: wasm, end: len(wasm)}
	if len(wasm) > maxModule {
		r.fail("module of %d bytes, %d allowed", len(wasm), maxModule)
		return nil, r.err
	}
	if !bytes.HasPrefix(wasm, []byte(wasmbin.Header)) {
		r.fail("not a core module of version 1")
		return nil, r.err
	}
	r.pos = len(wasmbin.Header)
	m := &module{dataN: -1, startIdx: -1, declared: map[uint32]bool{}, options: o}
	var order wasmbin.Order
	for r.more() {
		start := r.pos
		id := r.byte()
		s := r.sub(int(r.u32()))
		if r.err != nil {
			break
		}
		if id == wasmbin.SecCustom {
			m.custom(&s)
		} else if !order.Next(id) {
			r.failAt(start, "section %d is unknown or out of order", id)
			break
		} else {
			m.raw[id] = section{true, s.pos, s.end}
			m.section(id, &s)
		}
		if s.err == nil && s.pos != s.end {
			s.fail("section %d is longer than its contents", id)
		}
		if s.err != nil {
			return nil, s.err
		}
	}
	m.finish(r)
	return m, r.err
}

// finish checks what needs more than one section.
func (m *module) finish(r *reader) {
	defined := len(m.funcs) - m.ImportedFuncs
	switch {
	case len(m.bodies) != defined:
		r.fail("%d functions declared, %d defined", defined, len(m.bodies))
	case m.dataN >= 0 && !m.raw[wasmbin.SecData].present && m.dataN != 0:
		r.fail("data count %d without data", m.dataN)
	case len(m.Memories) > 1 && !m.options.MultiMemory:
		r.fail("%d memories, this engine supports one", len(m.Memories))
	case len(m.Memories) > maxMemories:
		r.fail("%d memories, %d allowed", len(m.Memories), maxMemories)
	}
}

func (m *module) custom(s *reader) {
	if s.name() == wasmbin.NameSection && s.err == nil {
		m.names = bytes.Clone(s.buf[s.pos:s.end])
	}
	if s.err == nil {
		s.pos = s.end
	}
}

func (m *module) section(id byte, s *reader) {
	switch id {
	case wasmbin.SecType:
		m.typeSection(s)
	case wasmbin.SecImport:
		m.importSection(s)
	case wasmbin.SecFunction:
		for range s.count(1) {
			m.funcs = append(m.funcs, m.typeIndex(s))
		}
	case wasmbin.SecTable:
		for range s.count(2) {
			m.addTable(s, tableType(s))
		}
	case wasmbin.SecMemory:
		for range s.count(2) {
			m.Memories = append(m.Memories, m.memoryType(s))
		}
	case wasmbin.SecTag:
		for range s.count(2) {
			m.tags = append(m.tags, m.tagType(s))
		}
	case wasmbin.SecGlobal:
		m.globalSection(s)
	case wasmbin.SecExport:
		m.exportSection(s)
	case wasmbin.SecStart:
		m.startFunc(s)
	case wasmbin.SecElement:
		m.elementSection(s)
	case wasmbin.SecDataCount:
		m.dataN = int(s.u32())
	case wasmbin.SecCode:
		m.codeSection(s)
	case wasmbin.SecData:
		m.dataSection(s)
	}
}

func (m *module) typeSection(s *reader) {
	for range s.count(3) {
		if form := s.byte(); form != wasmbin.FuncForm {
			s.failAt(s.pos-1, "type of form 0x%02x is not supported", form)
			return
		}
		m.types = append(m.types, engine.FuncType{Params: m.valTypes(s), Results: m.valTypes(s)})
	}
}

func (m *module) valTypes(s *reader) []engine.ValType {
	n := s.count(1)
	if n > maxArity {
		s.fail("%d values in a function type, %d allowed", n, maxArity)
		return nil
	}
	types := make([]engine.ValType, n)
	for i := range types {
		types[i] = m.valType(s)
	}
	return types
}

func (m *module) valType(s *reader) engine.ValType {
	t := engine.ValType(s.byte())
	switch {
	case t.IsNum(), t == engine.V128, t == engine.FuncRef, t == engine.ExternRef:
	case t == engine.ExnRef && m.options.Exceptions:
	default:
		s.failAt(s.pos-1, "value type 0x%02x is not supported", byte(t))
	}
	return t
}

func (m *module) importSection(s *reader) {
	for range s.count(4) {
		imp := engine.ImportType{Module: s.name(), Name: s.name()}
		switch kind := engine.ExternKind(s.byte()); kind {
		case engine.KindFunc:
			t := m.typeIndex(s)
			m.funcs = append(m.funcs, t)
			m.ImportedFuncs++
			imp.Type = engine.ExternType{Kind: kind, Func: m.typeAt(t)}
		case engine.KindTable:
			imp.Type = tableType(s)
			m.Tables = append(m.Tables, imp.Type)
			m.ImportedTables++
		case engine.KindMemory:
			imp.Type = engine.ExternType{Kind: kind, Limits: m.memoryType(s)}
			m.Memories = append(m.Memories, imp.Type.Limits)
			m.ImportedMemories++
		case engine.KindGlobal:
			imp.Type = m.globalType(s)
			m.Globals = append(m.Globals, Global{ExternType: imp.Type})
			m.ImportedGlobals++
		case engine.KindTag:
			t := m.tagType(s)
			m.tags = append(m.tags, t)
			imp.Type = engine.ExternType{Kind: kind, Func: m.typeAt(t)}
		default:
			s.failAt(s.pos-1, "import of unknown kind 0x%02x", byte(kind))
		}
		if s.err != nil {
			return
		}
		m.Imports = append(m.Imports, imp)
	}
}

func (m *module) addTable(s *reader, t engine.ExternType) {
	if m.Tables = append(m.Tables, t); len(m.Tables) > maxTables {
		s.fail("more than %d tables", maxTables)
	}
}

func (m *module) typeIndex(s *reader) uint32 {
	start := s.pos
	i := s.u32()
	if int64(i) >= int64(len(m.types)) {
		s.failAt(start, "unknown type %d", i)
	}
	return i
}

func (m *module) typeAt(i uint32) engine.FuncType {
	if int64(i) >= int64(len(m.types)) {
		return engine.FuncType{}
	}
	return m.types[i]
}

func (m *module) funcIndex(s *reader) uint32 {
	start := s.pos
	i := s.u32()
	if int64(i) >= int64(len(m.funcs)) {
		s.failAt(start, "unknown function %d", i)
	}
	return i
}

func (m *module) tagType(s *reader) uint32 {
	if !m.options.Exceptions {
		s.fail("exceptions are not enabled")
		return 0
	}
	if b := s.byte(); b != 0 {
		s.failAt(s.pos-1, "tag of unknown kind 0x%02x", b)
	}
	start := s.pos
	i := m.typeIndex(s)
	if s.err == nil && len(m.types[i].Results) > 0 {
		s.failAt(start, "tag has results")
	}
	return i
}

func (m *module) globalType(s *reader) engine.ExternType {
	t := engine.ExternType{Kind: engine.KindGlobal, Val: m.valType(s)}
	switch mut := s.byte(); mut {
	case 0:
	case 1:
		t.Mutable = true
	default:
		s.failAt(s.pos-1, "mutability 0x%02x", mut)
	}
	return t
}

func tableType(s *reader) engine.ExternType {
	t := engine.ExternType{Kind: engine.KindTable, Val: engine.ValType(s.byte())}
	if t.Val != engine.FuncRef && t.Val != engine.ExternRef {
		s.failAt(s.pos-1, "table element type 0x%02x is not supported", byte(t.Val))
	}
	t.Limits = readLimits(s, 1<<32-1, false)
	return t
}

func (m *module) memoryType(s *reader) engine.Limits {
	return readLimits(s, 1<<16, m.options.Memory64)
}

// readLimits reads limits of at most most, or 2^48 if they are allowed to be and
// are of 64 bits.
func readLimits(s *reader, most uint64, allow64 bool) engine.Limits {
	start := s.pos
	flags := s.byte()
	if flags&^(wasmbin.LimitsMax|wasmbin.Limits64) != 0 || flags&wasmbin.Limits64 != 0 && !allow64 {
		s.failAt(start, "limits of form 0x%02x are not supported", flags)
		return engine.Limits{}
	}
	l := engine.Limits{HasMax: flags&wasmbin.LimitsMax != 0, Is64: flags&wasmbin.Limits64 != 0}
	if l.Is64 {
		most = 1 << 48
	}
	l.Min = s.unsigned(l.Is64)
	if l.HasMax {
		l.Max = s.unsigned(l.Is64)
	}
	switch {
	case l.Min > most || l.Max > most:
		s.failAt(start, "size %v is more than %d", l, most)
	case l.HasMax && l.Min > l.Max:
		s.failAt(start, "minimum %d is more than maximum %d", l.Min, l.Max)
	}
	return l
}

func (m *module) globalSection(s *reader) {
	for range s.count(4) {
		g := Global{ExternType: m.globalType(s)}
		g.Init = m.constExpr(s)
		if s.err != nil {
			return
		}
		m.Globals = append(m.Globals, g)
	}
}

func (m *module) exportSection(s *reader) {
	seen := map[string]bool{}
	for range s.count(3) {
		start := s.pos
		e := Export{ExportType: engine.ExportType{Name: s.name()}}
		kind := engine.ExternKind(s.byte())
		e.Index = s.u32()
		if s.err != nil {
			return
		}
		if seen[e.Name] {
			s.failAt(start, "export %q twice", e.Name)
			return
		}
		seen[e.Name] = true
		var ok bool
		if e.Type, ok = m.typeOf(kind, e.Index); !ok {
			s.failAt(start, "export %q of unknown %v %d", e.Name, kind, e.Index)
			return
		}
		if kind == engine.KindFunc {
			m.declared[e.Index] = true
		}
		m.Exports = append(m.Exports, e)
	}
}

// typeOf returns the type of what an export names.
func (m *module) typeOf(kind engine.ExternKind, index uint32) (engine.ExternType, bool) {
	i := int64(index)
	switch {
	case kind == engine.KindFunc && i < int64(len(m.funcs)):
		return engine.ExternType{Kind: kind, Func: m.types[m.funcs[i]]}, true
	case kind == engine.KindTable && i < int64(len(m.Tables)):
		return m.Tables[i], true
	case kind == engine.KindMemory && i < int64(len(m.Memories)):
		return engine.ExternType{Kind: kind, Limits: m.Memories[i]}, true
	case kind == engine.KindGlobal && i < int64(len(m.Globals)):
		return m.Globals[i].ExternType, true
	case kind == engine.KindTag && i < int64(len(m.tags)):
		return engine.ExternType{Kind: kind, Func: m.types[m.tags[i]]}, true
	}
	return engine.ExternType{}, false
}

func (m *module) startFunc(s *reader) {
	start := s.pos
	m.startIdx = int64(m.funcIndex(s))
	if s.err != nil {
		return
	}
	if t := m.types[m.funcs[m.startIdx]]; len(t.Params)+len(t.Results) > 0 {
		s.failAt(start, "start function of type %v", t)
	}
}

func (m *module) codeSection(s *reader) {
	for range s.count(3) {
		start := s.pos
		n := int(s.u32())
		if n > maxBody {
			s.failAt(start, "function body of %d bytes, %d allowed", n, maxBody)
			return
		}
		b := s.sub(n)
		if s.err != nil {
			return
		}
		m.bodies = append(m.bodies, body{b.pos, b.end})
	}
}
