package multimem

import (
	"strconv"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/wasmbin"
	"github.com/berth-cli/berth/internal/binread"
)

// The types of the functions that are added to the main module.
const (
	typeNothing = "\x60\x00\x00"
	typeCopy    = "\x60\x03\x7f\x7f\x7f\x00"
)

// exporter collects the exports of the main module.
type exporter struct {
	entries []byte
	n       uint32
	used    map[string]bool // names, of all exports
	next    int
}

func (x *exporter) keep(entry []byte) {
	x.entries = append(x.entries, entry...)
	x.n++
}

// add exports something under a name that no export has, and returns that.
func (x *exporter) add(kind engine.ExternKind, index uint32) string {
	name := strconv.Itoa(x.next)
	for x.used[name] {
		x.next++
		name = strconv.Itoa(x.next)
	}
	x.next++
	x.keep(wasmbin.AppendU32(append(wasmbin.AppendBytes(nil, name), byte(kind)), index))
	return name
}

// result puts everything together. code is that of all functions; init says that the
// last of them is the initializer.
func (s *splitter) result(code []byte, init bool) *Module {
	m := &Module{Memories: s.memoryTypes[1:]}
	for _, mem := range s.memoryTypes {
		if mem.Import < 0 {
			m.MinPages += mem.Type.Type.Limits.Min
		}
	}
	x := &exporter{used: map[string]bool{}}
	exported := make([]bool, len(s.memoryTypes))
	for _, e := range s.exports {
		memory := -1
		if e.kind == engine.KindMemory && e.index > 0 {
			memory = int(e.index) - 1
			exported[e.index] = true
		} else {
			x.keep(e.entry)
		}
		x.used[e.name] = true
		m.Exports = append(m.Exports, Export{Name: e.name, Memory: memory})
	}
	if init {
		m.Start = x.add(engine.KindFunc, s.funcCount+uint32(len(s.helpList)))
	}
	for i, memory := range s.tables {
		m.Memories[memory-1].Table = x.add(engine.KindTable, s.tableCount+uint32(i))
	}
	for i := range m.Memories {
		mem, index := &m.Memories[i], uint32(i)+1
		if mem.Table != "" || mem.Import < 0 && exported[index] {
			mem.Accessor = s.accessor(index)
		}
	}
	m.Main = s.main(code, init, x)
	return m
}

// main returns the main module.
func (s *splitter) main(code []byte, init bool, x *exporter) []byte {
	funcs := s.addedFuncs(init)
	b := &builder{out: append(make([]byte, 0, len(s.in)+len(code)), wasmbin.Header...)}
	s.extended(b, wasmbin.SecType, s.typeList)
	b.section(wasmbin.SecImport, s.importCount, s.imports)
	s.extended(b, wasmbin.SecFunction, funcs)
	s.extended(b, wasmbin.SecTable, s.addedTables())
	if s.firstMemory != nil {
		b.section(wasmbin.SecMemory, 1, s.firstMemory)
	}
	s.copied(b, wasmbin.SecTag)
	s.copied(b, wasmbin.SecGlobal)
	b.section(wasmbin.SecExport, x.n, x.entries)
	s.copied(b, wasmbin.SecElement)
	if len(s.data) > 0 {
		b.out = wasmbin.AppendSection(b.out, wasmbin.SecDataCount, wasmbin.AppendU32(nil, uint32(len(s.data))))
	}
	b.section(wasmbin.SecCode, uint32(len(s.bodies)+len(funcs)), code)
	b.section(wasmbin.SecData, uint32(len(s.data)), s.mainSegments())
	if s.names != nil {
		b.out = wasmbin.AppendSection(b.out, wasmbin.SecCustom, wasmbin.AppendBytes(nil, wasmbin.NameSection), s.names)
	}
	return b.out
}

// addedFuncs returns the entries of the function section for what is added.
func (s *splitter) addedFuncs(init bool) []string {
	var entries []string
	for _, h := range s.helpList {
		t := typeCopy
		if h.drop {
			t = typeNothing
		}
		entries = append(entries, string(wasmbin.AppendU32(nil, s.addedType(t))))
	}
	if init {
		entries = append(entries, string(wasmbin.AppendU32(nil, s.addedType(typeNothing))))
	}
	return entries
}

// addedTables returns the entries of the table section for the accessors.
func (s *splitter) addedTables() []string {
	var entries []string
	for _, memory := range s.tables {
		n := uint64(len(s.memories[memory].accesses))
		limits := engine.Limits{Min: n, HasMax: true, Max: n}
		entries = append(entries, string(appendLimits([]byte{byte(engine.FuncRef)}, limits)))
	}
	return entries
}

// mainSegments returns the data segments of the main module: all, so that each keeps
// its number, but empty where only other memories have it.
func (s *splitter) mainSegments() []byte {
	var out []byte
	for i, d := range s.data {
		if _, ok := s.memories[0].segments[uint32(i)]; !ok {
			d.bytes = nil
		}
		out = wasmbin.AppendBytes(append(out, 1), d.bytes)
	}
	return out
}

// copied writes a section as it was.
func (s *splitter) copied(b *builder, id byte) {
	if s.sections[id] != nil {
		b.out = wasmbin.AppendSection(b.out, id, s.sections[id])
	}
}

// extended writes a section with more entries.
func (s *splitter) extended(b *builder, id byte, added []string) {
	if len(added) == 0 {
		s.copied(b, id)
		return
	}
	r := binread.New(s.sections[id], binread.Options{})
	n := uint32(0)
	if s.sections[id] != nil {
		n = r.U32()
	}
	entries := append([]byte{}, r.Rest()...)
	for _, e := range added {
		entries = append(entries, e...)
	}
	b.section(id, n+uint32(len(added)), entries)
}
