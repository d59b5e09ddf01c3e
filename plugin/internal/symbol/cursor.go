package symbol

import "bytes"

// cursor reads bytes in little-endian order. The first failure sticks: then bad is
// set, and all reads return zero.
type cursor struct {
	buf []byte
	pos int
	bad bool
}

func (c *cursor) left() int { return len(c.buf) - c.pos }

// more reports whether there is something left to read.
func (c *cursor) more() bool { return !c.bad && c.pos < len(c.buf) }

// take returns the next n bytes, which are the cursor's own.
func (c *cursor) take(n uint64) []byte {
	if c.bad || n > uint64(c.left()) {
		c.bad = true
		return nil
	}
	b := c.buf[c.pos : c.pos+int(n)]
	c.pos += int(n)
	return b
}

func (c *cursor) uint(size uint64) uint64 {
	v := uint64(0)
	for i, b := range c.take(size) {
		v |= uint64(b) << (8 * i)
	}
	return v
}

func (c *cursor) byte() byte { return byte(c.uint(1)) }

// uleb reads an unsigned LEB128 number; what is above 64 bits is lost.
func (c *cursor) uleb() uint64 {
	v := uint64(0)
	for shift := uint(0); ; shift += 7 {
		b := c.byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 || shift > 63 {
			return v
		}
	}
}

func (c *cursor) sleb() int64 {
	v := int64(0)
	for shift := uint(0); ; {
		b := c.byte()
		v |= int64(b&0x7f) << shift
		shift += 7
		if b < 0x80 || shift > 63 {
			if shift < 64 && b&0x40 != 0 {
				v |= -1 << shift
			}
			return v
		}
	}
}

// text reads bytes up to a zero, which it skips.
func (c *cursor) text() []byte {
	n := bytes.IndexByte(c.buf[min(c.pos, len(c.buf)):], 0)
	if c.bad || n < 0 {
		c.bad = true
		return nil
	}
	b := c.buf[c.pos : c.pos+n]
	c.pos += n + 1
	return b
}

// length reads the length that DWARF begins its units with, and reports whether the
// unit is of the 64-bit form.
func (c *cursor) length() (n uint64, wide bool) {
	if n = c.uint(4); n == 0xffffffff {
		return c.uint(8), true
	}
	return n, false
}

// offset reads an offset of the form that length told.
func (c *cursor) offset(wide bool) uint64 {
	if wide {
		return c.uint(8)
	}
	return c.uint(4)
}

// textAt returns the text at an offset of a section, or what maxName bytes have of it:
// many entries may name one text, which is read each time.
func textAt(section []byte, offset uint64) []byte {
	if offset >= uint64(len(section)) {
		return nil
	}
	text := section[offset:min(offset+maxName, uint64(len(section)))]
	if n := bytes.IndexByte(text, 0); n >= 0 {
		return text[:n]
	}
	return text
}
