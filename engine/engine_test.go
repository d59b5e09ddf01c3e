package engine_test

import (
	"errors"
	"io"
	"testing"

	"github.com/berth-cli/berth/engine"
)

func TestZeroErrors(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"trap", &engine.Trap{}, "trap"},
		{"host trap without error", &engine.Trap{Code: engine.TrapHostError}, "host function failed"},
		{"compile", &engine.CompileError{}, "invalid module"},
		{"limit", &engine.LimitError{}, "limit : 0 wanted, 0 allowed"},
		{"link", &engine.LinkError{}, "link import 0 (): want , got "},
		{"interrupt", &engine.InterruptError{}, "interrupted"},
		{"panic", &engine.PanicError{}, "host function panicked: <nil>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.err.Error(); got != tt.want {
				t.Errorf("Error() = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTrapError(t *testing.T) {
	cause := errors.New("budget")
	for _, tt := range []struct {
		name string
		trap engine.Trap
		want string
		is   []error
	}{
		{"code", engine.Trap{Code: engine.TrapDivideByZero}, "integer divide by zero", nil},
		{"message", engine.Trap{Code: engine.TrapUnknown, Message: "odd"}, "trap: odd", nil},
		{"host", engine.Trap{Code: engine.TrapHostError, Err: io.EOF}, "EOF", []error{io.EOF}},
		{
			"interrupt", engine.Trap{Code: engine.TrapInterrupted, Err: &engine.InterruptError{Cause: cause}},
			"interrupted: budget", []error{engine.ErrInterrupted, cause},
		},
		{"later code", engine.Trap{Code: 200}, "trap code 200", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.trap.Error(); got != tt.want {
				t.Errorf("Error() = %q, want %q", got, tt.want)
			}
			for _, want := range tt.is {
				if !errors.Is(&tt.trap, want) {
					t.Errorf("errors.Is(%v, %v) = false", &tt.trap, want)
				}
			}
		})
	}
}

func TestStackLen(t *testing.T) {
	ft := engine.FuncType{Params: []engine.ValType{engine.V128, engine.I32}, Results: []engine.ValType{engine.I64}}
	if got := ft.StackLen(); got != 3 {
		t.Errorf("StackLen() = %d, want 3", got)
	}
	if got, want := ft.String(), "(v128, i32) -> (i64)"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
}
