package candid

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokEOF     tokenKind = iota
	tokName              // a word that is not a keyword
	tokKeyword           // including true, false and null
	tokText              // text is what the literal stands for, perhaps not UTF-8
	tokNumber            // digits, without underscores; hex with 0x
	tokFloat
	tokPunct
)

type token struct {
	kind tokenKind
	text string
	pos  int // offset of the first byte
}

func (t token) String() string {
	switch t.kind {
	case tokEOF:
		return "the end"
	case tokText:
		return "a text literal"
	default:
		return strconv.Quote(clip(t.text))
	}
}

// lexer cuts a text into tokens.
type lexer struct {
	src string
	pos int
}

func (l *lexer) next() (token, error) {
	if err := l.space(); err != nil {
		return token{pos: l.pos}, err
	}
	start := l.pos
	if start == len(l.src) {
		return token{pos: start}, nil
	}
	c := l.src[start]
	switch {
	case c == '"':
		text, err := l.literal()
		return token{tokText, text, start}, err
	case identStart(c):
		word := l.run(func(c byte) bool { return identStart(c) || digit(c) })
		kind := tokName
		if isReservedWord(word) {
			kind = tokKeyword
		}
		return token{kind, word, start}, nil
	case digit(c), c == '.' && start+1 < len(l.src) && digit(l.src[start+1]):
		return l.number()
	}
	for _, p := range []string{"->", "(", ")", "{", "}", ";", ",", ".", ":", "=", "+", "-"} {
		if strings.HasPrefix(l.src[start:], p) {
			l.pos += len(p)
			return token{tokPunct, p, start}, nil
		}
	}
	r, _ := utf8.DecodeRuneInString(l.src[start:])
	return token{pos: start}, fmt.Errorf("unexpected character %q", r)
}

// isReservedWord is about the words that cannot be a name without quotes. The names
// of types can.
func isReservedWord(w string) bool {
	return slices.Contains([]string{
		"null", "vec", "record", "variant", "func", "service", "oneway", "query",
		"composite_query", "blob", "type", "import", "opt", "principal", "true", "false",
	}, w)
}

// run consumes bytes as long as ok holds.
func (l *lexer) run(ok func(byte) bool) string {
	start := l.pos
	for l.pos < len(l.src) && ok(l.src[l.pos]) {
		l.pos++
	}
	return l.src[start:l.pos]
}

// space skips white space and comments. Block comments may contain others.
func (l *lexer) space() error {
	for l.pos < len(l.src) {
		rest := l.src[l.pos:]
		switch {
		case strings.ContainsRune(" \t\r\n", rune(rest[0])):
			l.pos++
		case strings.HasPrefix(rest, "//"):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			l.pos += end
		case strings.HasPrefix(rest, "/*"):
			if err := l.blockComment(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

func (l *lexer) blockComment() error {
	start, depth := l.pos, 0
	for l.pos < len(l.src) {
		switch rest := l.src[l.pos:]; {
		case strings.HasPrefix(rest, "/*"):
			depth++
			l.pos += 2
		case strings.HasPrefix(rest, "*/"):
			depth--
			l.pos += 2
			if depth == 0 {
				return nil
			}
		default:
			l.pos++
		}
	}
	l.pos = start
	return errors.New("comment is not closed")
}

// number reads a number without its sign.
func (l *lexer) number() (token, error) {
	start := l.pos
	hex := strings.HasPrefix(l.src[start:], "0x") || strings.HasPrefix(l.src[start:], "0X")
	isDigit := digit
	if hex {
		l.pos += 2
		isDigit = hexDigit
		if l.pos == len(l.src) || !hexDigit(l.src[l.pos]) {
			return token{pos: start}, errors.New("hexadecimal number without digits")
		}
	}
	digits := func() { l.run(func(c byte) bool { return isDigit(c) || c == '_' }) }
	digits()
	kind := tokNumber
	if l.pos < len(l.src) && l.src[l.pos] == '.' {
		kind = tokFloat
		l.pos++
		digits()
	}
	if l.exponent(hex) {
		kind = tokFloat
	} else if hex && kind == tokFloat {
		// Go wants the exponent that Candid lets out.
		return token{kind, l.plain(start) + "p0", start}, nil
	}
	return token{kind, l.plain(start), start}, nil
}

// exponent consumes the exponent if there is one.
func (l *lexer) exponent(hex bool) bool {
	mark := "eE"
	if hex {
		mark = "pP"
	}
	at := l.pos
	if at == len(l.src) || !strings.ContainsRune(mark, rune(l.src[at])) {
		return false
	}
	at++
	if at < len(l.src) && (l.src[at] == '+' || l.src[at] == '-') {
		at++
	}
	if at == len(l.src) || !digit(l.src[at]) {
		return false
	}
	l.pos = at
	l.run(digit)
	return true
}

// plain is what was read since start, without underscores.
func (l *lexer) plain(start int) string {
	return strings.ReplaceAll(l.src[start:l.pos], "_", "")
}

func hexDigit(c byte) bool {
	return digit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// literal reads a text in quotes. Where an error is, l.pos says.
func (l *lexer) literal() (string, error) {
	start := l.pos
	l.pos++
	var b strings.Builder
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; c {
		case '"':
			l.pos++
			return b.String(), nil
		case '\\':
			if err := l.escape(&b); err != nil {
				return "", err
			}
		default:
			b.WriteByte(c)
			l.pos++
		}
	}
	l.pos = start
	return "", errors.New("text is not closed")
}

// escape reads what follows a backslash: a letter, two hex digits for a byte, or a
// code point.
func (l *lexer) escape(b *strings.Builder) error {
	rest := l.src[l.pos+1:]
	if rest == "" {
		return errors.New("text is not closed")
	}
	if i := strings.IndexByte(`nrt\"'`, rest[0]); i >= 0 {
		b.WriteByte("\n\r\t\\\"'"[i])
		l.pos += 2
		return nil
	}
	if strings.HasPrefix(rest, "u{") {
		return l.codePoint(b, rest[2:])
	}
	if len(rest) >= 2 && hexDigit(rest[0]) && hexDigit(rest[1]) {
		v, err := strconv.ParseUint(rest[:2], 16, 8)
		b.WriteByte(byte(v))
		l.pos += 3
		return err
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return fmt.Errorf("unknown escape \\%c", r)
}

func (l *lexer) codePoint(b *strings.Builder, rest string) error {
	hex, _, closed := strings.Cut(rest, "}")
	if !closed || hex == "" || !hexDigit(hex[0]) {
		return errors.New("unicode escape is not closed")
	}
	v, err := strconv.ParseUint(strings.ReplaceAll(hex, "_", ""), 16, 32)
	if err != nil || !utf8.ValidRune(rune(v)) || v > utf8.MaxRune {
		return fmt.Errorf("%w: unicode escape %s", ErrRange, clip(hex))
	}
	b.WriteRune(rune(v))
	l.pos += len(`\u{}`) + len(hex)
	return nil
}
