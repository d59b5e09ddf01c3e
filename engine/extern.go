package engine

// Extern is what instances import and export: a Func, Memory, Global, Table or
// Tag of one store.
type Extern interface {
	ExternKind() ExternKind
}

// Func is a guest or host function.
type Func interface {
	Extern

	// Type returns the function's type. Do not change its slices.
	Type() FuncType

	// Call calls the function. stack holds the parameters, and after a nil error
	// the results, from index 0; it must have room for the larger of both. Values
	// are raw bits: an i32 or f32 in the low half (the high half is ignored in a
	// parameter and zero in a result), an i64 or f64 whole, a v128 in two
	// elements, low half first.
	//
	// It may be called from a host function that the same store's guest called.
	//
	// The error is *Trap if the guest trapped, a host function failed, fuel ran
	// out or the store was interrupted; ErrClosed if the store is closed. After a
	// trap the guest's state is whatever it was; whether to call it again is for
	// the caller to decide.
	Call(stack []uint64) error
}

// Memory is a linear memory.
type Memory interface {
	Extern

	// Bytes returns the memory itself, not a copy. It is valid until the next
	// guest call or Grow: read it again after either.
	Bytes() []byte

	// Grow adds pages of 64 KiB and says whether it could.
	Grow(pages uint64) bool

	// Is64 says whether addresses are 64-bit.
	Is64() bool
}

// Global is a global variable.
type Global interface {
	Extern

	// Get returns the value as raw bits, the low half of a v128.
	Get() uint64

	// Set stores raw bits. The error is ErrImmutable if the global is not
	// mutable or holds a reference or a vector.
	Set(bits uint64) error
}

// Table is a table of references.
type Table interface {
	Extern

	// Func returns the function at index i, which the caller says has type t.
	// The error is *Trap with TrapTableOutOfBounds, TrapIndirectCallToNull or
	// TrapBadSignature. An engine may read the element again, and check its type
	// only then, at each call; and refuse to link the function to an import.
	Func(i uint32, t FuncType) (Func, error)

	// Len returns the number of elements.
	Len() uint32
}

// Tag is an exception's tag. It can only be passed on to other instances.
type Tag interface {
	Extern

	// Type returns the types of the exception's values, as parameters.
	Type() FuncType
}
