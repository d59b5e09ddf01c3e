package binary

import "github.com/berth-cli/berth/component/internal/coretype"

// Type defines a type: one entry of the type index space.
type Type struct {
	At
	Def DefType
}

// DefType is what a type definition says: Prim, *Record, *Variant, *List,
// *FixedList, *Tuple, *Flags, *Enum, *Option, *Result, *Own, *Borrow, *Stream,
// *Future, *Map, *FuncType, *ComponentType, *InstanceType or *ResourceType. All
// but the last four are value types.
//
// Binary.md, "Type Definitions".
type DefType interface{ defType() }

// Prim is a primitive value type: its opcode.
type Prim uint8

// The primitive value types.
const (
	Bool         Prim = 0x7f
	S8           Prim = 0x7e
	U8           Prim = 0x7d
	S16          Prim = 0x7c
	U16          Prim = 0x7b
	S32          Prim = 0x7a
	U32          Prim = 0x79
	S64          Prim = 0x78
	U64          Prim = 0x77
	F32          Prim = 0x76
	F64          Prim = 0x75
	Char         Prim = 0x74
	String       Prim = 0x73
	ErrorContext Prim = 0x64
)

// ValType is a reference to a value type: a primitive, or a type index where
// Prim is 0.
type ValType struct {
	Prim  Prim
	Index uint32
}

// Labeled is a named type: a record field or a parameter.
type Labeled struct {
	Name string
	Type ValType
}

// Case is a case of a variant. Type is nil where there is no payload.
type Case struct {
	Name string
	Type *ValType
}

// The value type definitions. A nil pointer means that the part is absent.
type (
	// Record is a record type.
	Record struct{ Fields []Labeled }
	// Variant is a variant type.
	Variant struct{ Cases []Case }
	// List is a list of any length.
	List struct{ Elem ValType }
	// FixedList is a list of exactly Len elements.
	FixedList struct {
		Elem ValType
		Len  uint32
	}
	// Tuple is a tuple type.
	Tuple struct{ Types []ValType }
	// Flags is a set of named bits.
	Flags struct{ Labels []string }
	// Enum is a variant whose cases have no payload.
	Enum struct{ Labels []string }
	// Option is an optional value.
	Option struct{ Elem ValType }
	// Result is a result type.
	Result struct{ Ok, Err *ValType }
	// Own is an owning handle to the resource with this type index.
	Own struct{ Resource uint32 }
	// Borrow is a borrowed handle to the resource with this type index.
	Borrow struct{ Resource uint32 }
	// Stream is a stream, of nothing where Elem is nil.
	Stream struct{ Elem *ValType }
	// Future is a future, of nothing where Elem is nil.
	Future struct{ Elem *ValType }
	// Map is a map type.
	Map struct{ Key, Value ValType }
)

// FuncType is a function type.
type FuncType struct {
	Async  bool
	Params []Labeled
	Result *ValType // nil where there is none
}

// ComponentType is a component type: its declarators in order.
type ComponentType struct{ Decls []Decl }

// InstanceType is an instance type: its declarators in order, none an Import.
type InstanceType struct{ Decls []Decl }

// ResourceType defines a fresh resource type. Dtor is a core function index, nil
// where there is no destructor.
type ResourceType struct {
	Rep  coretype.ValType
	Dtor *uint32
}

func (Prim) defType()           {}
func (*Record) defType()        {}
func (*Variant) defType()       {}
func (*List) defType()          {}
func (*FixedList) defType()     {}
func (*Tuple) defType()         {}
func (*Flags) defType()         {}
func (*Enum) defType()          {}
func (*Option) defType()        {}
func (*Result) defType()        {}
func (*Own) defType()           {}
func (*Borrow) defType()        {}
func (*Stream) defType()        {}
func (*Future) defType()        {}
func (*Map) defType()           {}
func (*FuncType) defType()      {}
func (*ComponentType) defType() {}
func (*InstanceType) defType()  {}
func (*ResourceType) defType()  {}
