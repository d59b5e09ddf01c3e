package wasmbin

// Header is what a core module begins with: the magic number and version 1.
const Header = "\x00asm\x01\x00\x00\x00"

// The section identifiers.
const (
	SecCustom = iota
	SecType
	SecImport
	SecFunction
	SecTable
	SecMemory
	SecGlobal
	SecExport
	SecStart
	SecElement
	SecCode
	SecData
	SecDataCount
	SecTag
	SectionCount // how many there are
)

// The names of a custom section with names and of its subsection for functions.
const (
	NameSection   = "name"
	FunctionNames = 1
)

// Order checks that the sections of a module, but for the custom ones, are known
// and come in order, each at most once. Its zero value is at the beginning.
type Order struct{ last int }

// Next reports whether section id may come next, and if so notes that it did.
func (o *Order) Next(id byte) bool {
	p := place(id)
	if id >= SectionCount || p <= o.last {
		return false
	}
	o.last = p
	return true
}

// place is the position a section must have among the others. Two have an
// identifier that does not say it.
func place(id byte) int {
	switch id {
	case SecTag:
		return 2*SecMemory + 1
	case SecDataCount:
		return 2*SecElement + 1
	}
	return 2 * int(id)
}

// The bits of the flags before limits.
const (
	LimitsMax = 1
	Limits64  = 4
)

// The bits of an element segment's flags.
const (
	ElemNotActive = 1 // passive or declarative
	ElemExplicit  = 2 // active: has a table index; otherwise: declarative
	ElemExprs     = 4 // lists expressions, not functions
)

// FuncForm is what a function type begins with.
const FuncForm = 0x60

// BlockVoid is the type of a block without parameters and results.
const BlockVoid = 0x40

// HasMemory is the bit of a load's or store's alignment that says that the index of
// a memory follows.
const HasMemory = 1 << 6
