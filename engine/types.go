package engine

import (
	"fmt"
	"slices"
	"strings"
)

// ValType is the type of a value, by its byte in the binary format.
//
// WebAssembly core specification, "Binary Format", "Types".
type ValType byte

// The types a function may take and return.
const (
	I32       ValType = 0x7f
	I64       ValType = 0x7e
	F32       ValType = 0x7d
	F64       ValType = 0x7c
	V128      ValType = 0x7b
	FuncRef   ValType = 0x70
	ExternRef ValType = 0x6f
	ExnRef    ValType = 0x69
)

// String returns the type's name in the text format.
func (t ValType) String() string {
	switch t {
	case I32:
		return "i32"
	case I64:
		return "i64"
	case F32:
		return "f32"
	case F64:
		return "f64"
	case V128:
		return "v128"
	case FuncRef:
		return "funcref"
	case ExternRef:
		return "externref"
	case ExnRef:
		return "exnref"
	}
	return fmt.Sprintf("valtype(0x%02x)", byte(t))
}

// IsNum reports whether t is a number: i32, i64, f32 or f64.
func (t ValType) IsNum() bool { return t >= F64 && t <= I32 }

// FuncType is the type of a function.
type FuncType struct{ Params, Results []ValType }

// Equal reports whether both types have the same parameters and results.
func (t FuncType) Equal(u FuncType) bool {
	return slices.Equal(t.Params, u.Params) && slices.Equal(t.Results, u.Results)
}

// StackLen returns the number of stack elements a call needs: the larger of what
// its parameters and its results take, where a v128 takes two.
func (t FuncType) StackLen() int { return max(SlotLen(t.Params), SlotLen(t.Results)) }

// SlotLen returns the number of stack elements that values of these types take.
func SlotLen(types []ValType) int {
	n := len(types)
	for _, t := range types {
		if t == V128 {
			n++
		}
	}
	return n
}

// String returns the type as "(i32, i64) -> (f32)".
func (t FuncType) String() string {
	return "(" + joinTypes(t.Params) + ") -> (" + joinTypes(t.Results) + ")"
}

func joinTypes(types []ValType) string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = t.String()
	}
	return strings.Join(names, ", ")
}

// ExternKind is the kind of an Extern, by its byte in the binary format.
type ExternKind byte

// The kinds of externs.
const (
	KindFunc ExternKind = iota
	KindTable
	KindMemory
	KindGlobal
	KindTag
)

// String returns the kind's name in the text format.
func (k ExternKind) String() string {
	switch k {
	case KindFunc:
		return "func"
	case KindTable:
		return "table"
	case KindMemory:
		return "memory"
	case KindGlobal:
		return "global"
	case KindTag:
		return "tag"
	}
	return fmt.Sprintf("kind(%d)", byte(k))
}

// ExternType is the type of an import or export. Which fields count depends on
// Kind.
type ExternType struct {
	Kind    ExternKind
	Func    FuncType // of a func; of a tag, whose values are its parameters
	Val     ValType  // of a global; of a table's elements
	Mutable bool     // of a global
	Limits  Limits   // of a table, in elements; of a memory, in pages
}

// Limits are the bounds of a table or memory.
type Limits struct {
	Min, Max uint64
	HasMax   bool
	Shared   bool // of a memory
	Is64     bool // indexed by 64-bit addresses
}

// String returns the type as an error message shows it.
func (t ExternType) String() string {
	switch t.Kind {
	case KindFunc, KindTag:
		return t.Kind.String() + " " + t.Func.String()
	case KindGlobal:
		if t.Mutable {
			return "global (mut " + t.Val.String() + ")"
		}
		return "global " + t.Val.String()
	case KindTable:
		return "table " + t.Limits.String() + " " + t.Val.String()
	}
	return t.Kind.String() + " " + t.Limits.String()
}

// String returns the limits as the text format writes them.
func (l Limits) String() string {
	s := fmt.Sprint(l.Min)
	if l.Is64 {
		s = "i64 " + s
	}
	if l.HasMax {
		s += fmt.Sprintf(" %d", l.Max)
	}
	if l.Shared {
		s += " shared"
	}
	return s
}

// ImportType is an import a module declares.
type ImportType struct {
	Module, Name string
	Type         ExternType
}

// ExportType is an export a module declares.
type ExportType struct {
	Name string
	Type ExternType
}
