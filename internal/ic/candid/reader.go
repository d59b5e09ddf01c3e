package candid

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"github.com/berth-cli/berth/internal/ic/principal"
)

// reader is a cursor over a message. Nothing it returns is larger than what is left.
type reader struct {
	data []byte
	pos  int
}

func (r *reader) left() int { return len(r.data) - r.pos }

func (r *reader) byte() (byte, error) {
	if r.left() == 0 {
		return 0, ErrTruncated
	}
	r.pos++
	return r.data[r.pos-1], nil
}

// bytes is a part of the message, not a copy.
func (r *reader) bytes(n uint64) ([]byte, error) {
	if n > uint64(r.left()) {
		return nil, ErrTruncated
	}
	b := r.data[r.pos : r.pos+int(n)]
	r.pos += int(n)
	return b, nil
}

// leb is the bytes of one LEB128 number of any length.
func (r *reader) leb() ([]byte, error) {
	for i := r.pos; i < len(r.data); i++ {
		if r.data[i]&0x80 == 0 {
			b := r.data[r.pos : i+1]
			r.pos = i + 1
			return b, nil
		}
	}
	return nil, ErrTruncated
}

// uleb is a number of at most 64 bits. Encodings longer than need be are valid.
func (r *reader) uleb() (uint64, error) {
	start := r.pos
	var v uint64
	for shift := uint(0); ; shift += 7 {
		c, err := r.byte()
		if err != nil {
			return 0, err
		}
		if shift > 63 || shift == 63 && c&0x7f > 1 {
			r.pos = start
			return 0, fmt.Errorf("%w: more than 64 bits", ErrRange)
		}
		v |= uint64(c&0x7f) << shift
		if c&0x80 == 0 {
			return v, nil
		}
	}
}

// sleb is a signed number of at most 64 bits.
func (r *reader) sleb() (int64, error) {
	start := r.pos
	var v int64
	for shift := uint(0); ; shift += 7 {
		c, err := r.byte()
		if err != nil {
			return 0, err
		}
		// The tenth byte has room for one bit, and the rest must repeat it.
		if shift > 63 || shift == 63 && c != 0 && c != 0x7f {
			r.pos = start
			return 0, fmt.Errorf("%w: more than 64 bits", ErrRange)
		}
		v |= int64(c&0x7f) << shift
		if c&0x80 == 0 {
			if shift < 57 && c&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			return v, nil
		}
	}
}

// count is a number of things of which each takes at least size bytes.
func (r *reader) count(size int) (int, error) {
	start := r.pos
	n, err := r.uleb()
	if err != nil {
		return 0, err
	}
	if n > uint64(r.left()/size) {
		r.pos = start
		return 0, fmt.Errorf("%w: %d entries announced", ErrTruncated, n)
	}
	return int(n), nil
}

// text is a part of the message, not a copy.
func (r *reader) text() ([]byte, error) {
	start := r.pos
	n, err := r.uleb()
	if err != nil {
		return nil, err
	}
	b, err := r.bytes(n)
	if err != nil {
		r.pos = start
		return nil, fmt.Errorf("%w: text of %d bytes announced", err, n)
	}
	if !utf8.Valid(b) {
		r.pos = start
		return nil, ErrUTF8
	}
	return b, nil
}

// flag is a byte that must be 0 or 1.
func (r *reader) flag() (bool, error) {
	c, err := r.byte()
	if err == nil && c > 1 {
		r.pos--
		return false, fmt.Errorf("%w: want 0 or 1, got %d", ErrValue, c)
	}
	return c == 1, err
}

// transparent reads the byte that says that a reference is not opaque. Opaque ones
// are the network's own business.
func (r *reader) transparent() error {
	c, err := r.byte()
	if err == nil && c != 1 {
		r.pos--
		return fmt.Errorf("%w: reference tag %d, want 1", ErrValue, c)
	}
	return err
}

func (r *reader) principal() (principal.Principal, error) {
	if err := r.transparent(); err != nil {
		return principal.Principal{}, err
	}
	start := r.pos
	n, err := r.uleb()
	if err != nil {
		return principal.Principal{}, err
	}
	b, err := r.bytes(n)
	if err != nil {
		r.pos = start
		return principal.Principal{}, fmt.Errorf("%w: principal of %d bytes announced", err, n)
	}
	p, err := principal.FromBytes(b)
	if err != nil {
		r.pos = start
		return p, fmt.Errorf("%w: %w", ErrValue, err)
	}
	return p, nil
}

// fixed is a little endian number of n bytes.
func (r *reader) fixed(n int) (uint64, error) {
	b, err := r.bytes(uint64(n))
	if err != nil {
		return 0, err
	}
	var wide [8]byte
	copy(wide[:], b)
	return binary.LittleEndian.Uint64(wide[:]), nil
}
