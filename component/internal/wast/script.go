package wast

import (
	"strings"

	"github.com/berth-cli/berth/component"
)

// Script is a parsed script.
type Script struct {
	Directives []Directive
}

// Directive is one directive. Which fields are set depends on Kind.
type Directive struct {
	Line int
	// Kind is the directive's keyword: "component", "component definition",
	// "component instance", "invoke", "assert_return", "assert_trap",
	// "assert_invalid", "assert_malformed", "assert_unlinkable", or one that
	// cannot be run.
	Kind     string
	Text     *Text   // of what defines a component
	Name     string  // the name it is given, with its $
	Of       string  // "component instance": the definition, empty for the last one
	Action   *Action // "invoke", assert_return, assert_trap
	Expected []component.Value
}

// IsAssertion reports whether the directive is one that a score counts.
func (d Directive) IsAssertion() bool { return strings.HasPrefix(d.Kind, "assert_") }

// Text is a component as a script spells it.
type Text struct {
	// Form is "text", "binary" or "quote".
	Form string
	// Source is component text that is still to be read. Empty where Form is
	// "binary".
	Source string
	// Binary is the component of a binary form.
	Binary []byte
}

// Action calls a function of an instance.
type Action struct {
	Instance string // with its $; empty for the last one
	Func     string
	Args     []component.Value
}

// Parse parses a script. The error is a *SyntaxError.
func Parse(src string) (*Script, error) {
	nodes, err := ReadAll(src)
	if err != nil {
		return nil, err
	}
	p := parser{src: src}
	s := &Script{}
	for _, n := range nodes {
		d, err := p.directive(n)
		if err != nil {
			return nil, err
		}
		s.Directives = append(s.Directives, d)
	}
	return s, nil
}

type parser struct {
	src  string
	pos  int // up to where lines are counted
	line int
}

// lineOf is the line of an offset, from 1. Offsets must not go back.
func (p *parser) lineOf(offset int) int {
	p.line += strings.Count(p.src[p.pos:offset], "\n")
	p.pos = offset
	return p.line + 1
}

func (p *parser) directive(n Node) (Directive, error) {
	d := Directive{Line: p.lineOf(n.Start), Kind: n.Head()}
	args := n.Children[min(1, len(n.Children)):]
	var err error
	switch d.Kind {
	case "":
		return d, &SyntaxError{Offset: n.Start, Msg: "not a directive"}
	case "component":
		p.component(n, &d)
	case "invoke":
		d.Action, err = action(n)
	case "assert_return":
		err = assertReturn(n, &d)
	case "assert_trap", "assert_invalid", "assert_malformed", "assert_unlinkable":
		if len(args) == 0 {
			return d, &SyntaxError{Offset: n.Start, Msg: "nothing is asserted"}
		}
		err = p.asserted(args[0], &d)
	}
	return d, err
}

func (p *parser) asserted(n Node, d *Directive) error {
	var err error
	if n.Head() == "component" {
		d.Text = p.text(n)
	} else {
		d.Action, err = action(n)
	}
	return err
}

// component parses a component directive in any of its forms.
func (p *parser) component(n Node, d *Directive) {
	words := atoms(n)
	if len(words) > 0 && words[0] == "instance" {
		d.Kind = "component instance"
		if len(words) > 1 {
			d.Name = words[1]
		}
		if len(words) > 2 {
			d.Of = words[2]
		}
		return
	}
	for _, w := range words {
		if w == "definition" {
			d.Kind = "component definition"
		}
		if strings.HasPrefix(w, "$") {
			d.Name = w
		}
	}
	d.Text = p.text(n)
}

// atoms is the atoms that follow the head of a list.
func atoms(n Node) []string {
	var words []string
	for _, c := range n.Children[1:] {
		if c.Kind != Atom {
			break
		}
		words = append(words, c.Text)
	}
	return words
}

// text is the component a list spells. The words that belong to the script are
// cut from its source.
func (p *parser) text(n Node) *Text {
	var strs strings.Builder
	form := "text"
	source := p.src[n.Start:n.End]
	for _, c := range n.Children[1:] {
		switch {
		case c.Kind == Atom && (c.Text == "binary" || c.Text == "quote"):
			form = c.Text
		case c.Kind == Atom && c.Text == "definition":
			source = p.src[n.Start:c.Start] + p.src[c.End:n.End]
		case c.Kind == String:
			strs.WriteString(c.Text)
		}
	}
	switch form {
	case "binary":
		return &Text{Form: form, Binary: []byte(strs.String())}
	case "quote":
		return &Text{Form: form, Source: "(component " + strs.String() + ")"}
	}
	return &Text{Form: form, Source: source}
}

func action(n Node) (*Action, error) {
	if n.Head() != "invoke" {
		return nil, &SyntaxError{Offset: n.Start, Msg: "not an action"}
	}
	args := n.Children[1:]
	a := &Action{}
	if len(args) > 0 && args[0].Kind == Atom {
		a.Instance, args = args[0].Text, args[1:]
	}
	if len(args) == 0 || args[0].Kind != String {
		return nil, &SyntaxError{Offset: n.Start, Msg: "no function is named"}
	}
	a.Func = args[0].Text
	var err error
	a.Args, err = literals(args[1:])
	return a, err
}

func assertReturn(n Node, d *Directive) error {
	if len(n.Children) < 2 {
		return &SyntaxError{Offset: n.Start, Msg: "nothing is asserted"}
	}
	var err error
	if d.Action, err = action(n.Children[1]); err != nil {
		return err
	}
	d.Expected, err = literals(n.Children[2:])
	return err
}
