package engine

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// TrapCode says why a guest trapped. The numbers are ours and the same on every
// engine.
type TrapCode byte

// The reasons for a trap.
const (
	TrapUnknown            TrapCode = iota // a reason this package has no name for: see Trap.Message
	TrapUnreachable                        // the unreachable instruction
	TrapMemoryOutOfBounds                  // load, store or bulk operation outside a memory
	TrapTableOutOfBounds                   // access outside a table
	TrapIndirectCallToNull                 // call_indirect of a null element
	TrapBadSignature                       // call_indirect of a function of another type
	TrapIntegerOverflow                    // signed division or conversion to an integer overflows
	TrapDivideByZero                       // integer division or remainder by zero
	TrapBadConversion                      // conversion of NaN to an integer
	TrapStackOverflow                      // calls nest too deeply
	TrapMisalignedAtomic                   // atomic access to an unaligned address
	TrapNullReference                      // use of a null reference
	TrapUncaughtException                  // an exception no guest frame caught
	TrapOutOfFuel                          // the store's fuel ran out
	TrapInterrupted                        // Store.Interrupt
	TrapHostError                          // a host function returned an error: see Trap.Err
)

var trapTexts = [...]string{
	TrapUnknown:            "trap",
	TrapUnreachable:        "unreachable instruction executed",
	TrapMemoryOutOfBounds:  "out of bounds memory access",
	TrapTableOutOfBounds:   "out of bounds table access",
	TrapIndirectCallToNull: "indirect call to null",
	TrapBadSignature:       "indirect call to a function of another type",
	TrapIntegerOverflow:    "integer overflow",
	TrapDivideByZero:       "integer divide by zero",
	TrapBadConversion:      "invalid conversion to integer",
	TrapStackOverflow:      "call stack exhausted",
	TrapMisalignedAtomic:   "misaligned atomic access",
	TrapNullReference:      "null reference",
	TrapUncaughtException:  "uncaught exception",
	TrapOutOfFuel:          "out of fuel",
	TrapInterrupted:        "interrupted",
	TrapHostError:          "host function failed",
}

// String returns the reason in plain words.
func (c TrapCode) String() string {
	if int(c) < len(trapTexts) {
		return trapTexts[c]
	}
	return fmt.Sprintf("trap code %d", byte(c))
}

// Trap is the end of a guest call other than by returning.
type Trap struct {
	Code    TrapCode
	Message string  // more than Code says, often empty; bounded in length
	Frames  []Frame // innermost first, at most MaxFrames
	Err     error   // the host function's error, the *InterruptError, ErrOutOfFuel or nil
}

// MaxFrames is the most frames a Trap holds.
const MaxFrames = 20

// MaxMessageLen is the most bytes of an engine's own words a Trap's Message holds.
const MaxMessageLen = 256

// MaxNameLen is the most bytes of a guest's name for a function a Frame holds.
const MaxNameLen = 1024

// Frame is a guest function on the stack of a trap.
type Frame struct {
	// Func is the function's name from the module's name section (so, the
	// guest's word for it, as its compiler mangled it), or "$" and its index. It is
	// without control characters.
	Func string

	// Module is the SHA-256 of the bytes the function's module was compiled of, zero
	// if the engine does not know it. Index is the function's in that module, with
	// the imported ones first.
	Module [sha256.Size]byte
	Index  uint32

	// Offset is where in those bytes the instruction lies that trapped or called the
	// frame before. 0: unknown, as it is until Module.Locate has found it.
	Offset int64

	// Code is where in the engine's own code that is, in a form only Module.Locate
	// knows. 0: unknown.
	Code uint64
}

// Error returns the reason and the cause, without the frames.
func (t *Trap) Error() string {
	switch {
	case t.Err != nil && (t.Code == TrapHostError || t.Code == TrapInterrupted):
		return t.Err.Error()
	case t.Code == TrapUnknown && t.Message != "":
		return "trap: " + t.Message
	case t.Message != "":
		return t.Code.String() + ": " + t.Message
	}
	return t.Code.String()
}

// Unwrap returns t.Err.
func (t *Trap) Unwrap() error { return t.Err }

// Stack returns the frames one a line, innermost first, each after a tab.
func (t *Trap) Stack() string {
	var b strings.Builder
	for _, f := range t.Frames {
		b.WriteByte('\t')
		b.WriteString(f.Func)
		b.WriteByte('\n')
	}
	return b.String()
}
