package multimem

import (
	"strconv"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/wasmbin"
	"github.com/berth-cli/berth/engine/internal/wasmbin/opcode"
)

// instruction appends the instruction of an access, to a module's only memory.
func (a access) instruction(out []byte, align, offset uint32) []byte {
	if a.prefix != 0 {
		out = append(out, a.prefix)
	}
	out = wasmbin.AppendU32(out, a.op)
	s, ok := a.shape()
	switch {
	case ok:
		out = wasmbin.AppendU32(wasmbin.AppendU32(out, align), offset)
		if s.lane {
			out = append(out, a.lane)
		}
	case a.prefix == opcode.Misc && a.op == opcode.MiscMemoryInit:
		out = append(wasmbin.AppendU32(out, a.segment), 0)
	case a.prefix == opcode.Misc && a.op == opcode.MiscDataDrop:
		out = wasmbin.AppendU32(out, a.segment)
	case a.prefix == opcode.Misc && a.op == opcode.MiscMemoryCopy:
		out = append(out, 0, 0)
	default: // memory.fill, memory.size, memory.grow
		out = append(out, 0)
	}
	return out
}

// function appends the body of an access's function.
func (a access) function(out []byte) []byte {
	e := emitter{out: []byte{0}}
	params := uint32(a.signature()[1])
	if a.offset {
		params--
		e.addOffset(params)
	}
	for i := range params {
		e.get(i)
	}
	e.out = a.instruction(e.out, 0, 0)
	e.op(opcode.End)
	return wasmbin.AppendBytes(out, e.out)
}

// addOffset writes code that adds a parameter to the address, which is the first.
// The sum has 33 bits: what does not fit in 32 is outside of any memory.
func (e *emitter) addOffset(offset uint32) {
	const address = 0
	e.get(address)
	e.get(offset)
	e.op(opcode.I32Add)
	e.u32(opcode.LocalTee, address)
	e.get(offset)
	e.op(opcode.I32LtU, opcode.If, wasmbin.BlockVoid)
	e.i32(-1)
	e.out = access{op: opcode.I32Load8U}.instruction(e.out, 0, 1<<32-1)
	e.op(opcode.Drop, opcode.End)
}

// accessor returns the module for a memory.
func (s *splitter) accessor(memory uint32) []byte {
	u, m := &s.memories[memory], s.memoryTypes[memory]
	var types []string
	numbers := map[string]uint32{}
	var funcs, code []byte
	for _, a := range u.accesses {
		funcs = wasmbin.AppendU32(funcs, number(numbers, &types, a.signature(), 0))
		code = a.function(code)
	}
	n := uint32(len(u.accesses))
	b := builder{out: []byte(wasmbin.Header)}
	b.types(types)
	b.accessorImports(m, n)
	b.section(wasmbin.SecFunction, n, funcs)
	if m.Import < 0 {
		b.section(wasmbin.SecMemory, 1, appendLimits(nil, m.Type.Type.Limits))
		b.section(wasmbin.SecExport, 1, append(wasmbin.AppendBytes(nil, MemoryExport), byte(engine.KindMemory), 0))
	}
	b.slots(n)
	if len(u.segList) > 0 {
		b.out = wasmbin.AppendSection(b.out, wasmbin.SecDataCount, wasmbin.AppendU32(nil, uint32(len(u.segList))))
	}
	b.section(wasmbin.SecCode, n, code)
	b.section(wasmbin.SecData, uint32(len(u.segList)), s.segments(u.segList))
	b.names(n, "access to memory "+strconv.Itoa(int(memory)))
	return b.out
}

// segments is data segments, all passive.
func (s *splitter) segments(list []uint32) []byte {
	var out []byte
	for _, i := range list {
		out = wasmbin.AppendBytes(append(out, 1), s.data[i].bytes)
	}
	return out
}

// builder writes a module.
type builder struct{ out []byte }

// section writes a section that is a vector, unless it is empty.
func (b *builder) section(id byte, n uint32, entries []byte) {
	if n > 0 {
		b.out = wasmbin.AppendSection(b.out, id, wasmbin.AppendU32(nil, n), entries)
	}
}

func (b *builder) types(types []string) {
	var p []byte
	for _, t := range types {
		p = append(p, t...)
	}
	b.section(wasmbin.SecType, uint32(len(types)), p)
}

// accessorImports writes the imports of a table with slots and of the memory, as far
// as there are any.
func (b *builder) accessorImports(m Memory, slots uint32) {
	n, p := uint32(0), []byte{}
	if slots > 0 {
		n++
		p = append(wasmbin.AppendBytes(wasmbin.AppendBytes(p, ""), ""), byte(engine.KindTable), byte(engine.FuncRef), 0)
		p = wasmbin.AppendU32(p, slots)
	}
	if m.Import >= 0 {
		n++
		p = append(wasmbin.AppendBytes(wasmbin.AppendBytes(p, ""), ""), byte(engine.KindMemory))
		p = appendLimits(p, m.Type.Type.Limits)
	}
	b.section(wasmbin.SecImport, n, p)
}

// slots writes the element segment that puts n functions into the table.
func (b *builder) slots(n uint32) {
	if n == 0 {
		return
	}
	p := wasmbin.AppendU32([]byte{0, opcode.I32Const, 0, opcode.End}, n)
	for i := range n {
		p = wasmbin.AppendU32(p, i)
	}
	b.section(wasmbin.SecElement, 1, p)
}

// names writes a name section that gives n functions one name.
func (b *builder) names(n uint32, name string) {
	p := wasmbin.AppendU32(nil, n)
	for i := range n {
		p = wasmbin.AppendBytes(wasmbin.AppendU32(p, i), name)
	}
	id := append(wasmbin.AppendBytes(nil, wasmbin.NameSection), wasmbin.FunctionNames)
	b.out = wasmbin.AppendSection(b.out, wasmbin.SecCustom, wasmbin.AppendBytes(id, p))
}

func appendLimits(out []byte, l engine.Limits) []byte {
	if l.HasMax {
		return wasmbin.AppendU32(wasmbin.AppendU32(append(out, wasmbin.LimitsMax), uint32(l.Min)), uint32(l.Max))
	}
	return wasmbin.AppendU32(append(out, 0), uint32(l.Min))
}
