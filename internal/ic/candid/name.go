package candid

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// isIdent says whether a name can be written without quotes, keywords aside.
func isIdent(name string) bool {
	for i := range len(name) {
		if c := name[i]; !identStart(c) && (i == 0 || !digit(c)) {
			return false
		}
	}
	return name != ""
}

func identStart(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// isKeyword says whether a name means something else without quotes.
func isKeyword(name string) bool {
	_, prim := primitiveNamed(name)
	return prim || slices.Contains([]string{
		"import", "service", "func", "type", "opt", "vec", "record", "variant", "blob",
		"principal", "oneway", "query", "composite_query", "true", "false",
	}, name)
}

// quoteName writes a name as the texts of this package have it.
func quoteName(name string) string {
	if isIdent(name) && !isKeyword(name) {
		return name
	}
	return quoteText(name)
}

// quoteText is a text literal.
func quoteText(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// quoteBlob is the literal of bytes: as text if that is what they look like, else
// in hex.
func quoteBlob(p []byte) string {
	var b strings.Builder
	b.WriteString(`blob "`)
	readable := !slices.ContainsFunc(p, func(c byte) bool {
		return (c < 0x20 || c > 0x7e) && c != '\t' && c != '\n' && c != '\r'
	})
	for _, c := range p {
		if readable && c >= 0x20 && !strings.ContainsRune("\"'`\\", rune(c)) {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, `\%02x`, c)
	}
	b.WriteByte('"')
	return b.String()
}

// groupDigits puts an underscore before every third digit from the right.
func groupDigits(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i := range len(s) {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte('_')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
