// Package binread reads binary formats from bytes nobody vouched for.
//
// A [Reader] is a cursor with a sticky error, so that a decoder reads ten fields
// and checks once:
//
//	r := binread.New(b, binread.Options{Section: "memory"})
//	kind := r.Byte()
//	for range r.Count(2) { // each entry takes at least two bytes
//		limits = append(limits, readLimits(r))
//	}
//	return limits, r.Done()
//
// After the first error every read gives a zero value, and every count is zero, so
// loops end. No input makes a Reader panic, and nothing is allocated from a
// claimed size: [Reader.Bytes] slices the input, and [Reader.Count] bounds a count
// by what is left of it. [Options] can bound the counts of a whole input together.
//
// A Reader is for one goroutine.
package binread

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// The causes an [*Error] may carry.
var (
	ErrTruncated = errors.New("unexpected end of the input")
	ErrIntLong   = errors.New("integer encoding is too long")
	ErrIntLarge  = errors.New("integer is too large")
	ErrUTF8      = errors.New("name is not valid UTF-8")
	ErrTrailing  = errors.New("content ends before its section does")
	ErrEntries   = errors.New("too many entries")
)

// Error says where in the input reading stopped, and why. Section is empty
// where the format has none.
type Error struct {
	Section string
	Offset  int64 // in bytes, from the start of the whole input
	Err     error
}

func (e *Error) Error() string {
	cause := "malformed"
	if e.Err != nil {
		cause = e.Err.Error()
	}
	if e.Section == "" {
		return fmt.Sprintf("at offset %#x: %s", e.Offset, cause)
	}
	return fmt.Sprintf("%s at offset %#x: %s", e.Section, e.Offset, cause)
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Options says where in a larger input a Reader's bytes are.
type Options struct {
	Section string // named by errors; empty for none
	Base    int64  // offset of the first byte; zero by default
	// Entries is how many entries Count and Spend may still grant, to this
	// reader and to all that share the variable. Nil is no limit.
	Entries *int64
}

// Reader is a cursor over bytes.
type Reader struct {
	data []byte
	pos  int
	opts Options
	err  *Error
}

// New reads b, which must not change while the reader or a slice it gave is in use.
func New(b []byte, o Options) *Reader { return &Reader{data: b, opts: o} }

// Offset is where the next byte is, from the start of the whole input.
func (r *Reader) Offset() int64 { return r.opts.Base + int64(r.pos) }

// Len is the number of bytes left, zero after an error.
func (r *Reader) Len() int { return len(r.data) - r.pos }

// Err is the first error, an [*Error], or nil.
func (r *Reader) Err() error {
	if r.err == nil {
		return nil
	}
	return r.err
}

// Done is the first error, or an error if bytes are left.
func (r *Reader) Done() error {
	if r.err == nil && r.Len() > 0 {
		r.Fail(ErrTrailing)
	}
	return r.Err()
}

// Fail records err at the current offset, unless there was an error before.
func (r *Reader) Fail(err error) { r.FailAt(r.Offset(), err) }

// FailAt records err at an offset of the whole input, unless there was an error
// before. An err that already is an [*Error] keeps its own place.
func (r *Reader) FailAt(off int64, err error) {
	if r.err != nil {
		return
	}
	if e, ok := errors.AsType[*Error](err); ok {
		r.err = e
	} else {
		r.err = &Error{Section: r.opts.Section, Offset: off, Err: err}
	}
	r.pos = len(r.data)
}

// Failf is Fail with a formatted cause.
func (r *Reader) Failf(format string, args ...any) { r.Fail(fmt.Errorf(format, args...)) }

// BadByte fails at the byte just read, which is not a what.
func (r *Reader) BadByte(b byte, what string) {
	r.FailAt(r.Offset()-1, fmt.Errorf("byte %#02x is not %s", b, what))
}

// Byte reads a byte.
func (r *Reader) Byte() byte {
	if r.pos >= len(r.data) {
		r.Fail(ErrTruncated)
		return 0
	}
	b := r.data[r.pos]
	r.pos++
	return b
}

// Peek is the next byte, which stays unread. It fails at the end of the input.
func (r *Reader) Peek() byte {
	if r.pos >= len(r.data) {
		r.Fail(ErrTruncated)
		return 0
	}
	return r.data[r.pos]
}

// Bytes is the next n bytes, as a slice of the input that cannot be grown into
// what follows.
func (r *Reader) Bytes(n uint32) []byte {
	if uint64(n) > uint64(r.Len()) {
		r.Fail(ErrTruncated)
		return nil
	}
	b := r.data[r.pos : r.pos+int(n) : r.pos+int(n)]
	r.pos += int(n)
	return b
}

// Rest is all bytes left.
func (r *Reader) Rest() []byte {
	b := r.data[r.pos:len(r.data):len(r.data)]
	r.pos = len(r.data)
	return b
}

// Sub is a reader of the next n bytes, which r skips. An error in r is one in the
// reader given; the reverse is the caller's to propagate with [Reader.Fail].
func (r *Reader) Sub(n uint32, section string) *Reader {
	base := r.Offset()
	b := r.Bytes(n)
	return &Reader{data: b, opts: Options{Section: section, Base: base, Entries: r.opts.Entries}, err: r.err}
}

// Count reads a u32 that counts entries of at least minSize bytes each (at least
// one) and fails if so many cannot be left.
func (r *Reader) Count(minSize int) int {
	at := r.Offset()
	n := r.U32()
	if uint64(n)*uint64(max(minSize, 1)) > uint64(r.Len()) {
		r.FailAt(at, fmt.Errorf("%d entries: %w", n, ErrTruncated))
		return 0
	}
	if !r.Spend(int(n)) {
		return 0
	}
	return int(n)
}

// Spend takes n from Options.Entries and fails if that is more than is left.
func (r *Reader) Spend(n int) bool {
	if r.opts.Entries == nil {
		return r.err == nil
	}
	if int64(n) > *r.opts.Entries {
		r.Fail(ErrEntries)
		return false
	}
	*r.opts.Entries -= int64(n)
	return r.err == nil
}

// Name reads a string with its length in bytes before it, and checks that it is
// UTF-8.
func (r *Reader) Name() string {
	n := r.U32()
	at := r.Offset()
	b := r.Bytes(n)
	if !utf8.Valid(b) {
		r.FailAt(at, ErrUTF8)
		return ""
	}
	return string(b)
}
