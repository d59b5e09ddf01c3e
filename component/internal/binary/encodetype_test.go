package binary_test

import (
	ast "github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/coretype"
)

func (e *encoder) valType(t ast.ValType) {
	if t.Prim != 0 {
		e.byte(byte(t.Prim))
		return
	}
	e.signed(int64(t.Index))
}

func (e *encoder) optValType(t *ast.ValType) {
	e.flag(t != nil)
	if t != nil {
		e.valType(*t)
	}
}

func (e *encoder) labeled(ls []ast.Labeled) {
	e.u32(len(ls))
	for _, l := range ls {
		e.name(l.Name)
		e.valType(l.Type)
	}
}

func (e *encoder) labels(ls []string) {
	e.u32(len(ls))
	for _, l := range ls {
		e.name(l)
	}
}

func (e *encoder) defType(d ast.DefType) {
	switch t := d.(type) {
	case ast.Prim:
		e.byte(byte(t))
	case *ast.Record:
		e.byte(0x72)
		e.labeled(t.Fields)
	case *ast.Variant:
		e.byte(0x71)
		e.u32(len(t.Cases))
		for _, c := range t.Cases {
			e.name(c.Name)
			e.optValType(c.Type)
			e.byte(0)
		}
	case *ast.Tuple:
		e.byte(0x6f)
		e.u32(len(t.Types))
		for _, x := range t.Types {
			e.valType(x)
		}
	case *ast.Flags:
		e.byte(0x6e)
		e.labels(t.Labels)
	case *ast.Enum:
		e.byte(0x6d)
		e.labels(t.Labels)
	case *ast.FuncType:
		if t.Async {
			e.byte(0x43)
		} else {
			e.byte(0x40)
		}
		e.labeled(t.Params)
		e.result(t.Result)
	default:
		e.wrapper(d)
	}
}

func (e *encoder) wrapper(d ast.DefType) {
	switch t := d.(type) {
	case *ast.List:
		e.byte(0x70)
		e.valType(t.Elem)
	case *ast.FixedList:
		e.byte(0x67)
		e.valType(t.Elem)
		e.index(t.Len)
	case *ast.Option:
		e.byte(0x6b)
		e.valType(t.Elem)
	case *ast.Result:
		e.byte(0x6a)
		e.optValType(t.Ok)
		e.optValType(t.Err)
	case *ast.Own:
		e.byte(0x69)
		e.index(t.Resource)
	case *ast.Borrow:
		e.byte(0x68)
		e.index(t.Resource)
	case *ast.Stream:
		e.byte(0x66)
		e.optValType(t.Elem)
	case *ast.Future:
		e.byte(0x65)
		e.optValType(t.Elem)
	case *ast.Map:
		e.byte(0x63)
		e.valType(t.Key)
		e.valType(t.Value)
	default:
		e.scope(d)
	}
}

func (e *encoder) scope(d ast.DefType) {
	switch t := d.(type) {
	case *ast.ResourceType:
		e.byte(0x3f)
		e.coreVal(t.Rep)
		e.flag(t.Dtor != nil)
		if t.Dtor != nil {
			e.index(*t.Dtor)
		}
	case *ast.ComponentType:
		e.byte(0x41)
		e.decls(t.Decls)
	case *ast.InstanceType:
		e.byte(0x42)
		e.decls(t.Decls)
	}
}

func (e *encoder) decls(decls []ast.Decl) {
	e.u32(len(decls))
	for _, d := range decls {
		switch d := d.(type) {
		case *ast.CoreType:
			e.byte(0)
			e.coreType(d)
		case *ast.Type:
			e.byte(1)
			e.defType(d.Def)
		case *ast.Import:
			e.byte(3)
			e.externName(d.Name)
			e.externType(d.Type)
		case *ast.ExportDecl:
			e.byte(4)
			e.externName(d.Name)
			e.externType(d.Type)
		default:
			e.byte(2)
			e.alias(d)
		}
	}
}

func (e *encoder) coreType(d *ast.CoreType) {
	if d.Module == nil {
		e.group(d.Group)
		return
	}
	e.byte(0x50)
	e.u32(len(d.Module.Decls))
	for _, m := range d.Module.Decls {
		switch {
		case m.Import != nil:
			e.byte(0)
			e.name(m.Import.Module)
			e.name(m.Import.Name)
			e.extern(m.Import.Type)
		case m.Alias != nil:
			e.byte(2, 0x10, 1)
			e.index(m.Alias.Count)
			e.index(m.Alias.Index)
		case m.Export != nil:
			e.byte(3)
			e.name(m.Export.Name)
			e.extern(m.Export.Type)
		default:
			e.byte(1)
			e.group(m.Type)
		}
	}
}

// group writes a lone function type and refuses all others.
func (e *encoder) group(g []coretype.Type) {
	if len(g) != 1 || g[0].Func == nil || g[0].Open {
		e.err = errLossy
		return
	}
	e.byte(0x60)
	e.coreVals(g[0].Func.Params)
	e.coreVals(g[0].Func.Results)
}

func (e *encoder) coreVals(ts []coretype.ValType) {
	e.u32(len(ts))
	for _, t := range ts {
		e.coreVal(t)
	}
}

func (e *encoder) extern(x coretype.RawExtern) {
	e.byte(byte(x.Kind))
	switch x.Kind {
	case coretype.ExternFunc:
		e.index(x.TypeIndex)
	case coretype.ExternTag:
		e.byte(0)
		e.index(x.TypeIndex)
	case coretype.ExternTable:
		e.coreVal(x.Table.Elem)
		e.limits(x.Table.Limits, 0)
	case coretype.ExternMemory:
		e.memory(x.Memory)
	case coretype.ExternGlobal:
		e.coreVal(x.Global.Type)
		flags := byte(0)
		if x.Global.Mutable {
			flags |= 1
		}
		if x.Global.Shared {
			flags |= 2
		}
		e.byte(flags)
	}
}

func (e *encoder) memory(m coretype.Memory) {
	if m.PageBits == 16 {
		e.limits(m.Limits, 0)
		return
	}
	e.limits(m.Limits, 8)
	e.index(uint32(m.PageBits))
}

func (e *encoder) limits(l coretype.Limits, flags byte) {
	if l.HasMax {
		flags |= 1
	}
	if l.Shared {
		flags |= 2
	}
	if l.Is64 {
		flags |= 4
	}
	e.byte(flags)
	e.uint64(l.Min)
	if l.HasMax {
		e.uint64(l.Max)
	}
}
