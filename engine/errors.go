package engine

import (
	"errors"
	"fmt"
)

// Errors to branch on.
var (
	// ErrInterrupted is wrapped by the error of a call ended by Store.Interrupt.
	ErrInterrupted = errors.New("interrupted")
	// ErrOutOfFuel is wrapped by the trap of a call that used up the store's fuel.
	ErrOutOfFuel = errors.New("out of fuel")
	// ErrClosed is the error of using a closed engine, module or store.
	ErrClosed = errors.New("closed")
	// ErrBusy is the error of closing a store from one of its host functions.
	ErrBusy = errors.New("store is running")
	// ErrImmutable is the error of setting a global that cannot be set.
	ErrImmutable = errors.New("global is not mutable")
)

// InterruptError is the cause of a call that Store.Interrupt ended. errors.Is
// finds in it ErrInterrupted and the cause.
type InterruptError struct{ Cause error }

func (e *InterruptError) Error() string {
	if e.Cause == nil {
		return ErrInterrupted.Error()
	}
	return fmt.Sprintf("%v: %v", ErrInterrupted, e.Cause)
}

// Unwrap returns ErrInterrupted and, if there is one, the cause.
func (e *InterruptError) Unwrap() []error {
	if e.Cause == nil {
		return []error{ErrInterrupted}
	}
	return []error{ErrInterrupted, e.Cause}
}

// CompileError says why bytes are not a module this engine can run.
type CompileError struct {
	Offset int64 // where in the bytes, -1 if the engine does not say
	Err    error
}

func (e *CompileError) Error() string {
	switch {
	case e.Err == nil:
		return "invalid module"
	case e.Offset >= 0:
		return fmt.Sprintf("invalid module: offset 0x%x: %v", e.Offset, e.Err)
	}
	return fmt.Sprintf("invalid module: %v", e.Err)
}

// Unwrap returns e.Err.
func (e *CompileError) Unwrap() error { return e.Err }

// LimitError says which limit of StoreConfig something goes beyond, or that of
// LimitCompile.
type LimitError struct {
	Limit string // the name of the field, such as "MaxMemoryBytes", or "MaxCompileBytes"
	Max   uint64 // its value
	Want  uint64 // what was asked for, in all
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("limit %s: %d wanted, %d allowed", e.Limit, e.Want, e.Max)
}

// LinkError says why imports do not fit a module.
type LinkError struct {
	Index  int    // position of the import, -1 if it is about their number
	Import string // its names, as "module.name"
	Want   string // what the module declares
	Got    string // what was given
}

func (e *LinkError) Error() string {
	if e.Index < 0 {
		return fmt.Sprintf("link: want %s imports, got %s", e.Want, e.Got)
	}
	return fmt.Sprintf("link import %d (%s): want %s, got %s", e.Index, e.Import, e.Want, e.Got)
}

// PanicError is a panic of a host function, recovered.
type PanicError struct {
	Value any
	Stack []byte // of the goroutine, as runtime/debug.Stack
}

func (e *PanicError) Error() string { return fmt.Sprintf("host function panicked: %v", e.Value) }

// Unwrap returns the panic's value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
