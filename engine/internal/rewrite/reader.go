package rewrite

import (
	"fmt"
	"unicode/utf8"

	"github.com/berth-cli/berth/engine"
)

// reader reads part of a module. The first failure sticks: later reads return
// zero and move nothing, so callers check err where it suits them. Every count it
// returns is at most the number of bytes left.
type reader struct {
	buf []byte // the whole module, so that pos is an offset in it
	pos int
	end int
	err error
}

// sub returns a reader of the next n bytes and moves past them.
func (r *reader) sub(n int) reader {
	if n > r.left() {
		r.fail("%d bytes do not fit in the %d left", n, r.left())
		return reader{buf: r.buf, pos: r.pos, end: r.pos, err: r.err}
	}
	s := reader{buf: r.buf, pos: r.pos, end: r.pos + n}
	r.pos += n
	return s
}

func (r *reader) left() int { return r.end - r.pos }

func (r *reader) more() bool { return r.err == nil && r.pos < r.end }

// fail records an error at the current offset, unless there is one.
func (r *reader) fail(format string, args ...any) { r.failAt(r.pos, format, args...) }

func (r *reader) failAt(pos int, format string, args ...any) {
	if r.err == nil {
		r.err = &engine.CompileError{Offset: int64(pos), Err: fmt.Errorf(format, args...)}
		r.end = r.pos
	}
}

func (r *reader) byte() byte {
	if r.pos >= r.end {
		r.fail("unexpected end")
		return 0
	}
	b := r.buf[r.pos]
	r.pos++
	return b
}

func (r *reader) bytes(n int) []byte {
	if n < 0 || n > r.left() {
		r.fail("unexpected end")
		return nil
	}
	b := r.buf[r.pos : r.pos+n]
	r.pos += n
	return b
}

// u32 reads an unsigned LEB128 number of at most 32 bits.
func (r *reader) u32() uint32 {
	if r.pos < r.end && r.buf[r.pos] < 0x80 {
		r.pos++
		return uint32(r.buf[r.pos-1])
	}
	start := r.pos
	var v uint64
	for shift := uint(0); shift < 35; shift += 7 {
		b := r.byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			if v > 0xffffffff {
				break
			}
			return uint32(v)
		}
	}
	r.failAt(start, "integer too large")
	return 0
}

// unsigned reads an unsigned LEB128 number of at most 64 bits, or 32.
func (r *reader) unsigned(wide bool) uint64 {
	if !wide {
		return uint64(r.u32())
	}
	start := r.pos
	var v uint64
	for shift := uint(0); shift < 70; shift += 7 {
		b := r.byte()
		if shift == 63 && b > 1 {
			break
		}
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	r.failAt(start, "integer too large")
	return 0
}

// signed reads a signed LEB128 number of at most the given bits, and returns
// it.
func (r *reader) signed(bits uint) int64 {
	start := r.pos
	var v int64
	for shift := uint(0); shift < bits; shift += 7 {
		b := r.byte()
		v |= int64(b&0x7f) << shift
		if b >= 0x80 {
			continue
		}
		if used := bits - shift; used < 7 && !signFits(b, used) {
			break
		}
		if s := shift + 7; s < 64 {
			v = v << (64 - s) >> (64 - s)
		}
		return v
	}
	r.failAt(start, "integer too large")
	return 0
}

// signFits reports whether the bits of a final LEB128 byte above the used ones
// repeat the sign.
func signFits(b byte, used uint) bool {
	top := b & 0x7f >> (used - 1)
	return top == 0 || top == 0x7f>>(used-1)
}

// count reads the length of a vector whose elements take at least size bytes.
func (r *reader) count(size int) int {
	start := r.pos
	n := r.u32()
	if int64(n)*int64(size) > int64(r.left()) {
		r.failAt(start, "count %d is more than the bytes left can hold", n)
		return 0
	}
	return int(n)
}

func (r *reader) name() string {
	start := r.pos
	b := r.bytes(r.count(1))
	if !utf8.Valid(b) {
		r.failAt(start, "name is not valid UTF-8")
		return ""
	}
	return string(b)
}
