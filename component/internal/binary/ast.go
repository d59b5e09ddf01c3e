package binary

import "github.com/berth-cli/berth/component/internal/coretype"

// A Component is a decoded component: its definitions in file order. Nothing is
// resolved or validated; every index is what the file says.
type Component struct {
	Offset  int64 // of the preamble, from the start of the file
	Defs    []Definition
	Customs []Custom
}

// Custom is a custom section. Data is a slice of the decoder's input.
type Custom struct {
	At
	Name string
	Data []byte
	// Before is the number of definitions of the component that precede it.
	Before int
}

// At is the offset at which something starts, from the start of the file.
type At struct{ Offset int64 }

// Pos is the offset at which the definition starts, from the start of the file.
func (a At) Pos() int64 { return a.Offset }

// Definition is one definition of a component: *CoreModule, *CoreInstance,
// *CoreType, *Nested, *Instance, *CoreExportAlias, *ExportAlias, *OuterAlias,
// *Type, *Lift, *Lower, *ResourceCanon, *Builtin, *Start, *Import, *Export or
// *Value. It extends exactly one index space by one entry, except for a CoreType
// (which may hold a recursion group), a Start (one value for each result), and
// an Export (which extends the space of its sort).
type Definition interface {
	Pos() int64
	definition()
}

// Decl is a declarator of a component type or an instance type: *CoreType,
// *Type, *CoreExportAlias, *ExportAlias, *OuterAlias, *ExportDecl or, in
// component types only, *Import.
type Decl interface {
	Pos() int64
	decl()
}

// Sort says which index space an index is of.
type Sort uint8

// The sorts. Binary.md, "Instance Definitions".
const (
	SortCoreFunc Sort = iota
	SortCoreTable
	SortCoreMemory
	SortCoreGlobal
	SortCoreTag
	SortCoreType
	SortCoreModule
	SortCoreInstance
	SortFunc
	SortValue
	SortType
	SortComponent
	SortInstance
)

// String is the sort as the text format writes it.
func (s Sort) String() string {
	names := [...]string{
		"core func", "core table", "core memory", "core global", "core tag", "core type", "core module",
		"core instance", "func", "value", "type", "component", "instance",
	}
	if int(s) < len(names) {
		return names[s]
	}
	return "unknown sort"
}

// CoreModule is an embedded core module. Bytes is a slice of the decoder's
// input that starts at Offset in the file; it begins with the preamble of a core
// module and is otherwise unread.
type CoreModule struct {
	At
	Bytes []byte
}

// CoreInstance makes a core instance: from a module where Inline is false, from
// Exports where it is true.
type CoreInstance struct {
	At
	Inline  bool
	Module  uint32        // core module index
	Args    []CoreArg     // of the module
	Exports []CoreSortIdx // of the inline form
}

// CoreArg satisfies the imports with module name Name by a core instance.
type CoreArg struct {
	Name     string
	Instance uint32
}

// CoreSortIdx is a named core item.
type CoreSortIdx struct {
	Name  string
	Sort  Sort // a core sort
	Index uint32
}

// CoreType defines core types: a module type where Module is not nil, otherwise
// a recursion group, nearly always of one function type.
type CoreType struct {
	At
	Module *coretype.ModuleDecls
	Group  []coretype.Type
}

// Nested is a component inside a component.
type Nested struct {
	At
	Component *Component
}

// Instance makes an instance: from a component where Inline is false, from
// Exports where it is true.
type Instance struct {
	At
	Inline    bool
	Component uint32 // component index
	Args      []Arg
	Exports   []InlineExport
}

// Arg satisfies the import Name.
type Arg struct {
	Name  string
	Sort  Sort
	Index uint32
}

// InlineExport is an export of an instance made from its parts.
type InlineExport struct {
	Name  ExternName
	Sort  Sort
	Index uint32
}

// CoreExportAlias names an export of a core instance.
type CoreExportAlias struct {
	At
	Sort     Sort   // a core sort
	Instance uint32 // core instance index
	Name     string
}

// ExportAlias names an export of an instance.
type ExportAlias struct {
	At
	Sort     Sort
	Instance uint32
	Name     string
}

// OuterAlias names a definition of an enclosing component, or of the component
// itself where Count is 0. Sort is a core module, core type, type or component.
type OuterAlias struct {
	At
	Sort  Sort
	Count uint32
	Index uint32
}

// Start calls a function with values when the component is instantiated.
type Start struct {
	At
	Func    uint32
	Args    []uint32 // value indices
	Results uint32   // number of values it defines
}

// Value is a value definition. Data is its undecoded encoding.
type Value struct {
	At
	Type ValType
	Data []byte
}

// ExternName is the name of an import or export. Only its UTF-8 is checked.
type ExternName struct {
	Name  string
	Attrs []NameAttr
}

// Attr is the first attribute of a kind, if the name has one.
func (n ExternName) Attr(k AttrKind) (value string, ok bool) {
	for _, a := range n.Attrs {
		if a.Kind == k {
			return a.Value, true
		}
	}
	return "", false
}

// NameAttr is an attribute of an import or export name. A kind may be repeated
// here; a valid component repeats none.
type NameAttr struct {
	Kind  AttrKind
	Value string
}

// AttrKind is the kind of a name attribute, as encoded.
type AttrKind uint8

// The name attributes.
const (
	Implements    AttrKind = 0
	VersionSuffix AttrKind = 1
	ExternalID    AttrKind = 2
)

// String is the attribute as the text format writes it.
func (k AttrKind) String() string {
	switch k {
	case Implements:
		return "implements"
	case VersionSuffix:
		return "versionsuffix"
	case ExternalID:
		return "external-id"
	}
	return "unknown attribute"
}

// Import is an import definition or an import declarator.
type Import struct {
	At
	Name ExternName
	Type ExternType
}

// Export is an export definition. Type is the ascribed type, or nil.
type Export struct {
	At
	Name  ExternName
	Sort  Sort
	Index uint32
	Type  *ExternType
}

// ExportDecl is an export declarator of a component or instance type.
type ExportDecl struct {
	At
	Name ExternName
	Type ExternType
}

// ExternType is the type of an import or export.
type ExternType struct {
	// Sort is SortCoreModule, SortFunc, SortValue, SortType, SortComponent or
	// SortInstance.
	Sort Sort
	// Index is a core type index for SortCoreModule, a value index for a
	// SortValue with Eq, unused for a value or type without Eq, otherwise a type index.
	Index uint32
	// Eq tells (eq i) from (sub resource) for SortType, and (eq v) from a
	// value type for SortValue.
	Eq bool
	// Value is the type of a SortValue without Eq.
	Value ValType
}

func (At) definition() {}
func (At) decl()       {}

var (
	_ = []Definition{
		(*CoreModule)(nil), (*CoreInstance)(nil), (*CoreType)(nil), (*Nested)(nil), (*Instance)(nil),
		(*CoreExportAlias)(nil), (*ExportAlias)(nil), (*OuterAlias)(nil), (*Type)(nil), (*Lift)(nil),
		(*Lower)(nil), (*ResourceCanon)(nil), (*Builtin)(nil), (*Start)(nil), (*Import)(nil),
		(*Export)(nil), (*Value)(nil),
	}
	_ = []Decl{
		(*CoreType)(nil), (*Type)(nil), (*CoreExportAlias)(nil), (*ExportAlias)(nil),
		(*OuterAlias)(nil), (*ExportDecl)(nil), (*Import)(nil),
	}
)
