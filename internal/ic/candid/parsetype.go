package candid

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// newType keeps a node for resolve.
func (p *parser) newType(t Type) *Type {
	node := &t
	p.nodes = append(p.nodes, node)
	return node
}

// typ reads a type. Names in it stand for themselves until resolve.
func (p *parser) typ() *Type {
	defer p.nested()()
	if p.tok.kind == tokName {
		return p.namedType()
	}
	if p.tok.kind != tokKeyword {
		p.fail("want a type, got %s", p.tok)
		return p.newType(Type{Kind: KindEmpty})
	}
	pos := p.tok.pos
	switch word := p.advance().text; word {
	case "null":
		return p.newType(Type{Kind: KindNull})
	case "principal":
		return p.newType(Type{Kind: KindPrincipal})
	case "blob":
		return p.newType(Type{Kind: KindVec, Elem: p.newType(Type{Kind: KindNat8})})
	case "opt":
		return p.newType(Type{Kind: KindOpt, Elem: p.typ()})
	case "vec":
		return p.newType(Type{Kind: KindVec, Elem: p.typ()})
	case "record":
		return p.newType(Type{Kind: KindRecord, Fields: p.fieldTypes(pos, p.recordField)})
	case "variant":
		return p.newType(Type{Kind: KindVariant, Fields: p.fieldTypes(pos, p.variantField)})
	case "func":
		return p.newType(Type{Kind: KindFunc, Func: p.signature()})
	case "service":
		return p.service()
	default:
		p.failAt(pos, fmt.Errorf("want a type, got keyword %q", word))
		return p.newType(Type{Kind: KindEmpty})
	}
}

func (p *parser) namedType() *Type {
	tok := p.advance()
	if k, ok := primitiveNamed(tok.text); ok {
		return p.newType(Type{Kind: k})
	}
	t := p.newType(Type{Kind: kindVar, Name: tok.text})
	p.names[t] = tok.pos
	return t
}

// fieldTypes reads the fields of a record or the tags of a variant.
func (p *parser) fieldTypes(pos int, field func(prev *Label) FieldType) []FieldType {
	var out []FieldType
	var prev *Label
	p.list("{", ";", "}", func() {
		f := field(prev)
		prev = &f.Label
		out = append(out, f)
	})
	sorted, err := sortFields(out)
	if err != nil {
		p.failAt(pos, err)
	}
	return sorted
}

func (p *parser) labelled() bool { return p.ahead.kind == tokPunct && p.ahead.text == ":" }

func (p *parser) recordField(prev *Label) FieldType {
	if !p.labelled() {
		return FieldType{p.after(prev), p.typ()}
	}
	l := p.label()
	p.expect(":")
	return FieldType{l, p.typ()}
}

func (p *parser) variantField(*Label) FieldType {
	l := p.label()
	if !p.accept(":") {
		return FieldType{l, p.newType(Type{Kind: KindNull})}
	}
	return FieldType{l, p.typ()}
}

func (p *parser) signature() *FuncType {
	pos := p.tok.pos
	f := &FuncType{}
	f.Args, f.ArgNames = p.typeTuple()
	p.expect("->")
	f.Results, _ = p.typeTuple()
	for {
		switch {
		case p.accept("query"):
			f.Modes |= ModeQuery
		case p.accept("oneway"):
			f.Modes |= ModeOneway
		case p.accept("composite_query"):
			f.Modes |= ModeCompositeQuery
		default:
			p.checkModes(pos, f)
			return f
		}
	}
}

func (p *parser) checkModes(pos int, f *FuncType) {
	switch f.Modes {
	case 0, ModeQuery, ModeCompositeQuery:
	case ModeOneway:
		if len(f.Results) > 0 {
			p.failAt(pos, errors.New("oneway function has results"))
		}
	default:
		p.failAt(pos, errors.New("more than one of query, composite_query and oneway"))
	}
}

// typeTuple reads types that may have names, which must differ.
func (p *parser) typeTuple() (types []*Type, names []string) {
	named := map[string]bool{}
	p.list("(", ",", ")", func() {
		name := ""
		if p.labelled() {
			pos := p.tok.pos
			if name = p.name(); named[name] {
				p.failAt(pos, fmt.Errorf("two arguments named %s", quoteName(clip(name))))
			}
			named[name] = true
			p.expect(":")
		}
		types, names = append(types, p.typ()), append(names, name)
	})
	if len(named) == 0 {
		names = nil
	}
	return types, names
}

// service reads the methods of a service type.
func (p *parser) service() *Type {
	pos := p.tok.pos
	var methods []Method
	p.list("{", ";", "}", func() {
		name := p.name()
		p.expect(":")
		if p.tok.kind == tokName {
			methods = append(methods, Method{name, p.namedType()})
			return
		}
		methods = append(methods, Method{name, p.newType(Type{Kind: KindFunc, Func: p.signature()})})
	})
	slices.SortStableFunc(methods, func(a, b Method) int { return cmp.Compare(a.Name, b.Name) })
	for i := 1; i < len(methods); i++ {
		if methods[i].Name == methods[i-1].Name {
			p.failAt(pos, fmt.Errorf("two methods named %s", quoteName(clip(methods[i].Name))))
		}
	}
	return p.newType(Type{Kind: KindService, Methods: methods})
}
