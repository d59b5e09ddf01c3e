package rewrite

import (
	"crypto/sha256"

	"github.com/berth-cli/berth/engine"
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

	// Memory is the type of the module's own memory, nil if it has none.
	Memory *engine.Limits

	// Tables and Globals are types by index, imports first.
	Tables  []engine.ExternType
	Globals []Global

	// ImportedFuncs, ImportedTables and ImportedGlobals count the imports.
	ImportedFuncs, ImportedTables, ImportedGlobals int

	// Active are the active element segments, whose bounds wazero does not
	// report.
	Active []Segment

	names []byte // payload of the name section, unchecked
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
	types    []engine.FuncType
	funcs    []uint32 // type indices, imports first
	tags     []uint32
	memories []engine.Limits
	dataN    int // data count, -1 without that section
	limits   Options

	raw      [maxSection + 1]section
	bodies   []body
	elements []element
	startIdx int64 // -1 if there is none
	declared map[uint32]bool
}

// section is where a section's payload lies in the input.
type section struct {
	present  bool
	pos, end int
}

// body is where a function's code lies in the input, past its size.
type body struct{ pos, end int }

// The section identifiers of the binary format.
const (
	secCustom = iota
	secType
	secImport
	secFunction
	secTable
	secMemory
	secGlobal
	secExport
	secStart
	secElement
	secCode
	secData
	secDataCount
	secTag
	maxSection = secTag
)
