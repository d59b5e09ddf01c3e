package rewrite

import (
	"crypto/sha256"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/wasmbin"
)

// Module is what the engine must know of a module beside its rewritten bytes.
type Module struct {
	Digest  [sha256.Size]byte // of the input
	ID      string            // hex digits of it, which name the module in stack traces
	Wasm    []byte            // the rewritten module
	Imports []engine.ImportType
	Exports []Export

	// FuelExport names the export of the fuel global.
	FuelExport string

	// StartExport names the export of the start function, empty if there is none.
	// The engine calls it, once it knows the instance.
	StartExport string

	// MemoryExports names an export of each of the module's own memories, if
	// Options.ExportMemories asked for them.
	MemoryExports []string

	// Memories, Tables and Globals are types by index, imports first.
	Memories []engine.Limits
	Tables   []engine.ExternType
	Globals  []Global

	// These count the imports of a kind.
	ImportedFuncs, ImportedMemories, ImportedTables, ImportedGlobals int

	// Active are the active element segments, whose bounds wazero does not
	// report.
	Active []Segment

	// CompileBytes is about how much memory compiling takes at most, in bytes.
	CompileBytes uint64

	// SegmentElems is how many elements the element segments have together.
	SegmentElems uint64

	names []byte   // payload of the name section, unchecked
	refs  []uint32 // functions the code refers to by ref.func, if Options.RefTable
}

// Entries returns what an instance of m keeps in host memory, see
// engine.StoreConfig.MaxEntries.
func (m *Module) Entries() uint64 {
	return uint64(len(m.Imports)+len(m.Globals)+len(m.Tables)+len(m.Memories)) + m.SegmentElems
}

// Export is an export and the index of what it exports among its kind, before
// rewriting.
type Export struct {
	engine.ExportType
	Index uint32
}

// Global is a global's type and, unless it is imported, initial value.
type Global struct {
	engine.ExternType
	Init ConstExpr
}

// Segment is an active element segment.
type Segment struct {
	Table  uint32
	Offset ConstExpr
	Len    uint32
}

// module is a decoded module, on the way to be rewritten.
type module struct {
	Module
	types   []engine.FuncType
	funcs   []uint32 // type indices, imports first
	tags    []uint32
	dataN   int // data count, -1 without that section
	data    []segment
	options Options

	raw      [wasmbin.SectionCount]section
	bodies   []body
	elements []element
	startIdx int64 // -1 if there is none
	declared map[uint32]bool
}

func (m *module) hasWideMemory() bool {
	for _, l := range m.Memories {
		if l.Is64 {
			return true
		}
	}
	return false
}

// section is where a section's payload lies in the input.
type section struct {
	present  bool
	pos, end int
}

// body is where a function's code lies in the input, past its size.
type body struct{ pos, end int }
