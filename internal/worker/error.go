package worker

import (
	"fmt"
	"syscall"
)

// LoadError says that a component could not be compiled. Its cause is what
// plugin.Host.Load says.
type LoadError struct{ Err error }

func (e *LoadError) Error() string {
	if e.Err == nil {
		return "load component"
	}
	return e.Err.Error()
}

// Unwrap returns the cause.
func (e *LoadError) Unwrap() error { return e.Err }

// ProtocolError says that a worker was ended as it did what no worker does. Either
// a guest took it over, or berth has a fault.
type ProtocolError struct{ Err error }

func (e *ProtocolError) Error() string {
	if e.Err == nil {
		return "the worker was ended: it broke the rules of its protocol"
	}
	return "the worker was ended: it broke the rules of its protocol: " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *ProtocolError) Unwrap() error { return e.Err }

// DeathError says that a worker ended before its run did.
type DeathError struct {
	Signal   syscall.Signal // what ended it; 0: nothing did
	ExitCode int            // where it ended by itself
	CPUBound bool           // it had used up its processor time
	Words    string         // what its runtime said last, or ""
}

func (e *DeathError) Error() string {
	text := fmt.Sprintf("the worker ended by itself with status %d", e.ExitCode)
	switch {
	case e.Signal == sigSys:
		text = "the worker was ended by the kernel: it made a system call that it is not allowed"
	case e.Signal == syscall.SIGKILL && e.CPUBound:
		text = "the worker was ended by the kernel: it used up its processor time"
	case e.Signal == syscall.SIGKILL:
		text = "the worker was ended by the kernel: killed, as happens when memory is short"
	case e.Signal != 0:
		text = fmt.Sprintf("the worker was ended by the kernel: %v", e.Signal)
	}
	if e.Words != "" {
		text += " (" + e.Words + ")"
	}
	return text
}
