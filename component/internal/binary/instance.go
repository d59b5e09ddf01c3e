package binary

import (
	"errors"

	"github.com/berth-cli/berth/internal/binread"
)

func readCoreInstance(r *binread.Reader) *CoreInstance {
	d := &CoreInstance{At: At{r.Offset()}}
	switch b := r.Byte(); b {
	case 0x00:
		d.Module = r.U32()
		for range r.Count(3) {
			d.Args = append(d.Args, readCoreArg(r))
		}
	case 0x01:
		d.Inline = true
		for range r.Count(3) {
			d.Exports = append(d.Exports, CoreSortIdx{Name: r.Name(), Sort: readCoreSort(r), Index: r.U32()})
		}
	default:
		r.BadByte(b, "a core instance")
	}
	return d
}

func readCoreArg(r *binread.Reader) CoreArg {
	a := CoreArg{Name: r.Name()}
	if b := r.Byte(); b != 0x12 {
		r.BadByte(b, "the sort of an argument of a core module")
	}
	a.Instance = r.U32()
	return a
}

func readInstance(r *binread.Reader) *Instance {
	d := &Instance{At: At{r.Offset()}}
	switch b := r.Byte(); b {
	case 0x00:
		d.Component = r.U32()
		for range r.Count(3) {
			d.Args = append(d.Args, Arg{Name: r.Name(), Sort: readSort(r), Index: r.U32()})
		}
	case 0x01:
		d.Inline = true
		for range r.Count(4) {
			e := InlineExport{Name: readExternName(r), Sort: readSort(r), Index: r.U32()}
			d.Exports = append(d.Exports, e)
		}
	default:
		r.BadByte(b, "an instance")
	}
	return d
}

// aliasDef is an alias: both a definition and a declarator.
type aliasDef interface {
	Definition
	Decl
}

func readAlias(r *binread.Reader) aliasDef {
	at := At{r.Offset()}
	sort := readSort(r)
	switch b := r.Byte(); b {
	case 0x00:
		return &ExportAlias{At: at, Sort: sort, Instance: r.U32(), Name: r.Name()}
	case 0x01:
		a := &CoreExportAlias{At: at, Sort: sort, Instance: r.U32(), Name: r.Name()}
		if sort > SortCoreTag {
			r.FailAt(at.Offset, errors.New("alias of a core export that is a "+sort.String()))
		}
		return a
	case 0x02:
		a := &OuterAlias{At: at, Sort: sort, Count: r.U32(), Index: r.U32()}
		if !sort.outer() {
			r.FailAt(at.Offset, errors.New("outer alias of a "+sort.String()))
		}
		return a
	default:
		r.BadByte(b, "the target of an alias")
		return &OuterAlias{At: at}
	}
}

// outer reports whether an outer alias can be of the sort.
func (s Sort) outer() bool {
	return s == SortCoreModule || s == SortCoreType || s == SortType || s == SortComponent
}
