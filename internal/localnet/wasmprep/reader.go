package wasmprep

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// reader reads the binary format. The first error sticks; after it every read
// returns zeroes.
type reader struct {
	b    []byte
	pos  int // offset of b[0] in the whole module
	sect string
	err  error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = &ModuleError{Section: r.sect, Offset: r.pos, Err: err}
		r.b = nil
	}
}

func (r *reader) done() bool { return r.err != nil || len(r.b) == 0 }

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail(ErrTruncated)
		return 0
	}
	c := r.b[0]
	r.b, r.pos = r.b[1:], r.pos+1
	return c
}

func (r *reader) bytes(n uint32) []byte {
	if uint64(n) > uint64(len(r.b)) {
		r.fail(ErrTruncated)
		return nil
	}
	p := r.b[:n:n]
	r.b, r.pos = r.b[n:], r.pos+int(n)
	return p
}

// u32 reads an unsigned LEB128 number of at most 32 bits.
func (r *reader) u32() uint32 { return uint32(r.unsigned(32)) }

func (r *reader) unsigned(bits uint) uint64 {
	var v uint64
	for shift := uint(0); ; shift += 7 {
		c := r.byte()
		if r.err != nil {
			return 0
		}
		if shift+7 > bits && uint64(c&0x7f)>>(bits-shift) != 0 || shift >= bits {
			r.fail(fmt.Errorf("integer wider than %d bits", bits))
			return 0
		}
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
}

// skipSigned skips a signed LEB128 number of at most maxBytes bytes.
func (r *reader) skipSigned(maxBytes int) {
	for range maxBytes {
		if r.byte() < 0x80 {
			return
		}
	}
	r.fail(errors.New("integer too long"))
}

func (r *reader) name() string {
	p := r.bytes(r.u32())
	if !utf8.Valid(p) {
		r.fail(errors.New("name is not UTF-8"))
		return ""
	}
	return string(p)
}

// count reads the length of a vector of at most limit elements, which take at
// least one byte each.
func (r *reader) count(limit uint32) uint32 {
	n := r.u32()
	switch {
	case uint64(n) > uint64(len(r.b)):
		r.fail(fmt.Errorf("%d elements in %d bytes", n, len(r.b)))
		return 0
	case n > limit:
		r.fail(fmt.Errorf("%d elements, at most %d are allowed", n, limit))
		return 0
	}
	return n
}

// end checks that a section was read whole.
func (r *reader) end() error {
	if r.err == nil && len(r.b) != 0 {
		r.fail(fmt.Errorf("%d bytes left over", len(r.b)))
	}
	return r.err
}
