package binary

import "github.com/berth-cli/berth/internal/binread"

// readCoreSort reads a sort after the byte that says it is a core one.
func readCoreSort(r *binread.Reader) Sort {
	b := r.Byte()
	switch {
	case b <= 0x04:
		return SortCoreFunc + Sort(b)
	case b >= 0x10 && b <= 0x12:
		return SortCoreType + Sort(b-0x10)
	}
	r.BadByte(b, "a core sort")
	return 0
}

func readSort(r *binread.Reader) Sort {
	b := r.Byte()
	switch {
	case b == 0:
		return readCoreSort(r)
	case b <= 0x05:
		return SortFunc + Sort(b-1)
	}
	r.BadByte(b, "a sort")
	return 0
}

// readExternSort reads the sort of something that can be imported or exported.
func readExternSort(r *binread.Reader) Sort {
	b := r.Byte()
	switch {
	case b == 0:
		if c := r.Byte(); c != 0x11 {
			r.BadByte(c, "a sort that can be imported or exported")
		}
		return SortCoreModule
	case b <= 0x05:
		return SortFunc + Sort(b-1)
	}
	r.BadByte(b, "a sort that can be imported or exported")
	return 0
}

// readExternName reads an import or export name. The prefixes 0 and 1 mean the
// same: they once told two kinds of names apart.
func readExternName(r *binread.Reader) ExternName {
	b := r.Byte()
	if b > 2 {
		r.BadByte(b, "the start of a name")
	}
	n := ExternName{Name: r.Name()}
	if b < 2 {
		return n
	}
	for range r.Count(2) {
		k := AttrKind(r.Byte())
		if k > ExternalID {
			r.BadByte(byte(k), "a name attribute")
		}
		n.Attrs = append(n.Attrs, NameAttr{Kind: k, Value: r.Name()})
	}
	return n
}

func readExternType(r *binread.Reader) ExternType {
	t := ExternType{Sort: readExternSort(r)}
	switch t.Sort {
	case SortValue:
		readValueBound(r, &t)
	case SortType:
		readTypeBound(r, &t)
	default:
		t.Index = r.U32()
	}
	return t
}

func readTypeBound(r *binread.Reader, t *ExternType) {
	switch b := r.Byte(); b {
	case 0x00:
		t.Eq, t.Index = true, r.U32()
	case 0x01:
	default:
		r.BadByte(b, "a type bound")
	}
}

func readValueBound(r *binread.Reader, t *ExternType) {
	switch b := r.Byte(); b {
	case 0x00:
		t.Eq, t.Index = true, r.U32()
	case 0x01:
		t.Value = readValType(r)
	default:
		r.BadByte(b, "a value bound")
	}
}

func readImport(r *binread.Reader) *Import {
	return &Import{At: At{r.Offset()}, Name: readExternName(r), Type: readExternType(r)}
}

func readExport(r *binread.Reader) *Export {
	e := &Export{At: At{r.Offset()}, Name: readExternName(r), Sort: readExternSort(r), Index: r.U32()}
	if readFlag(r, "the presence of an ascribed type") {
		t := readExternType(r)
		e.Type = &t
	}
	return e
}

func readExportDecl(r *binread.Reader) *ExportDecl {
	return &ExportDecl{At: At{r.Offset()}, Name: readExternName(r), Type: readExternType(r)}
}

// readFlag reads a byte that is 0 or 1.
func readFlag(r *binread.Reader, what string) bool {
	b := r.Byte()
	if b > 1 {
		r.BadByte(b, what)
	}
	return b == 1
}
