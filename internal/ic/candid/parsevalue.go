package candid

import "math"

// ParseArgs reads arguments written as text, with the types they show themselves: a
// number is an int, unless an annotation says otherwise.
//
//	(5, "x", opt (1 : nat8), vec { 1; 2 }, record { a = 1; 0 = true }, variant { ok })
//
// The error is a [*SyntaxError].
//
// Candid.md, "Values".
func ParseArgs(text string) ([]Value, error) {
	p := newParser(text)
	values, err := p.args()
	for i, v := range values {
		values[i] = settle(v)
	}
	return values, err
}

// ParseArgsAs reads arguments written as text as values of the types want: a number
// becomes what the type says, fields that the type lacks are dropped, arguments and
// fields that may be null may be missing. The error is a [*SyntaxError], or an
// [*EncodeError] for a value that does not fit.
func ParseArgsAs(text string, want []*Type) ([]Value, error) {
	p := newParser(text)
	values, err := p.args()
	if err != nil {
		return nil, err
	}
	return p.fit.args(values, want)
}

func (p *parser) args() ([]Value, error) {
	var values []Value
	p.list("(", ",", ")", func() { values = append(values, p.annotated()) })
	if err := p.done(); err != nil {
		return nil, err
	}
	return values, nil
}

// annotated reads a value and perhaps its type.
func (p *parser) annotated() Value {
	v := p.value()
	if !p.accept(":") {
		return v
	}
	pos := p.tok.pos
	t := p.typ()
	p.replace(&t, nil)
	p.resolve(nil)
	if p.err != nil {
		return v
	}
	fitted, err := p.fit.value(v, t)
	if err != nil {
		p.failAt(pos, err)
		return v
	}
	return fitted
}

func (p *parser) value() Value {
	defer p.nested()()
	switch {
	case p.tok.kind == tokText:
		return Text(p.text())
	case p.tok.kind == tokKeyword:
		return p.keyword()
	case p.tok.kind == tokName && p.tok.text == "NaN":
		p.advance()
		return Float64(math.NaN())
	case p.accept("("):
		v := p.annotated()
		p.expect(")")
		return v
	default:
		return p.number()
	}
}

// keyword reads a value that starts with one.
func (p *parser) keyword() Value {
	switch word := p.advance().text; word {
	case "null":
		return Null{}
	case "true", "false":
		return Bool(word == "true")
	case "blob":
		if p.tok.kind != tokText {
			p.fail("want a text in quotes, got %s", p.tok)
		}
		return Blob(p.advance().text)
	case "opt":
		return Opt{p.value()}
	case "vec":
		out := Vec{}
		p.list("{", ";", "}", func() { out = append(out, p.annotated()) })
		return out
	case "record":
		return p.record()
	case "variant":
		return p.variant()
	case "principal":
		return Principal{p.principal()}
	case "service":
		return Service{p.principal()}
	case "func":
		id := p.principal()
		p.expect(".")
		return Func{id, p.name()}
	default:
		p.fail("want a value, got keyword %q", word)
		return Null{}
	}
}

func (p *parser) record() Value {
	pos := p.tok.pos
	var out Record
	var prev *Label
	p.list("{", ";", "}", func() {
		f := Field{}
		if p.ahead.kind == tokPunct && p.ahead.text == "=" {
			f.Label = p.label()
			p.expect("=")
		} else {
			f.Label = p.after(prev)
		}
		f.Value = p.annotated()
		prev = &f.Label
		out = append(out, f)
	})
	out = sortRecord(out)
	for i := 1; i < len(out); i++ {
		if a, b := out[i-1].Label, out[i].Label; a.ID == b.ID {
			p.failAt(pos, duplicate(a, b))
		}
	}
	return out
}

func (p *parser) variant() Value {
	p.expect("{")
	v := Variant{Label: p.label(), Value: Null{}}
	if p.accept("=") {
		v.Value = p.annotated()
	}
	p.accept(";")
	p.expect("}")
	return v
}
