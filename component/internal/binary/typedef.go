package binary

import (
	"errors"

	"github.com/berth-cli/berth/component/internal/coretype"
	"github.com/berth-cli/berth/internal/binread"
)

// The opcodes of type definitions other than primitives.
const (
	opRecord        = 0x72
	opVariant       = 0x71
	opList          = 0x70
	opTuple         = 0x6f
	opFlags         = 0x6e
	opEnum          = 0x6d
	opOption        = 0x6b
	opResult        = 0x6a
	opOwn           = 0x69
	opBorrow        = 0x68
	opFixedList     = 0x67
	opStream        = 0x66
	opFuture        = 0x65
	opMap           = 0x63
	opAsyncFunc     = 0x43
	opInstanceType  = 0x42
	opComponentType = 0x41
	opFunc          = 0x40
	opResource      = 0x3f
)

func (p Prim) known() bool { return p >= String && p <= Bool || p == ErrorContext }

// readValType reads a reference to a value type: a type index, or a primitive as a
// negative number.
func readValType(r *binread.Reader) ValType {
	at := r.Offset()
	v := r.S33()
	if v >= 0 {
		return ValType{Index: uint32(v)}
	}
	if p := Prim(v + 0x80); v >= -0x40 && p.known() {
		return ValType{Prim: p}
	}
	r.FailAt(at, errors.New("not a value type"))
	return ValType{}
}

func readOptValType(r *binread.Reader) *ValType {
	if !readFlag(r, "the presence of a type") {
		return nil
	}
	t := readValType(r)
	return &t
}

func readLabeled(r *binread.Reader) []Labeled {
	var ls []Labeled
	for range r.Count(2) {
		ls = append(ls, Labeled{Name: r.Name(), Type: readValType(r)})
	}
	return ls
}

func readLabels(r *binread.Reader) []string {
	var ls []string
	for range r.Count(1) {
		ls = append(ls, r.Name())
	}
	return ls
}

func (d *decoder) typeDef(r *binread.Reader) *Type {
	return &Type{At: At{r.Offset()}, Def: d.defType(r)}
}

func (d *decoder) defType(r *binread.Reader) DefType {
	b := r.Byte()
	if p := Prim(b); p.known() {
		return p
	}
	switch b {
	case opRecord:
		return &Record{Fields: readLabeled(r)}
	case opVariant:
		return readVariant(r)
	case opTuple:
		return readTuple(r)
	case opFlags:
		return &Flags{Labels: readLabels(r)}
	case opEnum:
		return &Enum{Labels: readLabels(r)}
	case opOwn:
		return &Own{Resource: r.U32()}
	case opBorrow:
		return &Borrow{Resource: r.U32()}
	case opFunc, opAsyncFunc:
		return readFuncType(r, b == opAsyncFunc)
	case opResource:
		return readResourceType(r)
	case opComponentType:
		return &ComponentType{Decls: d.decls(r, true)}
	case opInstanceType:
		return &InstanceType{Decls: d.decls(r, false)}
	}
	return readWrapper(r, b)
}

// readWrapper reads a type around one or two others.
func readWrapper(r *binread.Reader, b byte) DefType {
	switch b {
	case opList:
		return &List{Elem: readValType(r)}
	case opFixedList:
		return &FixedList{Elem: readValType(r), Len: r.U32()}
	case opOption:
		return &Option{Elem: readValType(r)}
	case opResult:
		return &Result{Ok: readOptValType(r), Err: readOptValType(r)}
	case opStream:
		return &Stream{Elem: readOptValType(r)}
	case opFuture:
		return &Future{Elem: readOptValType(r)}
	case opMap:
		return &Map{Key: readValType(r), Value: readValType(r)}
	}
	r.BadByte(b, "a type definition")
	return nil
}

func readVariant(r *binread.Reader) *Variant {
	v := &Variant{}
	for range r.Count(3) {
		v.Cases = append(v.Cases, Case{Name: r.Name(), Type: readOptValType(r)})
		if b := r.Byte(); b != 0 {
			r.BadByte(b, "the zero that ends a case")
		}
	}
	return v
}

func readTuple(r *binread.Reader) *Tuple {
	t := &Tuple{}
	for range r.Count(1) {
		t.Types = append(t.Types, readValType(r))
	}
	return t
}

func readFuncType(r *binread.Reader, async bool) *FuncType {
	return &FuncType{Async: async, Params: readLabeled(r), Result: readResult(r)}
}

// readResult reads a result list: one type, or none.
func readResult(r *binread.Reader) *ValType {
	switch b := r.Byte(); b {
	case 0x00:
		t := readValType(r)
		return &t
	case 0x01:
		if n := r.Byte(); n != 0 {
			r.BadByte(n, "the number of named results, which must be zero")
		}
	default:
		r.BadByte(b, "a result list")
	}
	return nil
}

func readResourceType(r *binread.Reader) *ResourceType {
	t := &ResourceType{Rep: coretype.ReadValType(r)}
	if readFlag(r, "the presence of a destructor") {
		f := r.U32()
		t.Dtor = &f
	}
	return t
}

// decls reads the declarators of a component type or an instance type.
func (d *decoder) decls(r *binread.Reader, imports bool) []Decl {
	if !d.enter(r) {
		return nil
	}
	defer d.leave()
	var ds []Decl
	for range r.Count(2) {
		ds = append(ds, d.decl(r, imports))
	}
	return ds
}

func (d *decoder) decl(r *binread.Reader, imports bool) Decl {
	switch b := r.Byte(); {
	case b == 0x00:
		return readCoreType(r)
	case b == 0x01:
		return d.typeDef(r)
	case b == 0x02:
		return readAlias(r)
	case b == 0x03 && imports:
		return readImport(r)
	case b == 0x04:
		return readExportDecl(r)
	default:
		r.BadByte(b, "a declarator of a component or instance type")
		return nil
	}
}
