package candid

import (
	"strconv"
	"strings"
)

// maxTypeNodes is how many nodes of a type are printed. A graph of a few hundred
// bytes may be a tree of 2^50 nodes.
const maxTypeNodes = 100

// String is t in the syntax of a .did, for messages: parts that have a name are
// named, and a type too large to read is cut with dots.
func (t *Type) String() string {
	p := typePrinter{left: maxTypeNodes}
	p.body(t)
	return p.b.String()
}

// String is the name, quoted where a .did needs it, or the number.
func (l Label) String() string {
	if l.Name != "" {
		return quoteName(l.Name)
	}
	return groupDigits(strconv.FormatUint(uint64(l.ID), 10))
}

// String is the annotations as a .did has them.
func (m Modes) String() string {
	var words []string
	if m&ModeQuery != 0 {
		words = append(words, "query")
	}
	if m&ModeOneway != 0 {
		words = append(words, "oneway")
	}
	if m&ModeCompositeQuery != 0 {
		words = append(words, "composite_query")
	}
	return strings.Join(words, " ")
}

type typePrinter struct {
	b    strings.Builder
	left int // nodes that may still be printed
}

// ref prints the name if there is one.
func (p *typePrinter) ref(t *Type) {
	if t != nil && t.Name != "" {
		p.b.WriteString(t.Name)
		return
	}
	p.body(t)
}

func (p *typePrinter) body(t *Type) {
	p.left--
	if t == nil || p.left < 0 {
		p.b.WriteString("…")
		return
	}
	switch t.Kind {
	case kindVar:
		p.b.WriteString(t.Name)
	case KindOpt, KindVec:
		if t.Elem != nil && t.isBlob() {
			p.b.WriteString("blob")
			return
		}
		p.b.WriteString(t.Kind.String() + " ")
		p.ref(t.Elem)
	case KindRecord, KindVariant:
		p.fields(t)
	case KindFunc:
		p.b.WriteString("func ")
		p.signature(t.Func)
	case KindService:
		p.service(t)
	default:
		p.b.WriteString(t.Kind.String())
	}
}

func (p *typePrinter) fields(t *Type) {
	p.b.WriteString(t.Kind.String() + " {")
	for i, f := range t.Fields {
		if p.left <= 0 {
			p.b.WriteString(" …")
			break
		}
		p.separate(i)
		if t.Kind == KindVariant && f.Type != nil && f.Type.Kind == KindNull {
			p.b.WriteString(f.Label.String())
			p.left--
			continue
		}
		p.b.WriteString(f.Label.String() + " : ")
		p.ref(f.Type)
	}
	p.close(len(t.Fields))
}

func (p *typePrinter) service(t *Type) {
	p.b.WriteString("service {")
	for i, m := range t.Methods {
		if p.left <= 0 {
			p.b.WriteString(" …")
			break
		}
		p.separate(i)
		p.b.WriteString(quoteName(clip(m.Name)) + " : ")
		p.signature(m.Type.Func)
	}
	p.close(len(t.Methods))
}

// clip keeps a message readable when the name in it is not.
func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

func (p *typePrinter) separate(i int) {
	if i > 0 {
		p.b.WriteByte(';')
	}
	p.b.WriteByte(' ')
}

func (p *typePrinter) close(items int) {
	if items > 0 {
		p.b.WriteByte(' ')
	}
	p.b.WriteByte('}')
}

func (p *typePrinter) signature(f *FuncType) {
	if f == nil {
		p.b.WriteString("…")
		return
	}
	p.tuple(f.Args)
	p.b.WriteString(" -> ")
	p.tuple(f.Results)
	if f.Modes != 0 {
		p.b.WriteString(" " + f.Modes.String())
	}
}

func (p *typePrinter) tuple(ts []*Type) {
	p.b.WriteByte('(')
	for i, t := range ts {
		if p.left <= 0 {
			p.b.WriteString(", …")
			break
		}
		if i > 0 {
			p.b.WriteString(", ")
		}
		p.ref(t)
	}
	p.b.WriteByte(')')
}
