package wasmbin

// AppendU32 appends v in unsigned LEB128, as short as can be.
func AppendU32(out []byte, v uint32) []byte {
	for v >= 0x80 {
		out = append(out, byte(v)|0x80)
		v >>= 7
	}
	return append(out, byte(v))
}

// AppendSigned appends v in signed LEB128, as short as can be.
func AppendSigned(out []byte, v int64) []byte {
	for {
		b := byte(v) & 0x7f
		v >>= 7
		if v == 0 && b&0x40 == 0 || v == -1 && b&0x40 != 0 {
			return append(out, b)
		}
		out = append(out, b|0x80)
	}
}

// AppendBytes appends b, which may be a name, with its size before it.
func AppendBytes[T []byte | string](out []byte, b T) []byte {
	return append(AppendU32(out, uint32(len(b))), b...)
}

// AppendSection appends a section whose contents are the parts.
func AppendSection(out []byte, id byte, parts ...[]byte) []byte {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	out = AppendU32(append(out, id), uint32(size))
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}
