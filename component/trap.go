package component

import (
	"fmt"

	"github.com/berth-cli/berth/engine"
)

// TrapKind says whose rule a trapped guest broke.
type TrapKind uint8

// The kinds of Trap.
const (
	TrapCore          TrapKind = iota + 1 // core code trapped: see Trap.Code
	TrapValue                             // a value handed over breaks the Canonical ABI
	TrapHandle                            // a handle is unknown, of another type, or lent
	TrapReentrance                        // a component instance may not be entered or left now
	TrapMissingImport                     // a function no host defined was called: Err is *MissingImportError
	TrapUnsupported                       // a built-in we do not run was called: Err is *UnsupportedError
	TrapLimit                             // a bound of Limits was reached: Err is *LimitError
	TrapInterrupted                       // a context or Interrupt ended the call: Err wraps the cause
)

// String returns the kind in plain words.
func (k TrapKind) String() string {
	switch k {
	case TrapCore:
		return "core trap"
	case TrapValue:
		return "invalid value"
	case TrapHandle:
		return "invalid handle"
	case TrapReentrance:
		return "invalid call"
	case TrapMissingImport:
		return "missing import"
	case TrapUnsupported:
		return "unsupported"
	case TrapLimit:
		return "limit"
	case TrapInterrupted:
		return "interrupted"
	}
	return fmt.Sprintf("trap kind %d", uint8(k))
}

// Trap is the end of a guest's call other than by returning, for a reason that
// lies with the guest or with who interrupted it. A failing host function is a
// *HostError instead.
type Trap struct {
	Kind    TrapKind
	Code    engine.TrapCode // of a core trap
	Message string          // what happened, in plain words
	Frames  []engine.Frame  // guest functions, innermost first; may be empty
	Err     error           // the cause, or nil
	Stats   Stats           // what the instance used when it trapped
}

// Error returns what happened, without the frames.
func (t *Trap) Error() string {
	switch {
	case t.Message != "" && t.Err != nil:
		return fmt.Sprintf("guest trapped: %s: %v", t.Message, t.Err)
	case t.Message != "":
		return "guest trapped: " + t.Message
	case t.Err != nil:
		return fmt.Sprintf("guest trapped: %v", t.Err)
	case t.Kind == TrapCore:
		return "guest trapped: " + t.Code.String()
	case t.Kind != 0:
		return "guest trapped: " + t.Kind.String()
	}
	return "guest trapped"
}

// Unwrap returns t.Err.
func (t *Trap) Unwrap() error { return t.Err }
