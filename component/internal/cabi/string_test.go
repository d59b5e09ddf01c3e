package cabi_test

import (
	"encoding/binary"
	"testing"
	"unicode/utf16"

	"github.com/berth-cli/berth/component/internal/cabi"
	"github.com/berth-cli/berth/component/internal/types"
)

const utf16Tag = 1 << 31

var funStrings = []string{
	"", "a", "hi", "\x00", "a\x00b", "\u0080", "\u0080b", "ab\u00efc", "\u01ffy", "xy\u01ff", "a\ud7ffb",
	"a\u02ff\u03ff\u04ffbc", "\uf123", "\uf123\uf123abc", "abcdef\uf123", "h\u00f6\u2603\U0001f370", "\U0010ffff",
}

// encoded returns how a guest may hold s, and the length it tells: two ways for a
// latin1+utf16 guest if s fits latin1.
func encoded(s string, enc cabi.Encoding) (forms [][]byte, lengths []uint32) {
	units := utf16.Encode([]rune(s))
	wide := make([]byte, 2*len(units))
	for i, u := range units {
		binary.LittleEndian.PutUint16(wide[2*i:], u)
	}
	switch enc {
	case cabi.UTF8:
		return [][]byte{[]byte(s)}, []uint32{uint32(len(s))}
	case cabi.UTF16:
		return [][]byte{wide}, []uint32{uint32(len(units))}
	}
	forms, lengths = [][]byte{wide}, []uint32{uint32(len(units)) | utf16Tag}
	var narrow []byte
	for _, r := range s {
		if r > 0xff {
			return forms, lengths
		}
		narrow = append(narrow, byte(r))
	}
	return append(forms, narrow), append(lengths, uint32(len(narrow)))
}

// Every string from every encoding to every other, through Go and directly.
func TestStrings(t *testing.T) {
	str := newTypes(t).prim(types.String)
	p := plan(t, str)
	mover, err := newEnv().CompileMove(str)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range funStrings {
		for src := cabi.UTF8; src <= cabi.Latin1UTF16; src++ {
			forms, lengths := encoded(s, src)
			for i, form := range forms {
				from, _ := guest(append(make([]byte, 8), form...), src)
				flat := []uint64{8, uint64(lengths[i])}
				if got, err := p.LiftFlat(from, flat); err != nil || got != s {
					t.Errorf("lift %q from encoding %d = %q, %v", s, src, got, err)
				}
				for dst := cabi.UTF8; dst <= cabi.Latin1UTF16; dst++ {
					checkLowered(t, s, dst, func(to *cabi.Context, out []uint64) error { return p.LowerFlat(to, s, out) })
					checkLowered(t, s, dst, func(to *cabi.Context, out []uint64) error { return mover.Flat(from, to, flat, out) })
				}
			}
		}
	}
}

// checkLowered lowers s and compares memory with the shortest form.
func checkLowered(t *testing.T, s string, enc cabi.Encoding, lower func(*cabi.Context, []uint64) error) {
	t.Helper()
	forms, lengths := encoded(s, enc)
	want, n := forms[len(forms)-1], lengths[len(lengths)-1]
	to, h := guest(make([]byte, 256), enc)
	h.last = 3 // what needs alignment must ask for it
	out := make([]uint64, 2)
	if err := lower(to, out); err != nil {
		t.Fatalf("lower %q to encoding %d: %v", s, enc, err)
	}
	if got := string(h.mem[out[0] : out[0]+uint64(len(want))]); got != string(want) || uint32(out[1]) != n {
		t.Errorf("lower %q to encoding %d = %q of length 0x%x, want %q of 0x%x", s, enc, got, out[1], want, n)
	}
}

// Strings that no guest may hand over.
func TestBadStrings(t *testing.T) {
	p := plan(t, newTypes(t).prim(types.String))
	for _, tt := range []struct {
		name string
		enc  cabi.Encoding
		mem  string
		ptr  uint64
		n    uint64
	}{
		{"utf8 continuation alone", cabi.UTF8, "\x80", 0, 1},
		{"utf8 cut off", cabi.UTF8, "a\xe2\x98", 0, 3},
		{"utf8 overlong", cabi.UTF8, "\xc0\x80", 0, 2},
		{"utf8 surrogate", cabi.UTF8, "\xed\xa0\x80", 0, 3},
		{"beyond memory", cabi.UTF8, "abc", 1, 3},
		{"pointer beyond memory", cabi.UTF8, "abc", 4, 0},
		{"end wraps", cabi.UTF8, "abc", 0xffffffff, 2},
		{"longer than any string", cabi.UTF8, "abc", 0, 1 << 28},
		{"utf16 unaligned", cabi.UTF16, "\x00a\x00", 1, 1},
		{"utf16 high surrogate alone", cabi.UTF16, "\x00\xd8a\x00", 0, 2},
		{"utf16 high surrogate at the end", cabi.UTF16, "\x00\xd8", 0, 1},
		{"utf16 low surrogate alone", cabi.UTF16, "\x00\xdc", 0, 1},
		{"utf16 beyond memory", cabi.UTF16, "a\x00", 0, 2},
		{"latin1 unaligned", cabi.Latin1UTF16, "ab", 1, 1},
		{"tagged utf16 unpaired", cabi.Latin1UTF16, "\x00\xdc", 0, utf16Tag | 1},
		{"tagged utf16 beyond memory", cabi.Latin1UTF16, "a\x00", 0, utf16Tag | 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cx, _ := guest([]byte(tt.mem), tt.enc)
			_, err := p.LiftFlat(cx, []uint64{tt.ptr, tt.n})
			wantTrap(t, "LiftFlat", err, cabi.BadValue)
		})
	}
}
