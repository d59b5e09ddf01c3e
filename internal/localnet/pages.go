package localnet

import "bytes"

// pageBytes is the unit in which changes of memory are found and saved.
const pageBytes = 4096

// wasmPage is the unit in which memories grow.
const wasmPage = 65536

// isZero reports whether all bytes are zero.
func isZero(p []byte) bool {
	for len(p) >= 8 {
		if p[0]|p[1]|p[2]|p[3]|p[4]|p[5]|p[6]|p[7] != 0 {
			return false
		}
		p = p[8:]
	}
	for _, b := range p {
		if b != 0 {
			return false
		}
	}
	return true
}

// pageSet is a set of page numbers.
type pageSet map[uint64]struct{}

func (s pageSet) add(page uint64) { s[page] = struct{}{} }

// copyChanged makes dst equal to src, of the same length, and calls changed with
// each page that differed. It looks at 64 KiB at a time first: most are equal.
func copyChanged(dst, src []byte, changed func(page uint64)) {
	for off := 0; off < len(src); off += wasmPage {
		end := min(off+wasmPage, len(src))
		if bytes.Equal(dst[off:end], src[off:end]) {
			continue
		}
		for p := off; p < end; p += pageBytes {
			q := min(p+pageBytes, end)
			if !bytes.Equal(dst[p:q], src[p:q]) {
				copy(dst[p:q], src[p:q])
				if changed != nil {
					changed(uint64(p / pageBytes))
				}
			}
		}
	}
}
