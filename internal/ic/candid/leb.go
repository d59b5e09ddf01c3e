package candid

import "math/big"

// appendULEB appends v in unsigned LEB128: seven bits a byte, lowest first, the
// eighth bit set on all but the last.
func appendULEB(b []byte, v uint64) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

// appendSLEB appends v in signed LEB128, where bit six of the last byte is the sign.
func appendSLEB(b []byte, v int64) []byte {
	for v < -0x40 || v >= 0x40 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v)&0x7f)
}

// appendBigULEB is appendULEB of a natural number of any size.
func appendBigULEB(b []byte, v *big.Int) []byte {
	if v.IsUint64() {
		return appendULEB(b, v.Uint64())
	}
	return appendGroups(b, v, (v.BitLen()+6)/7)
}

// appendBigSLEB is appendSLEB of an integer of any size.
func appendBigSLEB(b []byte, v *big.Int) []byte {
	if v.IsInt64() {
		return appendSLEB(b, v.Int64())
	}
	if v.Sign() > 0 {
		return appendGroups(b, v, v.BitLen()/7+1)
	}
	// Two's complement: add 2^(7n), n groups being enough for the magnitude and a sign.
	n := new(big.Int).Not(v).BitLen()/7 + 1
	mod := new(big.Int).Lsh(big.NewInt(1), uint(7*n))
	return appendGroups(b, mod.Add(mod, v), n)
}

// appendGroups appends the n lowest groups of seven bits of v, which is not negative.
func appendGroups(b []byte, v *big.Int, n int) []byte {
	raw := v.Bytes() // big endian
	at := func(i int) uint {
		if i >= len(raw) {
			return 0
		}
		return uint(raw[len(raw)-1-i])
	}
	for g := range n {
		bit := 7 * g
		group := byte((at(bit/8) | at(bit/8+1)<<8) >> (bit % 8) & 0x7f)
		if g < n-1 {
			group |= 0x80
		}
		b = append(b, group)
	}
	return b
}

// bigFromLEB is the number whose LEB128 encoding is raw, in time linear in it.
func bigFromLEB(raw []byte, signed bool) *big.Int {
	out := make([]byte, (7*len(raw)+7)/8) // little endian
	for g, c := range raw {
		bit := 7 * g
		v := uint(c&0x7f) << (bit % 8)
		out[bit/8] |= byte(v)
		if v > 0xff {
			out[bit/8+1] |= byte(v >> 8)
		}
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	v := new(big.Int).SetBytes(out)
	if signed && raw[len(raw)-1]&0x40 != 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(7*len(raw))))
	}
	return v
}
