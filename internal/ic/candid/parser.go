package candid

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/berth-cli/berth/internal/ic/principal"
)

// parser reads values and types by recursive descent. Its first error sticks: from
// then on every token is the end, so that loops end and callers check once.
type parser struct {
	lex   lexer
	tok   token // the one to be looked at
	ahead token // the one after
	err   *SyntaxError
	depth int
	// nodes are the types read so far. Their parts may be names until resolve.
	nodes []*Type
	names map[*Type]int // offset of each name among them
	fit   fitter
}

func newParser(src string) *parser {
	p := &parser{lex: lexer{src: src}, names: map[*Type]int{}}
	p.fit.left = 2_000_000 + 4*len(src)
	p.advance()
	p.advance()
	return p
}

func (p *parser) advance() token {
	was := p.tok
	p.tok = p.ahead
	if p.err != nil {
		p.tok, p.ahead = token{pos: was.pos}, token{pos: was.pos}
		return was
	}
	next, err := p.lex.next()
	if err != nil {
		p.failAt(p.lex.pos, err)
		return was
	}
	p.ahead = next
	return was
}

func (p *parser) failAt(pos int, err error) {
	if p.err != nil {
		return
	}
	before := p.lex.src[:pos]
	line := strings.LastIndexByte(before, '\n') + 1
	p.err = &SyntaxError{
		Line:   strings.Count(before, "\n") + 1,
		Column: utf8.RuneCountInString(before[line:]) + 1,
		Err:    err,
	}
	p.tok, p.ahead = token{pos: pos}, token{pos: pos}
}

func (p *parser) fail(format string, args ...any) {
	p.failAt(p.tok.pos, fmt.Errorf(format, args...))
}

// done is the error, if any; the text must be at its end.
func (p *parser) done() error {
	if p.tok.kind != tokEOF {
		p.fail("unexpected %s after the end", p.tok)
	}
	if p.err != nil {
		return p.err
	}
	return nil
}

// is says whether the token is a keyword or sign.
func (p *parser) is(text string) bool {
	return p.tok.text == text && (p.tok.kind == tokPunct || p.tok.kind == tokKeyword)
}

// accept consumes a keyword or sign if it is there.
func (p *parser) accept(text string) bool {
	if !p.is(text) {
		return false
	}
	p.advance()
	return true
}

func (p *parser) expect(text string) {
	if !p.accept(text) {
		p.fail("want %q, got %s", text, p.tok)
	}
}

// list reads items between two brackets, with a separator after each but perhaps
// the last.
func (p *parser) list(open, sep, end string, item func()) {
	p.expect(open)
	for p.err == nil && !p.is(end) {
		item()
		if !p.accept(sep) {
			break
		}
	}
	p.expect(end)
}

// nested guards recursion; call the result when done.
func (p *parser) nested() func() {
	if p.depth++; p.depth > maxTextNesting {
		p.fail("nested more than %d deep", maxTextNesting)
	}
	return func() { p.depth-- }
}

// name reads a word or a text.
func (p *parser) name() string {
	switch p.tok.kind {
	case tokName:
		return p.advance().text
	case tokText:
		return p.text()
	case tokKeyword:
		p.fail("%s is a keyword: as a name it needs quotes", p.tok)
	default:
		p.fail("want a name, got %s", p.tok)
	}
	return ""
}

func (p *parser) text() string {
	if p.tok.kind != tokText {
		p.fail("want a text in quotes, got %s", p.tok)
		return ""
	}
	if !utf8.ValidString(p.tok.text) {
		p.failAt(p.tok.pos, ErrUTF8)
		return ""
	}
	return p.advance().text
}

// label reads a field's name or number.
func (p *parser) label() Label {
	if p.tok.kind != tokNumber {
		return Name(p.name())
	}
	digits, base := splitBase(p.tok.text)
	id, err := strconv.ParseUint(digits, base, 32)
	if err != nil {
		p.fail("%w: field id %s", ErrRange, clip(p.tok.text))
	}
	p.advance()
	return Label{ID: uint32(id)}
}

// after is the label of a field that stands without one.
func (p *parser) after(prev *Label) Label {
	if prev == nil {
		return Label{}
	}
	if prev.ID == math.MaxUint32 {
		p.fail("%w: field after the last id", ErrRange)
	}
	return Label{ID: prev.ID + 1}
}

func (p *parser) principal() principal.Principal {
	pos := p.tok.pos
	id, err := principal.Parse(p.text())
	if err != nil && p.err == nil {
		p.failAt(pos, err)
	}
	return id
}

// number reads an integer or a float with its sign.
func (p *parser) number() Value {
	sign := ""
	if p.is("+") || p.is("-") {
		sign = p.advance().text
	}
	switch {
	case p.tok.kind == tokNumber:
		return p.integer(sign)
	case p.tok.kind == tokFloat, p.tok.text == "inf" && p.tok.kind == tokName:
		f, err := strconv.ParseFloat(sign+p.tok.text, 64)
		if err != nil {
			p.fail("%w: %s", ErrRange, clip(p.tok.text))
		}
		p.advance()
		return Float64(f)
	}
	p.fail("want a number, got %s", p.tok)
	return number{new(big.Int)}
}

func (p *parser) integer(sign string) Value {
	digits, base := splitBase(p.tok.text)
	n, ok := new(big.Int).SetString(sign+digits, base)
	if !ok {
		p.fail("want a number, got %s", p.tok)
		n = new(big.Int)
	}
	p.advance()
	return number{n}
}

// splitBase takes the 0x off a number.
func splitBase(s string) (digits string, base int) {
	if len(s) > 2 && (s[1] == 'x' || s[1] == 'X') {
		return s[2:], 16
	}
	return s, 10
}
