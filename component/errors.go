package component

import (
	"errors"
	"fmt"
	"strings"

	"github.com/berth-cli/berth/engine"
)

// Errors to branch on.
var (
	// ErrPoisoned is wrapped by the error of calling into an instance after a
	// trap or a host failure has left its guest in an unknown state.
	ErrPoisoned = errors.New("instance is poisoned by an earlier trap")
	// ErrClosed is the error of using a closed instance.
	ErrClosed = errors.New("instance is closed")
	// ErrBusy is the error of calling into an instance that is running, from one
	// of its host functions or from another goroutine.
	ErrBusy = errors.New("instance is running")
	// ErrNotFound is wrapped by the error of asking for an export that is not there.
	ErrNotFound = errors.New("no such export")
	// ErrHandleGone is the error of using a guest's resource that was dropped or
	// given away.
	ErrHandleGone = errors.New("handle was dropped or given away")
	// ErrInterrupted is wrapped by the trap of a call that a context or
	// Instance.Interrupt ended, beside the cause.
	ErrInterrupted = engine.ErrInterrupted
)

// DecodeError says why bytes are not a component.
type DecodeError struct {
	Offset int64 // in the component's bytes, -1 if unknown
	Err    error
}

func (e *DecodeError) Error() string { return atOffset("decode component", e.Offset, e.Err) }

// Unwrap returns e.Err.
func (e *DecodeError) Unwrap() error { return e.Err }

// ValidationError says which rule of the component model a component breaks.
type ValidationError struct {
	Offset int64 // of the definition in the component's bytes, -1 if unknown
	Err    error
}

func (e *ValidationError) Error() string { return atOffset("validate component", e.Offset, e.Err) }

// Unwrap returns e.Err.
func (e *ValidationError) Unwrap() error { return e.Err }

func atOffset(what string, offset int64, err error) string {
	var b strings.Builder
	b.WriteString(what)
	if offset >= 0 {
		fmt.Fprintf(&b, ": offset 0x%x", offset)
	}
	if err != nil {
		fmt.Fprintf(&b, ": %v", err)
	}
	return b.String()
}

// UnsupportedError says that a component is well formed but uses a feature this
// package does not run.
type UnsupportedError struct {
	Feature string // such as "async function"
	Err     error  // more about where, or nil
}

func (e *UnsupportedError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s is not supported: %v", e.Feature, e.Err)
	}
	return e.Feature + " is not supported"
}

// Unwrap returns e.Err.
func (e *UnsupportedError) Unwrap() error { return e.Err }

// LimitError says which field of Limits a component or a call goes beyond.
type LimitError struct {
	Limit string // the field's name, such as "MaxLiftBytes"
	Max   uint64 // its value
	Err   error  // more about where, or nil
}

func (e *LimitError) Error() string {
	s := fmt.Sprintf("limit %s of %d exceeded", e.Limit, e.Max)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns e.Err.
func (e *LimitError) Unwrap() error { return e.Err }

// BindError says where a Go type does not represent a WIT type.
type BindError struct {
	Path   string // where in the function, such as "parameter 1: field name"
	WIT    string // the WIT type, or "" if it is about the function as a whole
	Go     string // the Go type, or ""
	Reason string // more than that they do not fit, or ""
}

func (e *BindError) Error() string {
	var b strings.Builder
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	if e.WIT != "" || e.Go != "" {
		fmt.Fprintf(&b, "Go type %s does not represent %s", e.Go, e.WIT)
		if e.Reason != "" {
			b.WriteString(": ")
		}
	}
	b.WriteString(e.Reason)
	return b.String()
}

// LinkError says which import a Linker does not satisfy, and why.
type LinkError struct {
	Interface string // the instance's name, "" for an import of the world itself
	Name      string // the function or resource
	Err       error  // *BindError, *MissingImportError or another
}

func (e *LinkError) Error() string {
	s := "link " + itemName(e.Interface, e.Name)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns e.Err.
func (e *LinkError) Unwrap() error { return e.Err }

// MissingImportError says that a guest called a function that no Linker defined,
// or, from a strict Linker, that it could.
type MissingImportError struct {
	Interface string // as the component names it, "" for the world itself
	Func      string
}

func (e *MissingImportError) Error() string {
	return fmt.Sprintf("host does not implement %s", itemName(e.Interface, e.Func))
}

// HostError is the error of a host function, or of an Interceptor on its behalf,
// as it comes back from the call that entered the guest.
type HostError struct {
	Interface string // as the component names it, "" for the world itself
	Func      string
	Err       error
}

func (e *HostError) Error() string {
	if e.Err == nil {
		return "host function " + itemName(e.Interface, e.Func)
	}
	return fmt.Sprintf("host function %s: %v", itemName(e.Interface, e.Func), e.Err)
}

// Unwrap returns e.Err.
func (e *HostError) Unwrap() error { return e.Err }

// itemName joins an interface and a name as messages show them.
func itemName(iface, name string) string {
	if iface == "" {
		return name
	}
	return iface + "#" + name
}
