package binread

// U32 reads an unsigned LEB128 of at most 32 bits. Padding within five bytes is
// accepted; a sixth byte or a bit past the 32nd is an error.
func (r *Reader) U32() uint32 { return uint32(r.unsigned(32)) }

// U64 is U32 for 64 bits and ten bytes.
func (r *Reader) U64() uint64 { return r.unsigned(64) }

// S32 reads a signed LEB128 of at most 32 bits.
func (r *Reader) S32() int32 { return int32(r.signed(32)) }

// S33 reads a signed LEB128 of at most 33 bits: a type opcode if negative,
// otherwise a type index.
func (r *Reader) S33() int64 { return r.signed(33) }

// S64 reads a signed LEB128 of at most 64 bits.
func (r *Reader) S64() int64 { return r.signed(64) }

func (r *Reader) unsigned(bits uint) uint64 {
	at := r.Offset()
	v, shift, last := r.groups(bits)
	if r.err != nil {
		return 0
	}
	if bits-shift < 7 && last>>(bits-shift) != 0 {
		r.FailAt(at, ErrIntLarge)
		return 0
	}
	return v
}

func (r *Reader) signed(bits uint) int64 {
	at := r.Offset()
	v, shift, last := r.groups(bits)
	if r.err != nil {
		return 0
	}
	// The last group sign-extends: its unused bits must repeat the sign bit.
	ext := int8(last<<1) >> 1
	if used := bits - shift; used < 7 {
		if top := ext >> (used - 1); top != 0 && top != -1 {
			r.FailAt(at, ErrIntLarge)
			return 0
		}
	}
	if shift+7 < 64 && ext < 0 {
		v |= ^uint64(0) << (shift + 7)
	}
	return int64(v)
}

// groups reads groups of seven bits. It returns them assembled, and the shift and
// the seven bits of the last group.
func (r *Reader) groups(bits uint) (v uint64, shift uint, last byte) {
	at := r.Offset()
	for shift = 0; shift < bits; shift += 7 {
		b := r.Byte()
		last = b & 0x7f
		v |= uint64(last) << shift
		if b < 0x80 {
			return v, shift, last
		}
	}
	r.FailAt(at, ErrIntLong)
	return 0, 0, 0
}
