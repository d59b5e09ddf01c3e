package candid

import (
	"errors"
	"fmt"
)

// Program is what a .did says.
type Program struct {
	Types []Definition // in the order of the file
	Actor *Actor       // nil if the file describes no service
}

// Definition gives a type a name.
type Definition struct {
	Name string
	Type *Type
}

// Actor is the service a .did describes.
type Actor struct {
	Service *Type // of kind service
	// Init is what the canister is installed with, if it is a service constructor.
	Init          []*Type
	InitNames     []string // as in FuncType
	IsConstructor bool     // the file gives arguments, if only ()
}

// Method finds a method of the service the program describes.
func (p *Program) Method(name string) (*FuncType, bool) {
	if p.Actor == nil {
		return nil, false
	}
	return p.Actor.Service.Method(name)
}

// Type finds a definition.
func (p *Program) Type(name string) (*Type, bool) {
	for _, d := range p.Types {
		if d.Name == name {
			return d.Type, true
		}
	}
	return nil, false
}

// ParseDID reads a .did file. Imports are refused with [ErrImport]: what they name
// is a file of somebody else's. The error is a [*SyntaxError].
//
// Candid.md, "Core Grammar".
func ParseDID(text string) (*Program, error) {
	p := newParser(text)
	prog := &Program{}
	defs := map[string]*Type{}
	for p.err == nil && (p.is("type") || p.is("import")) {
		p.definition(prog, defs)
		if !p.accept(";") {
			break
		}
	}
	if p.is("service") {
		prog.Actor = p.actor()
		p.accept(";")
	}
	if p.tok.kind != tokEOF {
		p.fail("want a type or a service, got %s", p.tok)
	}
	p.resolve(defs)
	for i, d := range prog.Types {
		prog.Types[i].Type = defs[d.Name]
	}
	p.finishActor(prog.Actor, defs)
	if p.err != nil {
		return nil, p.err
	}
	return prog, nil
}

func (p *parser) definition(prog *Program, defs map[string]*Type) {
	if p.is("import") {
		p.failAt(p.tok.pos, ErrImport)
		return
	}
	p.expect("type")
	pos, name := p.tok.pos, p.tok.text
	if p.tok.kind != tokName {
		p.fail("want a name, got %s", p.tok)
	}
	p.advance()
	p.expect("=")
	t := p.typ()
	if _, prim := primitiveNamed(name); prim || defs[name] != nil {
		p.failAt(pos, fmt.Errorf("type %s is defined already", name))
	}
	defs[name] = t
	if t.Kind != kindVar && !t.Kind.primitive() {
		t.Name = name
	}
	prog.Types = append(prog.Types, Definition{Name: name})
}

func (p *parser) actor() *Actor {
	p.expect("service")
	if p.tok.kind == tokName {
		p.advance() // a name that means nothing
	}
	p.expect(":")
	a := &Actor{}
	if p.is("(") {
		a.IsConstructor = true
		a.Init, a.InitNames = p.typeTuple()
		p.expect("->")
	}
	if p.tok.kind == tokName {
		a.Service = p.namedType()
	} else {
		a.Service = p.service()
	}
	return a
}

// finishActor resolves what resolve does not reach.
func (p *parser) finishActor(a *Actor, defs map[string]*Type) {
	if a == nil || p.err != nil {
		return
	}
	pos := p.names[a.Service]
	p.replace(&a.Service, defs)
	for i := range a.Init {
		p.replace(&a.Init[i], defs)
	}
	if p.err == nil && a.Service.Kind != KindService {
		p.failAt(pos, fmt.Errorf("want a service, got %s", a.Service))
	}
}

// resolve replaces names by what they stand for, in every type read since it last ran.
func (p *parser) resolve(defs map[string]*Type) {
	for name := range defs {
		p.shorten(name, defs)
	}
	for _, node := range p.nodes {
		if p.err != nil {
			return
		}
		p.resolveParts(node, defs)
	}
	p.nodes = nil
}

func (p *parser) resolveParts(node *Type, defs map[string]*Type) {
	if node.Elem != nil {
		p.replace(&node.Elem, defs)
	}
	for i := range node.Fields {
		p.replace(&node.Fields[i].Type, defs)
	}
	for i := range node.Methods {
		m := &node.Methods[i]
		pos := p.names[m.Type]
		p.replace(&m.Type, defs)
		if m.Type.Kind != KindFunc {
			p.failAt(pos, fmt.Errorf("method %s is not a function", quoteName(clip(m.Name))))
		}
	}
	if node.Func != nil {
		for i := range node.Func.Args {
			p.replace(&node.Func.Args[i], defs)
		}
		for i := range node.Func.Results {
			p.replace(&node.Func.Results[i], defs)
		}
	}
}

// shorten makes a name, and every name it is defined by, stand for a type at once.
func (p *parser) shorten(name string, defs map[string]*Type) {
	chain := []string{name}
	t := defs[name]
	for t.Kind == kindVar && p.err == nil {
		if len(chain) > len(defs) {
			p.failAt(p.names[t], errors.New("type stands for nothing but itself"))
			return
		}
		chain = append(chain, t.Name)
		p.replace(&t, defs)
	}
	for _, name := range chain {
		defs[name] = t
	}
}

// replace puts what a name stands for in its place.
func (p *parser) replace(slot **Type, defs map[string]*Type) {
	t := *slot
	if t.Kind != kindVar {
		return
	}
	target := defs[t.Name]
	if target == nil {
		p.failAt(p.names[t], fmt.Errorf("type %s is not defined", clip(t.Name)))
		return
	}
	*slot = target
}
