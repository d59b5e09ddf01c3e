// Package types holds component-model types as values: interned, with their
// memory layout and flattening computed once.
//
// Two *Type made by one [Interner] are equal exactly when the types are
// structurally equal, so comparison is ==, and a type that is a shared DAG costs
// what its nodes cost, never what its unfolding would.
//
// A resource type has no structure: a [Resource] is its identity. Elaborating a
// component makes a fresh Resource for each resource definition, for each
// imported resource, and for each instantiation of a component that defines one.
//
// Types come from bytes nobody vouched for. Constructors return an error where
// a limit of [Limits] or a rule of the specification is broken and never panic;
// a Type that exists is well formed. A Type is immutable and safe for
// concurrent use; an Interner is not.
package types

// Kind says which value type a Type is.
//
// Binary.md, "Type Definitions".
type Kind uint8

// The value types. ErrorContext, Stream, Future, Map are decoded so that they can
// be refused by name.
const (
	Bool Kind = iota + 1
	S8
	U8
	S16
	U16
	S32
	U32
	S64
	U64
	F32
	F64
	Char
	String
	Record
	Variant
	List
	FixedList
	Tuple
	Flags
	Enum
	Option
	Result
	Own
	Borrow
	ErrorContext
	Stream
	Future
	Map
)

// Type is an interned value type. All slices and pointers in it are shared:
// never write to them.
type Type struct {
	Kind     Kind
	Fields   []Field   // Record: named; Tuple: names are empty
	Cases    []Case    // Variant
	Labels   []string  // Flags, Enum
	Elem     *Type     // List, FixedList, Option, Map, Stream and Future (may be nil in the last two)
	Len      uint32    // FixedList
	Ok, Err  *Type     // Result; nil where absent
	Key      *Type     // Map, whose values are Elem
	Resource *Resource // Own, Borrow

	layout layout
	id     uint32
}

// Field is a field of a record or a component of a tuple.
type Field struct {
	Name   string
	Type   *Type
	Offset uint32 // byte offset from the start of the record in memory
}

// Case is a case of a variant. Type is nil for a case without a payload.
type Case struct {
	Name string
	Type *Type
}

// Param is a named parameter of a function.
type Param struct {
	Name string
	Type *Type
}

// Func is a component function type. Result is nil where there is none.
// Funcs are interned like Types.
type Func struct {
	Params []Param
	Result *Type
	Async  bool

	lift, lower CoreFunc
	hasResource bool
}

// Resource is the identity of a resource type. Name is for messages only.
// Two resource types are the same exactly when the pointers are equal.
type Resource struct {
	Name string
	// Imported reports that the type came in through an import of the
	// component being elaborated, not from a definition.
	Imported bool
}
