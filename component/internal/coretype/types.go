package coretype

// ValType is a core value type. The zero value is not a type.
type ValType struct {
	// Code is a number or vector type, or Ref or RefNull for a reference to
	// Heap. The one-byte abbreviations of reference types are decoded to RefNull.
	Code byte
	// Heap is an abstract heap type (negative) or a type index. Only of references.
	Heap int64
}

// The codes of value types.
const (
	I32     byte = 0x7f
	I64     byte = 0x7e
	F32     byte = 0x7d
	F64     byte = 0x7c
	V128    byte = 0x7b
	RefNull byte = 0x63
	Ref     byte = 0x64
)

// The abstract heap types a module without garbage collected types uses.
const (
	HeapFunc   int64 = 0x70 - 0x80
	HeapExtern int64 = 0x6f - 0x80
	HeapExn    int64 = 0x69 - 0x80
)

// TypeKind is the kind of a composite type, as encoded.
type TypeKind byte

// The kinds of composite types.
const (
	KindFunc   TypeKind = 0x60
	KindStruct TypeKind = 0x5f
	KindArray  TypeKind = 0x5e
)

// Type is a core type definition. Func is set where Kind is KindFunc; of struct
// and array types only the kind is kept.
type Type struct {
	Kind TypeKind
	Func *Func
	// Open is set for a type that is not final, has supertypes or is shared.
	Open bool
}

// Func is a core function type.
type Func struct {
	Params, Results []ValType
}

// ExternKind is the kind of an import or export of a core module, as encoded.
type ExternKind byte

// The kinds of imports and exports.
const (
	ExternFunc   ExternKind = 0
	ExternTable  ExternKind = 1
	ExternMemory ExternKind = 2
	ExternGlobal ExternKind = 3
	ExternTag    ExternKind = 4
)

// Extern is the type of an import or export. The field that Kind names is set.
type Extern struct {
	Kind   ExternKind
	Func   *Func // of ExternFunc and ExternTag
	Table  Table
	Memory Memory
	Global Global
}

// Limits are the bounds of a table or memory: elements or pages.
type Limits struct {
	Min    uint64
	Max    uint64 // meaningful where HasMax is set
	HasMax bool
	Is64   bool // addressed by i64
	Shared bool
}

// Table is a table type.
type Table struct {
	Elem ValType
	Limits
}

// Memory is a memory type. PageBits is the logarithm of the page size, 16 by default.
type Memory struct {
	Limits
	PageBits uint8
}

// Global is a global type.
type Global struct {
	Type    ValType
	Mutable bool
	Shared  bool
}

// Import is an import of a core module.
type Import struct {
	Module, Name string
	Type         Extern
}

// Export is an export of a core module.
type Export struct {
	Name string
	Type Extern
}

// Module is the type of a core module: its imports and exports in order.
type Module struct {
	Imports []Import
	Exports []Export
}

// ModuleDecls is a module type as a component spells it.
type ModuleDecls struct{ Decls []Decl }

// Decl is a declarator of a module type: exactly one of the pointers is set.
type Decl struct {
	Offset int64
	Type   []Type      // a type, or a recursion group
	Import *DeclImport // an import
	Export *DeclExport // an export
	Alias  *OuterAlias // a type of an enclosing component
}

// DeclImport is an import declarator.
type DeclImport struct {
	Module, Name string
	Type         RawExtern
}

// DeclExport is an export declarator.
type DeclExport struct {
	Name string
	Type RawExtern
}

// RawExtern is an Extern whose function type is still an index.
type RawExtern struct {
	Extern
	TypeIndex uint32 // of ExternFunc and ExternTag
}

// OuterAlias names a core type of an enclosing scope: Count scopes outward, 0
// being the module type itself.
type OuterAlias struct{ Count, Index uint32 }
