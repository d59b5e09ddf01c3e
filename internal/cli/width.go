package cli

import (
	"strings"
	"unicode"
)

// runeColumns is how many columns of a terminal a character takes: none if it
// joins the one before it, two if it is of an East Asian script or a picture.
//
// Unicode Standard Annex 11, "East Asian Width", in coarse blocks.
func runeColumns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r >= 0x1100 && r <= 0x115f, // Hangul Jamo
		r >= 0x231a && r <= 0x231b, r >= 0x23e9 && r <= 0x23f3, // clocks, buttons
		r >= 0x2614 && r <= 0x2615, r == 0x26a1, r == 0x2705, r == 0x274c, r == 0x2728, // pictures
		r >= 0x2753 && r <= 0x2757, r >= 0x2795 && r <= 0x2797, r == 0x2b50, r == 0x2b55,
		r >= 0x2e80 && r <= 0x303e,                             // radicals, punctuation
		r >= 0x3041 && r <= 0xa4cf,                             // kana, CJK, Yi
		r >= 0xa960 && r <= 0xa97f, r >= 0xac00 && r <= 0xd7a3, // Hangul
		r >= 0xf900 && r <= 0xfaff, r >= 0xfe30 && r <= 0xfe6f, // CJK compatibility
		r >= 0xff01 && r <= 0xff60, r >= 0xffe0 && r <= 0xffe6, // full-width forms
		r >= 0x1f1e6 && r <= 0x1f1ff, r >= 0x1f300 && r <= 0x1f64f, // flags, pictures
		r >= 0x1f680 && r <= 0x1f6ff, r >= 0x1f7e0 && r <= 0x1f7eb, r >= 0x1f900 && r <= 0x1faff,
		r >= 0x20000 && r <= 0x3fffd: // CJK extensions
		return 2
	}
	return 1
}

// columns is how many columns a text takes.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

// cut makes a text one line that takes no more than that many columns; an ellipsis
// stands for what is missing. Tabs become spaces, other control characters go.
func cut(s string, width int) string {
	s = visible(strings.ReplaceAll(s, "\t", "    "))
	if width <= 0 {
		return ""
	}
	if columns(s) <= width {
		return s
	}
	taken := 0
	for i, r := range s {
		if taken += runeColumns(r); taken > width-1 {
			return s[:i] + "…"
		}
	}
	return s
}
