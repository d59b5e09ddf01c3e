package types

import (
	"strconv"
	"strings"
)

// String is the kind's name in WIT.
func (k Kind) String() string {
	names := [...]string{
		Bool: "bool", S8: "s8", U8: "u8", S16: "s16", U16: "u16", S32: "s32", U32: "u32",
		S64: "s64", U64: "u64", F32: "f32", F64: "f64", Char: "char", String: "string",
		Record: "record", Variant: "variant", List: "list", FixedList: "fixed-length list", Tuple: "tuple",
		Flags: "flags", Enum: "enum", Option: "option", Result: "result", Own: "own", Borrow: "borrow",
		ErrorContext: "error-context", Stream: "stream", Future: "future", Map: "map",
	}
	if int(k) < len(names) && names[k] != "" {
		return names[k]
	}
	return "unknown kind"
}

// String is t as WIT text, such as "list<tuple<string, own<descriptor>>>". What
// is too long for a message is cut and ends in "…".
func (t *Type) String() string {
	p := printer{left: 300}
	p.typ(t)
	return p.b.String()
}

// String is f as WIT text, such as "func(path: string) -> result". What is too
// long for a message is cut and ends in "…".
func (f *Func) String() string {
	p := printer{left: 600}
	p.fn(f)
	return p.b.String()
}

// printer writes until left bytes are used up; what comes after is a single "…".
type printer struct {
	b    strings.Builder
	left int
	cut  bool
}

func (p *printer) text(s string) {
	switch {
	case p.cut:
	case len(s) > p.left:
		p.b.WriteString("…")
		p.cut = true
	default:
		p.b.WriteString(s)
		p.left -= len(s)
	}
}

func (p *printer) fn(f *Func) {
	if f.Async {
		p.text("async ")
	}
	p.text("func(")
	for i, a := range f.Params {
		if p.cut {
			return
		}
		p.sep(i)
		p.text(a.Name + ": ")
		p.typ(a.Type)
	}
	p.text(")")
	if f.Result != nil {
		p.text(" -> ")
		p.typ(f.Result)
	}
}

func (p *printer) sep(i int) {
	if i > 0 {
		p.text(", ")
	}
}

// typ writes t. It returns early once the text is cut, so that its cost is bounded too.
func (p *printer) typ(t *Type) {
	if p.cut {
		return
	}
	if t == nil {
		p.text("_")
		return
	}
	switch t.Kind {
	case Record, Variant, Flags, Enum:
		p.text(t.Kind.String() + " { ")
		p.named(t)
		p.text(" }")
	case Result:
		p.result(t)
	case FixedList:
		p.text("list<")
		p.typ(t.Elem)
		p.text(", " + strconv.FormatUint(uint64(t.Len), 10) + ">")
	case Own, Borrow:
		p.text(t.Kind.String() + "<" + t.Resource.String() + ">")
	default:
		p.text(t.Kind.String())
		p.args(t)
	}
}

func (p *printer) named(t *Type) {
	for i, f := range t.Fields {
		if p.cut {
			return
		}
		p.sep(i)
		p.text(f.Name + ": ")
		p.typ(f.Type)
	}
	for i, c := range t.Cases {
		if p.cut {
			return
		}
		p.sep(i)
		p.text(c.Name)
		if c.Type != nil {
			p.text("(")
			p.typ(c.Type)
			p.text(")")
		}
	}
	for i, l := range t.Labels {
		if p.cut {
			return
		}
		p.sep(i)
		p.text(l)
	}
}

func (p *printer) result(t *Type) {
	p.text("result")
	if t.Ok == nil && t.Err == nil {
		return
	}
	p.text("<")
	p.typ(t.Ok)
	if t.Err != nil {
		p.text(", ")
		p.typ(t.Err)
	}
	p.text(">")
}

// args writes the arguments of list, option, tuple, map, stream and future.
func (p *printer) args(t *Type) {
	n := 0
	t.parts(func(a *Type) {
		if n == 0 {
			p.text("<")
		} else if !p.cut {
			p.text(", ")
		}
		n++
		p.typ(a)
	})
	if n > 0 {
		p.text(">")
	}
}

// String is the resource's name, or "resource" where it has none.
func (r *Resource) String() string {
	if r == nil || r.Name == "" {
		return "resource"
	}
	return clip(r.Name)
}
