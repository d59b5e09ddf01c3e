package component

import (
	"errors"
	"fmt"

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
	Section string // of the binary format, may be empty
	Offset  int64  // in the component's bytes
	Err     error
}

func (e *DecodeError) Error() string {
	where := fmt.Sprintf("offset %#x", e.Offset)
	if e.Section != "" {
		where = e.Section + " at " + where
	}
	return joinError("decode component: "+where, e.Err)
}

// Unwrap returns e.Err.
func (e *DecodeError) Unwrap() error { return e.Err }

// ValidationError says which definition of a component breaks a rule of the
// component model.
type ValidationError struct {
	Offset int64  // of the definition in the component's bytes
	Path   string // the nested components around it, "" in the outermost
	What   string // the definition, such as `import "wasi:io/poll@0.2.0"`
	Err    error
}

func (e *ValidationError) Error() string {
	where := fmt.Sprintf("validate component: offset %#x", e.Offset)
	if e.Path != "" {
		where += " in " + e.Path
	}
	if e.What != "" {
		where += ": " + e.What
	}
	return joinError(where, e.Err)
}

// Unwrap returns e.Err.
func (e *ValidationError) Unwrap() error { return e.Err }

// joinError returns what and the cause, if there is one.
func joinError(what string, err error) string {
	if err == nil {
		return what
	}
	return what + ": " + err.Error()
}

// UnsupportedError says that a component is well formed but uses a feature this
// package does not run.
type UnsupportedError struct {
	Feature string // such as "async functions"
	Offset  int64  // of what uses it in the component's bytes, 0 if unknown
	Err     error  // more about it, or nil
}

func (e *UnsupportedError) Error() string {
	return joinError(e.Feature+" is not supported", e.Err)
}

// Unwrap returns e.Err.
func (e *UnsupportedError) Unwrap() error { return e.Err }

// LimitError says which field of Limits a component or a call goes beyond.
type LimitError struct {
	Limit string // the field's name, such as "MaxLiftBytes"
	Max   uint64 // its value
	Want  uint64 // what was asked for; counting ends soon after Max, so it may be a part
	Err   error  // more about where, or nil
}

func (e *LimitError) Error() string {
	text := fmt.Sprintf("limit %s of %d exceeded", e.Limit, e.Max)
	if e.Want > e.Max {
		text += fmt.Sprintf(" (%d wanted)", e.Want)
	}
	return joinError(text, e.Err)
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
	what := "Go type does not fit"
	if e.WIT != "" || e.Go != "" {
		what = fmt.Sprintf("Go type %s does not represent %s", e.Go, e.WIT)
	}
	switch {
	case e.Reason != "" && e.WIT == "" && e.Go == "":
		what = e.Reason
	case e.Reason != "":
		what += ": " + e.Reason
	}
	if e.Path != "" {
		return e.Path + ": " + what
	}
	return what
}

// LinkError says which import a Linker does not satisfy, and why.
type LinkError struct {
	Interface string // the instance's name, "" for an import of the world itself
	Name      string // the function or resource
	Err       error  // *BindError, *MissingImportError or another
}

func (e *LinkError) Error() string {
	return joinError("link "+itemName(e.Interface, e.Name), e.Err)
}

// Unwrap returns e.Err.
func (e *LinkError) Unwrap() error { return e.Err }

// MissingImportError says that a guest called a function that no Linker defined,
// or, from a strict Linker, that it could.
type MissingImportError struct {
	Interface string // as the component names it, "" for the world itself
	Func      string
	Offered   string // the interface in a version that does not serve, if the host has that, or ""
}

func (e *MissingImportError) Error() string {
	text := "host does not implement " + itemName(e.Interface, e.Func)
	if e.Offered != "" {
		text += ", but has " + e.Offered
	}
	return text
}

// HostError is the error of a host function, or of an Interceptor on its behalf,
// as it comes back from the call that entered the guest.
type HostError struct {
	Interface string // as the component names it, "" for the world itself
	Func      string
	Err       error
}

func (e *HostError) Error() string {
	return joinError("host function "+itemName(e.Interface, e.Func), e.Err)
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
