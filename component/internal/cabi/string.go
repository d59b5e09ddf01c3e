package cabi

import (
	"encoding/binary"
	"unicode/utf8"
)

// utf16Tag marks, in the length of a latin1+utf16 string, that it is UTF-16.
const utf16Tag = 1 << 31

// liftString copies a string out of guest memory; units is its length in code
// units of the guest's encoding.
//
// CanonicalABI.md, "Loading".
func (cx *Context) liftString(ptr, units uint32) (string, error) {
	switch cx.Opts.Encoding {
	case UTF16:
		return cx.liftUTF16(ptr, units)
	case Latin1UTF16:
		if units&utf16Tag != 0 {
			return cx.liftUTF16(ptr, units^utf16Tag)
		}
		return cx.liftLatin1(ptr, units)
	}
	b, err := cx.viewUTF8(ptr, units)
	if err != nil {
		return "", err
	}
	if err := cx.charge(uint64(len(b))); err != nil {
		return "", err
	}
	return cx.keep(b), nil
}

const (
	// minPacking is how many elements a list has whose strings are packed.
	minPacking = 16
	// packBytes is how much memory packed strings share: the most that one of them
	// can keep from being freed. Each is at most an eighth of it.
	packBytes = 512
)

// keep returns a copy of b. Short strings of a list are copied to common memory:
// allocating each would take longer than all else that is done for it.
func (cx *Context) keep(b []byte) string {
	if !cx.packing || len(b) > packBytes/8 {
		return string(b)
	}
	if cx.pack.Cap()-cx.pack.Len() < len(b) {
		cx.pack.Reset()
		cx.pack.Grow(packBytes)
	}
	start := cx.pack.Len()
	cx.pack.Write(b)
	return cx.pack.String()[start:]
}

// viewUTF8 returns the bytes of a UTF-8 string in guest memory, checked.
func (cx *Context) viewUTF8(ptr, n uint32) ([]byte, error) {
	b, err := cx.view(ptr, uint64(n), 1, "string content")
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(b) {
		return nil, badUTF8(b)
	}
	return b, nil
}

// badUTF8 tells a string that ends in the middle of a character from one that is
// wrong elsewhere.
func badUTF8(b []byte) error {
	at := 0
	for at < len(b) {
		r, n := utf8.DecodeRune(b[at:])
		if r == utf8.RuneError && n <= 1 {
			break
		}
		at += n
	}
	if !utf8.FullRune(b[at:]) {
		return badValue("string: incomplete utf-8 byte sequence at byte %d", at)
	}
	return badValue("string: invalid utf-8 at byte %d", at)
}

func (cx *Context) liftUTF16(ptr, units uint32) (string, error) {
	b, err := cx.view(ptr, 2*uint64(units), 2, "string content")
	if err != nil {
		return "", err
	}
	n, err := utf8LenOfUTF16(b)
	if err != nil {
		return "", err
	}
	if err := cx.charge(uint64(n)); err != nil {
		return "", err
	}
	return string(appendUTF16(make([]byte, 0, n), b)), nil
}

func (cx *Context) liftLatin1(ptr, n uint32) (string, error) {
	b, err := cx.view(ptr, uint64(n), 2, "string content")
	if err != nil {
		return "", err
	}
	size := utf8LenOfLatin1(b)
	if err := cx.charge(uint64(size)); err != nil {
		return "", err
	}
	return string(appendLatin1(make([]byte, 0, size), b)), nil
}

// lowerString puts s, which must be UTF-8, into guest memory with one allocation of
// exactly its size there, and returns where it is and its length in code units.
//
// CanonicalABI.md, "Storing".
func (cx *Context) lowerString(s string) (ptr, units uint32, err error) {
	if !utf8.ValidString(s) {
		return 0, 0, &ValueError{WIT: "string", Reason: "the Go string is not UTF-8"}
	}
	form, n := measure(s, cx.Opts.Encoding)
	size, align := uint64(n), uint32(1)
	switch {
	case form == UTF16:
		size, align = 2*uint64(n), 2
	case form == Latin1UTF16:
		align = 2
	}
	if ptr, err = cx.alloc(size, align, "string"); err != nil {
		return 0, 0, err
	}
	dst := cx.mem[ptr : uint64(ptr)+size]
	switch form {
	case UTF8:
		copy(dst, s)
	case UTF16:
		putUTF16(dst, s)
	case Latin1UTF16:
		putLatin1(dst, s)
	}
	return ptr, lengthWord(form, uint32(n), cx.Opts.Encoding), nil
}

// measure returns the form s takes in a guest of that encoding (for latin1+utf16,
// Latin1UTF16 means latin1), and its length there in code units.
func measure(s string, enc Encoding) (form Encoding, units int) {
	if enc == UTF8 {
		return UTF8, len(s)
	}
	runes, wide, latin1 := 0, 0, true
	for _, r := range s {
		runes++
		if r > 0xff {
			latin1 = false
		}
		if r > 0xffff {
			wide++
		}
	}
	if enc == Latin1UTF16 && latin1 {
		return Latin1UTF16, runes
	}
	return UTF16, runes + wide
}

// lengthWord is the length as a guest of encoding enc is told it.
func lengthWord(form Encoding, units uint32, enc Encoding) uint32 {
	if enc == Latin1UTF16 && form == UTF16 {
		return units | utf16Tag
	}
	return units
}

func putUTF16(dst []byte, s string) {
	i := 0
	for _, r := range s {
		if r > 0xffff {
			r -= 0x10000
			binary.LittleEndian.PutUint16(dst[i:], uint16(0xd800+r>>10))
			i += 2
			r = 0xdc00 + r&0x3ff
		}
		binary.LittleEndian.PutUint16(dst[i:], uint16(r))
		i += 2
	}
}

func putLatin1(dst []byte, s string) {
	i := 0
	for _, r := range s {
		dst[i] = byte(r)
		i++
	}
}

// utf8LenOfUTF16 returns the bytes that UTF-16 code units take in UTF-8. The error
// is a trap if there is an unpaired surrogate.
func utf8LenOfUTF16(b []byte) (int, error) {
	n := 0
	for i := 0; i < len(b); {
		r, size := runeOfUTF16(b[i:])
		if size == 0 {
			return 0, badValue("string: invalid utf-16 at code unit %d", i/2)
		}
		n += utf8.RuneLen(r)
		i += size
	}
	return n, nil
}

// runeOfUTF16 decodes the first character of b, which is not empty. The size is 0
// if it is half a pair.
func runeOfUTF16(b []byte) (r rune, size int) {
	r = rune(binary.LittleEndian.Uint16(b))
	if r < 0xd800 || r > 0xdfff {
		return r, 2
	}
	if r > 0xdbff || len(b) < 4 {
		return 0, 0
	}
	low := rune(binary.LittleEndian.Uint16(b[2:]))
	if low < 0xdc00 || low > 0xdfff {
		return 0, 0
	}
	return 0x10000 + (r-0xd800)<<10 + (low - 0xdc00), 4
}

// appendUTF16 appends b, valid UTF-16, as UTF-8.
func appendUTF16(dst, b []byte) []byte {
	for i := 0; i < len(b); {
		r, size := runeOfUTF16(b[i:])
		dst = utf8.AppendRune(dst, r)
		i += max(size, 2)
	}
	return dst
}

func utf8LenOfLatin1(b []byte) int {
	n := len(b)
	for _, c := range b {
		n += int(c >> 7)
	}
	return n
}

func appendLatin1(dst, b []byte) []byte {
	for _, c := range b {
		dst = utf8.AppendRune(dst, rune(c))
	}
	return dst
}
