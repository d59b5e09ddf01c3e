package engine

import (
	"cmp"
	"context"
	"math"
)

// Engine compiles core modules and makes stores. It is safe for concurrent use.
type Engine interface {
	// Compile validates a core module in the binary format and makes it ready
	// to instantiate, from the cache if the engine has one. It keeps no
	// reference to wasm. Compiling the same bytes twice is allowed and cheap
	// while the first module is open.
	//
	// The error is *CompileError if the bytes are not a valid module or use a
	// feature this engine lacks, *LimitError if compiling takes more memory than
	// LimitCompile allows, or wraps ctx's cause.
	Compile(ctx context.Context, wasm []byte) (Module, error)

	// NewStore makes an empty store. A negative field of the config is an error.
	NewStore(StoreConfig) (Store, error)

	// Features says what this engine can run.
	Features() Features

	// Close frees every module compiled here. Close stores first. It is
	// idempotent.
	Close() error
}

// Features describes an engine. The fields that name a WebAssembly proposal say
// whether modules that use it compile.
type Features struct {
	Name    string // "wazero" or "wasmtime"
	Version string // version of the engine's own module, such as "v1.12.0"

	Memory64      bool // memories with 64-bit addresses
	MultiMemory   bool // more than one memory a module
	Exceptions    bool // tags, throw and try_table
	TailCalls     bool // return_call and return_call_indirect
	ExtendedConst bool // arithmetic in constant expressions
	Fuel          bool // StoreConfig.Fuel is metered
	StackBytes    bool // StoreConfig.StackBytes is enforced
}

// StoreConfig bounds what everything made in one store may use together. The
// zero value bounds only what WebAssembly itself bounds.
type StoreConfig struct {
	// MaxMemoryBytes is the most linear memory all memories of the store may
	// have together, in bytes. A memory.grow beyond it is refused (the guest
	// sees -1); a module whose initial memory goes beyond it does not
	// instantiate. 0: only each memory's own limit, 4 GiB for a 32-bit one.
	MaxMemoryBytes uint64

	// Pool bounds the memory of this store together with that of others that
	// have the same pool, as MaxMemoryBytes bounds that of this one. Closing the
	// store gives it back. nil: no such bound.
	Pool *MemoryPool

	// MaxTableElems is the most elements all tables of the store may have
	// together. 0: ten million.
	MaxTableElems uint64

	// MaxInstances is the most instances the store may hold. 0: ten thousand.
	MaxInstances int

	// MaxEntries is the most imports, globals, tables, memories and elements of
	// segments all instances of the store may have together: host memory that a
	// small module, instantiated many times, takes. 0: two million, some 200 MB.
	MaxEntries uint64

	// StackBytes is the most native stack guest code may use, over all nested
	// calls, in bytes; beyond it the guest traps with TrapStackOverflow. An
	// engine may only come near it. 0: the engine's default.
	StackBytes int

	// Fuel is how many units of work the store's guests may do; beyond them a
	// call traps with TrapOutOfFuel. The unit is the engine's own: it is
	// deterministic on one version of one engine and means nothing on another.
	// 0: not metered.
	Fuel uint64
}

// WithDefaults returns c with the stated default in each zero field: what a store
// goes by. The engine's own, of StackBytes, stays zero.
func (c StoreConfig) WithDefaults() StoreConfig {
	c.MaxMemoryBytes = cmp.Or(c.MaxMemoryBytes, math.MaxUint64)
	c.MaxTableElems = cmp.Or(c.MaxTableElems, 10_000_000)
	c.MaxInstances = cmp.Or(c.MaxInstances, 10_000)
	c.MaxEntries = cmp.Or(c.MaxEntries, 2_000_000)
	return c
}

// Module is a compiled module. It belongs to its engine, not to a store, and is
// safe for concurrent use.
type Module interface {
	// Imports lists the imports in order, as Instantiate takes them. The slice
	// is shared: do not change it.
	Imports() []ImportType

	// Exports lists the exports in order. The slice is shared: do not change it.
	Exports() []ExportType

	// Locate sets the Offset of those frames that are of this module and whose
	// place it can find; wasm are the bytes the module was compiled of. It costs
	// about as much as compiling the functions named, which is why a trap does not
	// come with it. It may be called after the store of the trap was closed, but
	// before the module is.
	//
	// The error says that wasm are other bytes, that ctx ended, or why nothing was
	// found; frames then stay as they are.
	Locate(ctx context.Context, wasm []byte, frames []Frame) error

	// Close releases the module. Instances already made from it live on. It is
	// idempotent.
	Close() error
}

// Store holds the instances of one run; all that is made in it dies with it. A
// store and everything in it is for one goroutine at a time, except Interrupt.
type Store interface {
	// NewHostFunc makes a function that guests of this store can import.
	NewHostFunc(FuncType, HostFunc) Func

	// Instantiate makes an instance of m. The imports are positional: imports[i]
	// is the module's i-th import, whatever its name. It then runs the start
	// function, if any.
	//
	// The error is *LinkError if the number of imports, a kind or a type does not
	// fit, or an import is of another store; *LimitError if the store has no
	// room for it; *Trap if an active segment or the start function trapped;
	// ErrClosed if the store or the module is closed.
	Instantiate(m Module, imports []Extern) (Instance, error)

	// Interrupt ends the current call and every later one: they return an error
	// e for which errors.Is(e, ErrInterrupted) and errors.Is(e, cause). The
	// guest stops at its next loop or call, or when the host function it is in
	// returns. Only the first interrupt counts. Any goroutine may call it, at
	// any time, even after Close.
	Interrupt(cause error)

	// SetFuel sets the remaining fuel. It does nothing unless
	// StoreConfig.Fuel was above zero.
	SetFuel(units uint64)

	// Fuel returns the remaining fuel, 0 if the store is not metered.
	Fuel() uint64

	// Stats returns what the store uses now.
	Stats() Stats

	// Close frees the store. Its functions then return ErrClosed and its
	// memories have no bytes. It must not be called from a host function: there
	// it returns ErrBusy. It is idempotent.
	Close() error
}

// Stats is what a store uses.
type Stats struct {
	MemoryBytes     uint64      // linear memory in use, all memories
	PeakMemoryBytes uint64      // the most MemoryBytes has been
	TableElems      uint64      // table elements granted
	Instances       int         // instances made, also those whose start function trapped
	Refused         *LimitError // why the last growth refused was: of a memory or a table; nil if none was
}

// Instance is an instance of a module.
type Instance interface {
	// Export returns the export of that name, a Func, Memory, Global, Table or
	// Tag, or nil if there is none. Asked twice it may return two values for
	// one extern.
	Export(name string) Extern
}

// HostFunc is a function guests can call. On entry stack holds the parameters as
// raw bits (see Func.Call); before it returns it stores the results there, from
// index 0. The slice has room for the larger of both and is invalid after the
// return.
//
// An error traps the guest: it comes back from the outermost Call wrapped in a
// *Trap, and errors.Is and errors.As find it whatever number of guest frames lie
// between. A *Trap is not wrapped again. A panic becomes a *PanicError.
type HostFunc func(stack []uint64) error
