package component

import "context"

// HostFunc is a Go function that guests can call. Make one with Func0 to Func6 or
// DynamicFunc.
//
// The function runs on the goroutine that entered the guest. Its ctx is that of
// the call that did, so it ends when that does, and HostState finds the instance's
// state in it. What it is given is its own: strings, lists and bytes are copies,
// but for LentBytes.
//
// An error, or a panic, ends the guest's call and poisons the instance: it comes
// back from the call that entered the guest in a *HostError; or as it is if it is
// a *Trap, by which the function says that the guest broke a rule. An error that
// the guest should see is a Result.
type HostFunc struct{ impl hostImpl }

// Func0 makes a HostFunc of a function without parameters. R is Unit if the WIT
// function has no result.
func Func0[R any](f func(ctx context.Context) (R, error)) HostFunc {
	return HostFunc{&func0[R]{f: f}}
}

// Func1 makes a HostFunc of a function with one parameter.
func Func1[A, R any](f func(ctx context.Context, a A) (R, error)) HostFunc {
	return HostFunc{&func1[A, R]{f: f}}
}

// Func2 makes a HostFunc of a function with two parameters.
func Func2[A, B, R any](f func(ctx context.Context, a A, b B) (R, error)) HostFunc {
	return HostFunc{&func2[A, B, R]{f: f}}
}

// Func3 makes a HostFunc of a function with three parameters.
func Func3[A, B, C, R any](f func(ctx context.Context, a A, b B, c C) (R, error)) HostFunc {
	return HostFunc{&func3[A, B, C, R]{f: f}}
}

// Func4 makes a HostFunc of a function with four parameters.
func Func4[A, B, C, D, R any](f func(ctx context.Context, a A, b B, c C, d D) (R, error)) HostFunc {
	return HostFunc{&func4[A, B, C, D, R]{f: f}}
}

// Func5 makes a HostFunc of a function with five parameters.
func Func5[A, B, C, D, E, R any](f func(ctx context.Context, a A, b B, c C, d D, e E) (R, error)) HostFunc {
	return HostFunc{&func5[A, B, C, D, E, R]{f: f}}
}

// Func6 makes a HostFunc of a function with six parameters.
func Func6[A, B, C, D, E, F, R any](f func(ctx context.Context, a A, b B, c C, d D, e E, g F) (R, error)) HostFunc {
	return HostFunc{&func6[A, B, C, D, E, F, R]{f: f}}
}

// DynamicFunc makes a HostFunc for any type: it is given as many values as the WIT
// function has parameters, and returns one, or none if the function has no
// result. Own handles among args belong to f.
func DynamicFunc(f func(ctx context.Context, args []Value) ([]Value, error)) HostFunc {
	return HostFunc{&dynamicFunc{f: f}}
}
