package wasmprep

import (
	"errors"
	"fmt"
)

// ErrMemory64 is wrapped by the error for a module with 64-bit memory when
// Options.Memory64 is false.
var ErrMemory64 = errors.New("the module has a 64-bit memory, which this engine cannot run")

// ErrTruncated is wrapped by the error for a module that ends in the middle.
var ErrTruncated = errors.New("unexpected end")

// ModuleError says why bytes are not a canister module.
type ModuleError struct {
	Section string // the part it is about, such as "import section"; may be empty
	Offset  int    // where in the unpacked module
	Err     error
}

func (e *ModuleError) Error() string {
	if e.Section == "" {
		return fmt.Sprintf("offset 0x%x: %v", e.Offset, e.Err)
	}
	return fmt.Sprintf("%s: offset 0x%x: %v", e.Section, e.Offset, e.Err)
}

// Unwrap returns e.Err.
func (e *ModuleError) Unwrap() error { return e.Err }

// RuleError says which rule for canister modules a well-formed module breaks.
type RuleError struct {
	Rule string // the whole sentence
}

func (e *RuleError) Error() string { return e.Rule }

func rulef(format string, args ...any) error {
	return &RuleError{Rule: fmt.Sprintf(format, args...)}
}
