package component

// Unit stands for a missing payload or a missing result.
type Unit struct{}

// LentBytes is a list<u8> that a host function is lent: as a parameter, or in one,
// it is only valid until the function returns, and its memory then serves other
// calls. It is for functions that look at bytes or pass them on, and saves them the
// allocation that a []byte takes. Everywhere else it is like a []byte.
type LentBytes []byte

// Result is a WIT result: Ok, unless IsErr, then Err. The zero value is the zero
// T. It is a value like any other: a Go error would end the guest's call
// instead.
type Result[T, E any] struct {
	Ok    T
	Err   E
	IsErr bool
}

// quickBytes is for Reply.QuickBytes.
func (r *Result[T, E]) quickBytes() (n int, ok bool) {
	if r.IsErr {
		return quickBytes(&r.Err)
	}
	return quickBytes(&r.Ok)
}

// OK returns the result that holds v. Write the error's type, OK[string](v); the
// other follows from v.
func OK[E, T any](v T) Result[T, E] { return Result[T, E]{Ok: v} }

// Fail returns the result that holds the error e. Write the type of what would
// have been, Fail[Unit](e); the other follows from e.
func Fail[T, E any](e E) Result[T, E] { return Result[T, E]{Err: e, IsErr: true} }

// Some returns an option that holds v.
func Some[T any](v T) *T { return &v }

// Tuple2 is a tuple of two. Any struct of two fields will do as well.
type Tuple2[A, B any] struct {
	V0 A
	V1 B
}

// Tuple3 is a tuple of three.
type Tuple3[A, B, C any] struct {
	V0 A
	V1 B
	V2 C
}

// Tuple4 is a tuple of four.
type Tuple4[A, B, C, D any] struct {
	V0 A
	V1 B
	V2 C
	V3 D
}
