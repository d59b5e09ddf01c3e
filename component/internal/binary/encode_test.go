package binary_test

import (
	"encoding/binary"
	"errors"

	ast "github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/coretype"
)

// errLossy is the error for what the tree does not keep whole.
var errLossy = errors.New("the tree does not keep this whole")

// encoder writes a tree in the shortest form: one section for adjacent
// definitions of a kind, the shortest integers.
type encoder struct {
	b   []byte
	err error
}

// encode is a component's tree as bytes.
func encode(c *ast.Component) ([]byte, error) {
	e := &encoder{b: []byte("\x00asm\x0d\x00\x01\x00")}
	customs := c.Customs
	for i := 0; i <= len(c.Defs); {
		for len(customs) > 0 && customs[0].Before == i {
			x := &encoder{}
			x.name(customs[0].Name)
			e.section(0, append(x.b, customs[0].Data...))
			customs = customs[1:]
		}
		if i == len(c.Defs) {
			break
		}
		end := i + 1
		for end < len(c.Defs) && vector(c.Defs[i]) && sectionOf(c.Defs[end]) == sectionOf(c.Defs[i]) &&
			(len(customs) == 0 || customs[0].Before > end) {
			end++
		}
		e.defs(c.Defs[i:end])
		i = end
	}
	return e.b, e.err
}

func sectionOf(d ast.Definition) byte {
	switch d.(type) {
	case *ast.CoreModule:
		return 1
	case *ast.CoreInstance:
		return 2
	case *ast.CoreType:
		return 3
	case *ast.Nested:
		return 4
	case *ast.Instance:
		return 5
	case *ast.CoreExportAlias, *ast.ExportAlias, *ast.OuterAlias:
		return 6
	case *ast.Type:
		return 7
	case *ast.Lift, *ast.Lower, *ast.ResourceCanon, *ast.Builtin:
		return 8
	case *ast.Start:
		return 9
	case *ast.Import:
		return 10
	case *ast.Export:
		return 11
	}
	return 12
}

// vector reports whether the section of d holds many.
func vector(d ast.Definition) bool {
	s := sectionOf(d)
	return s != 1 && s != 4 && s != 9
}

func (e *encoder) defs(defs []ast.Definition) {
	x := &encoder{}
	if vector(defs[0]) {
		x.u32(len(defs))
	}
	for _, d := range defs {
		x.def(d)
	}
	if x.err != nil {
		e.err = x.err
	}
	e.section(sectionOf(defs[0]), x.b)
}

func (e *encoder) section(id byte, content []byte) {
	e.byte(id)
	e.u32(len(content))
	e.b = append(e.b, content...)
}

func (e *encoder) byte(b ...byte) { e.b = append(e.b, b...) }

func (e *encoder) name(s string) {
	e.u32(len(s))
	e.b = append(e.b, s...)
}

func (e *encoder) u32(v int)       { e.b = binary.AppendUvarint(e.b, uint64(uint32(v))) }
func (e *encoder) index(v uint32)  { e.b = binary.AppendUvarint(e.b, uint64(v)) }
func (e *encoder) uint64(v uint64) { e.b = binary.AppendUvarint(e.b, v) }

// signed writes a signed LEB128.
func (e *encoder) signed(v int64) {
	for v < -0x40 || v > 0x3f {
		e.byte(byte(v)&0x7f | 0x80)
		v >>= 7
	}
	e.byte(byte(v) & 0x7f)
}

func (e *encoder) flag(b bool) {
	if b {
		e.byte(1)
	} else {
		e.byte(0)
	}
}

func (e *encoder) def(d ast.Definition) {
	switch d := d.(type) {
	case *ast.CoreModule:
		e.byte(d.Bytes...)
	case *ast.CoreInstance:
		e.coreInstance(d)
	case *ast.CoreType:
		e.coreType(d)
	case *ast.Nested:
		b, err := encode(d.Component)
		e.b, e.err = append(e.b, b...), errors.Join(e.err, err)
	case *ast.Instance:
		e.instance(d)
	case *ast.CoreExportAlias, *ast.ExportAlias, *ast.OuterAlias:
		e.alias(d)
	case *ast.Type:
		e.defType(d.Def)
	case *ast.Start:
		e.index(d.Func)
		e.u32(len(d.Args))
		for _, a := range d.Args {
			e.index(a)
		}
		e.index(d.Results)
	case *ast.Import:
		e.externName(d.Name)
		e.externType(d.Type)
	case *ast.Export:
		e.export(d)
	case *ast.Value:
		e.valType(d.Type)
		e.name(string(d.Data))
	default:
		e.canon(d)
	}
}

func (e *encoder) coreInstance(d *ast.CoreInstance) {
	e.flag(d.Inline)
	if !d.Inline {
		e.index(d.Module)
		e.u32(len(d.Args))
		for _, a := range d.Args {
			e.name(a.Name)
			e.byte(0x12)
			e.index(a.Instance)
		}
		return
	}
	e.u32(len(d.Exports))
	for _, x := range d.Exports {
		e.name(x.Name)
		e.coreSort(x.Sort)
		e.index(x.Index)
	}
}

func (e *encoder) instance(d *ast.Instance) {
	e.flag(d.Inline)
	if !d.Inline {
		e.index(d.Component)
		e.u32(len(d.Args))
		for _, a := range d.Args {
			e.name(a.Name)
			e.sort(a.Sort)
			e.index(a.Index)
		}
		return
	}
	e.u32(len(d.Exports))
	for _, x := range d.Exports {
		e.externName(x.Name)
		e.sort(x.Sort)
		e.index(x.Index)
	}
}

func (e *encoder) coreSort(s ast.Sort) {
	if s >= ast.SortCoreType {
		e.byte(0x10 + byte(s-ast.SortCoreType))
	} else {
		e.byte(byte(s))
	}
}

func (e *encoder) sort(s ast.Sort) {
	if s >= ast.SortFunc {
		e.byte(1 + byte(s-ast.SortFunc))
		return
	}
	e.byte(0)
	e.coreSort(s)
}

func (e *encoder) alias(d any) {
	switch a := d.(type) {
	case *ast.ExportAlias:
		e.sort(a.Sort)
		e.byte(0)
		e.index(a.Instance)
		e.name(a.Name)
	case *ast.CoreExportAlias:
		e.sort(a.Sort)
		e.byte(1)
		e.index(a.Instance)
		e.name(a.Name)
	case *ast.OuterAlias:
		e.sort(a.Sort)
		e.byte(2)
		e.index(a.Count)
		e.index(a.Index)
	}
}

func (e *encoder) externName(n ast.ExternName) {
	if n.Attrs == nil {
		e.byte(0)
		e.name(n.Name)
		return
	}
	e.byte(2)
	e.name(n.Name)
	e.u32(len(n.Attrs))
	for _, a := range n.Attrs {
		e.byte(byte(a.Kind))
		e.name(a.Value)
	}
}

func (e *encoder) externType(t ast.ExternType) {
	e.sort(t.Sort)
	switch {
	case t.Sort == ast.SortType && !t.Eq:
		e.byte(1)
	case t.Sort == ast.SortValue && !t.Eq:
		e.byte(1)
		e.valType(t.Value)
	case t.Eq:
		e.byte(0)
		e.index(t.Index)
	default:
		e.index(t.Index)
	}
}

func (e *encoder) export(d *ast.Export) {
	e.externName(d.Name)
	e.sort(d.Sort)
	e.index(d.Index)
	e.flag(d.Type != nil)
	if d.Type != nil {
		e.externType(*d.Type)
	}
}

func (e *encoder) canon(d ast.Definition) {
	switch c := d.(type) {
	case *ast.Lift:
		e.byte(0, 0)
		e.index(c.CoreFunc)
		e.opts(c.Opts)
		e.index(c.Type)
	case *ast.Lower:
		e.byte(1, 0)
		e.index(c.Func)
		e.opts(c.Opts)
	case *ast.ResourceCanon:
		e.byte(byte(c.Op))
		e.index(c.Type)
	case *ast.Builtin:
		e.builtin(c)
	}
}

func (e *encoder) opts(opts []ast.CanonOpt) {
	e.u32(len(opts))
	for _, o := range opts {
		e.byte(byte(o.Kind))
		if o.Kind.HasIndex() {
			e.index(o.Index)
		}
	}
}

// builtin writes the operands each opcode has, as Binary.md lists them.
func (e *encoder) builtin(c *ast.Builtin) {
	e.byte(c.Op)
	switch c.Op {
	case 0x06, 0x0c, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x42:
		e.flag(c.Flag)
	case 0x09:
		e.result(c.Result)
		e.opts(c.Opts)
	case 0x0a, 0x0b:
		e.coreVal(c.Rep)
		e.index(c.Slot)
	case 0x0e, 0x13, 0x14, 0x15, 0x1a, 0x1b:
		e.index(c.Type)
	case 0x0f, 0x10, 0x16, 0x17:
		e.index(c.Type)
		e.opts(c.Opts)
	case 0x11, 0x12, 0x18, 0x19:
		e.index(c.Type)
		e.flag(c.Flag)
	case 0x1c, 0x1d:
		e.opts(c.Opts)
	case 0x20, 0x21:
		e.flag(c.Flag)
		e.index(c.Memory)
	case 0x27:
		e.index(c.Core)
		e.index(c.Table)
	case 0x40, 0x41:
		e.flag(c.Flag)
		e.index(c.Core)
		if c.Op == 0x41 {
			e.index(c.Table)
		}
	}
}

func (e *encoder) result(t *ast.ValType) {
	if t == nil {
		e.byte(1, 0)
		return
	}
	e.byte(0)
	e.valType(*t)
}

// coreVal writes a core value type, in one byte where there is an abbreviation.
func (e *encoder) coreVal(t coretype.ValType) {
	if t.Code == coretype.RefNull && t.Heap < 0 {
		e.signed(t.Heap)
		return
	}
	e.byte(t.Code)
	if t.Code == coretype.Ref || t.Code == coretype.RefNull {
		e.signed(t.Heap)
	}
}
