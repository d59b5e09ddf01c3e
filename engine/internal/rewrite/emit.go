package rewrite

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/wasmbin"
	"github.com/berth-cli/berth/engine/internal/wasmbin/opcode"
)

// Options says what to accept and where the rewritten module finds its imports.
type Options struct {
	Exceptions  bool // accept tags, throw and try_table
	Memory64    bool // accept memories with 64-bit addresses
	MultiMemory bool // accept several memories

	// RefTable replaces ref.func by a read of a table, and CheckGrow asks the host
	// before memory.grow, for engines that need it.
	RefTable, CheckGrow bool

	// SplitRemainder writes a remainder as x - x/y*y, and GuardMasked puts an
	// instruction after a comparison by order of what may be "x & m" and zero, for
	// compilers that get these wrong.
	SplitRemainder, GuardMasked bool

	// ExportMemories exports the module's own memories.
	ExportMemories bool

	skeleton bool   // the input is a skeleton: see LoadSkeleton
	sites    *Sites // to note where code went, or nil: see Locate
}

// Version changes whenever the same input gives another output.
const Version = 4

// idLen is how many bytes of the digest name a module.
const idLen = 16

// The names the rewritten module imports from: Imports names for import i the
// decimal i, HostFunc is the function HostModule exports.
const (
	ImportModule = "imports"
	HostModule   = "host"
	HostFunc     = "host"
)

// The first parameter of the host function, a (i32, i32) -> i32.
const (
	// HostRefuel: the second is the fuel left, below zero. The result is the new
	// fuel, not below zero.
	HostRefuel = 0
	// HostTableGrow: the second is how many elements table.grow is about to add.
	// The result is that, or 2^32-1 so that the growth fails.
	HostTableGrow = 1
	// HostMemoryGrow: the second is how many pages memory.grow is about to add. The
	// result is as of HostTableGrow.
	HostMemoryGrow = 2
)

// weightShift makes one unit of fuel of every so many bytes of code; localsShift
// one of every so many locals a function has.
const (
	weightShift = 8
	localsShift = 6
	bulkShift   = 10 // one of every so many bytes a bulk instruction moves
)

// writer builds the rewritten module.
type writer struct {
	m       *module
	in      []byte
	hostIdx uint32 // index of the host function
	fuelIdx uint32 // index of the fuel global
	refTab  uint32 // index of the table of referenced functions
	refs    []uint32

	namesData bool // the code has instructions that name data segments
	refAt     map[uint32]uint32
	walker    walker // of the function being copied, for its buffers
	sites     *Sites // nil unless they are asked for
}

// Rewrite decodes a core module and returns it with positional imports and
// metered code, see the package documentation. wazero must still validate the
// result: Rewrite checks the binary format and every index it uses, not types.
//
// The error is *engine.CompileError.
func Rewrite(wasm []byte, o Options) (*Module, error) {
	return rewrite(wasm, sha256.Sum256(wasm), o)
}

func rewrite(wasm []byte, digest [sha256.Size]byte, o Options) (*Module, error) {
	m, err := parse(wasm, o)
	if err != nil {
		return nil, err
	}
	m.Digest = digest
	m.ID = ID(digest)
	m.nameExports()
	w := &writer{
		m: m, in: wasm, sites: o.sites, refAt: map[uint32]uint32{},
		hostIdx: uint32(m.ImportedFuncs), fuelIdx: uint32(len(m.Globals)), refTab: uint32(len(m.Tables)),
	}
	if m.Wasm, err = w.emit(); err != nil {
		return nil, err
	}
	m.SegmentElems += uint64(len(w.refs))
	m.CompileBytes = w.walker.largest + codeBytes*uint64(m.raw[wasmbin.SecCode].end-m.raw[wasmbin.SecCode].pos)
	m.refs = w.refs
	return &m.Module, nil
}

// ID returns the Module.ID of the module digest names.
func ID(digest [sha256.Size]byte) string { return hex.EncodeToString(digest[:idLen]) }

// nameExports chooses names that no export has for those the rewriting adds.
func (m *module) nameExports() {
	used := make(map[string]bool, len(m.Exports))
	for _, e := range m.Exports {
		used[e.Name] = true
	}
	n := 0
	unused := func() string {
		for ; ; n++ {
			if s := strconv.Itoa(n); !used[s] {
				used[s] = true
				return s
			}
		}
	}
	m.FuelExport = unused()
	if m.startIdx >= 0 {
		m.StartExport = unused()
	}
	if m.options.ExportMemories {
		for range m.Memories[m.ImportedMemories:] {
			m.MemoryExports = append(m.MemoryExports, unused())
		}
	}
}

// newFunc returns the number in the rewritten module of function i.
func (w *writer) newFunc(i uint32) uint32 {
	if i >= w.hostIdx {
		return i + 1
	}
	return i
}

func (w *writer) emit() ([]byte, error) {
	code, err := w.code()
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(w.in)+len(code)+4096)
	out = append(out, wasmbin.Header...)
	out = wasmbin.AppendSection(out, wasmbin.SecType, w.types())
	out = wasmbin.AppendSection(out, wasmbin.SecImport, w.imports())
	out = w.copySection(out, wasmbin.SecFunction)
	out = w.tables(out)
	out = w.copySection(out, wasmbin.SecMemory)
	out = w.copySection(out, wasmbin.SecTag)
	out = wasmbin.AppendSection(out, wasmbin.SecGlobal, w.globals())
	out = wasmbin.AppendSection(out, wasmbin.SecExport, w.exports())
	out = w.elements(out)
	out = w.data(out, code)
	return wasmbin.AppendSection(out, wasmbin.SecCustom, w.moduleName()), nil
}

// payload returns a section's count and the rest of it.
func (w *writer) payload(id byte) (uint32, []byte) {
	raw := w.m.raw[id]
	if !raw.present {
		return 0, nil
	}
	r := reader{buf: w.in, pos: raw.pos, end: raw.end}
	n := r.u32()
	return n, w.in[r.pos:r.end]
}

func (w *writer) copySection(out []byte, id byte) []byte {
	if raw := w.m.raw[id]; raw.present {
		return wasmbin.AppendSection(out, id, w.in[raw.pos:raw.end])
	}
	return out
}

func (w *writer) types() []byte {
	n, rest := w.payload(wasmbin.SecType)
	out := append(wasmbin.AppendU32(nil, n+1), rest...)
	return append(out, wasmbin.FuncForm, 2, byte(engine.I32), byte(engine.I32), 1, byte(engine.I32))
}

// imports writes the imports by position. The limits of tables and memories are
// left to the caller of the engine to check, who knows their size now; wazero
// knows only the size they began with.
func (w *writer) imports() []byte {
	out := wasmbin.AppendU32(nil, uint32(len(w.m.Imports))+1)
	funcs, tags := 0, 0
	for i, imp := range w.m.Imports {
		out = wasmbin.AppendBytes(out, ImportModule)
		out = wasmbin.AppendBytes(out, strconv.Itoa(i))
		t := imp.Type
		out = append(out, byte(t.Kind))
		switch t.Kind {
		case engine.KindFunc:
			out = wasmbin.AppendU32(out, w.m.funcs[funcs])
			funcs++
		case engine.KindTable:
			out = append(out, byte(t.Val), 0, 0)
		case engine.KindMemory:
			out = appendMemoryType(out, t.Limits)
		case engine.KindGlobal:
			out = appendGlobalType(out, t)
		case engine.KindTag:
			out = wasmbin.AppendU32(append(out, 0), w.m.tags[tags])
			tags++
		}
	}
	out = wasmbin.AppendBytes(out, HostModule)
	out = wasmbin.AppendBytes(out, HostFunc)
	return wasmbin.AppendU32(append(out, byte(engine.KindFunc)), uint32(len(w.m.types)))
}

// appendMemoryType writes the type of a memory of any size.
func appendMemoryType(out []byte, l engine.Limits) []byte {
	if l.Is64 {
		return append(out, wasmbin.Limits64, 0)
	}
	return append(out, 0, 0)
}

func appendGlobalType(out []byte, t engine.ExternType) []byte {
	if t.Mutable {
		return append(out, byte(t.Val), 1)
	}
	return append(out, byte(t.Val), 0)
}

// tables writes the tables, and one more for ref.func if the code has any. It
// must come after the code.
func (w *writer) tables(out []byte) []byte {
	if len(w.refs) == 0 {
		return w.copySection(out, wasmbin.SecTable)
	}
	n, rest := w.payload(wasmbin.SecTable)
	p := append(wasmbin.AppendU32(nil, n+1), rest...)
	p = append(p, byte(engine.FuncRef), 1)
	p = wasmbin.AppendU32(p, uint32(len(w.refs)))
	p = wasmbin.AppendU32(p, uint32(len(w.refs)))
	return wasmbin.AppendSection(out, wasmbin.SecTable, p)
}

func (w *writer) globals() []byte {
	defined := w.m.Globals[w.m.ImportedGlobals:]
	out := wasmbin.AppendU32(nil, uint32(len(defined))+1)
	for _, g := range defined {
		out = appendGlobalType(out, g.ExternType)
		out = w.emitExpr(out, g.Init)
	}
	return append(out, byte(engine.I32), 1, opcode.I32Const, 0, opcode.End)
}

func (w *writer) exports() []byte {
	count := len(w.m.Exports) + len(w.m.MemoryExports) + 1
	if w.m.startIdx >= 0 {
		count++
	}
	out := wasmbin.AppendU32(nil, uint32(count))
	for _, e := range w.m.Exports {
		out = wasmbin.AppendBytes(out, e.Name)
		index := e.Index
		if e.Type.Kind == engine.KindFunc {
			index = w.newFunc(index)
		}
		out = wasmbin.AppendU32(append(out, byte(e.Type.Kind)), index)
	}
	for i, name := range w.m.MemoryExports {
		out = wasmbin.AppendU32(append(wasmbin.AppendBytes(out, name), byte(engine.KindMemory)), uint32(w.m.ImportedMemories+i))
	}
	if w.m.startIdx >= 0 {
		out = append(wasmbin.AppendBytes(out, w.m.StartExport), byte(engine.KindFunc))
		out = wasmbin.AppendU32(out, w.newFunc(uint32(w.m.startIdx)))
	}
	out = wasmbin.AppendBytes(out, w.m.FuelExport)
	return wasmbin.AppendU32(append(out, byte(engine.KindGlobal)), w.fuelIdx)
}

// elements writes the element segments, and one more that fills the table for
// ref.func.
func (w *writer) elements(out []byte) []byte {
	n := uint32(len(w.m.elements))
	if len(w.refs) > 0 {
		n++
	}
	if n == 0 {
		return out
	}
	p := wasmbin.AppendU32(nil, n)
	for _, e := range w.m.elements {
		p = w.emitElement(p, e)
	}
	if len(w.refs) > 0 {
		p = wasmbin.AppendU32(append(p, wasmbin.ElemExplicit), w.refTab)
		p = append(p, opcode.I32Const, 0, opcode.End, 0)
		p = wasmbin.AppendU32(p, uint32(len(w.refs)))
		for _, f := range w.refs {
			p = wasmbin.AppendU32(p, w.newFunc(f))
		}
	}
	return wasmbin.AppendSection(out, wasmbin.SecElement, p)
}

// maxValuesPerByte bounds the stack values a module's instructions may name by
// their types, per byte of code: see walker.spend.
const maxValuesPerByte = 16

func (w *writer) code() ([]byte, error) {
	budget := int64(1_000_000 + maxValuesPerByte*len(w.in))
	w.walker.squares = int64(maxSquares + maxSquaresPerByte*len(w.in))
	out := make([]byte, 0, w.m.raw[wasmbin.SecCode].end-w.m.raw[wasmbin.SecCode].pos+w.m.raw[wasmbin.SecCode].end/2)
	out = wasmbin.AppendU32(out, uint32(len(w.m.bodies)))
	var err error
	for i, b := range w.m.bodies {
		whole := len(out)
		if out, err = w.emitBody(out, w.m.ImportedFuncs+i, b, &budget); err != nil {
			return nil, err
		}
		if w.m.options.skeleton {
			out = append(out[:whole], trapBody...)
		}
	}
	return out, nil
}

// moduleName is a name section with the module's name alone. Function names are
// the guest's words, and could hold what looks like another frame.
func (w *writer) moduleName() []byte {
	out := wasmbin.AppendBytes(nil, wasmbin.NameSection)
	out = append(out, 0, byte(len(w.m.ID)+1))
	return wasmbin.AppendBytes(out, w.m.ID)
}
