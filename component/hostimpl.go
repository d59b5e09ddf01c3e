package component

import "context"

// hostImpl is a host function before it is bound to a WIT type.
type hostImpl interface{ params() int }

type func0[R any] struct {
	f func(context.Context) (R, error)
}

type func1[A, R any] struct {
	f func(context.Context, A) (R, error)
}

type func2[A, B, R any] struct {
	f func(context.Context, A, B) (R, error)
}

type func3[A, B, C, R any] struct {
	f func(context.Context, A, B, C) (R, error)
}

type func4[A, B, C, D, R any] struct {
	f func(context.Context, A, B, C, D) (R, error)
}

type func5[A, B, C, D, E, R any] struct {
	f func(context.Context, A, B, C, D, E) (R, error)
}

type func6[A, B, C, D, E, F, R any] struct {
	f func(context.Context, A, B, C, D, E, F) (R, error)
}

type dynamicFunc struct {
	f func(context.Context, []Value) ([]Value, error)
}

func (*func0[R]) params() int                { return 0 }
func (*func1[A, R]) params() int             { return 1 }
func (*func2[A, B, R]) params() int          { return 2 }
func (*func3[A, B, C, R]) params() int       { return 3 }
func (*func4[A, B, C, D, R]) params() int    { return 4 }
func (*func5[A, B, C, D, E, R]) params() int { return 5 }
func (*func6[A, B, C, D, E, F, R]) params() int {
	return 6
}
func (*dynamicFunc) params() int { return -1 }
