package cabi

import (
	"fmt"
	"reflect"

	"github.com/berth-cli/berth/component/internal/types"
)

// record is the plan of a record or tuple: a struct, or its fields in the dynamic
// form.
type record struct {
	t      *types.Type
	fields []field
	dyn    Dynamic // nil for a struct
	dynOut Dynamic // makes the dynamic form
}

type field struct {
	node
	index int    // of the struct field
	mem   uint32 // offset in memory
	flat  int    // offset among the flat values
}

// dynamicFieldBytes is what a field in the dynamic form is charged: its name, the
// interface, and a small value behind it.
const dynamicFieldBytes = 40

func (e *Env) compileRecord(t *types.Type, rt reflect.Type, path string) (node, error) {
	r := &record{t: t, fields: make([]field, len(t.Fields)), dynOut: e.Go.Dynamic}
	if e.isDynamic(rt) {
		r.dyn = e.Go.Dynamic
	}
	index, err := e.structFields(t, rt, path)
	if err != nil {
		return nil, err
	}
	flat := 0
	for i, f := range t.Fields {
		ft := anyType
		if r.dyn == nil {
			ft = rt.Field(index[i]).Type
		}
		n, err := e.compile(f.Type, ft, at(path, fieldName(t, i)))
		if err != nil {
			return nil, err
		}
		r.fields[i] = field{node: n, index: index[i], mem: f.Offset, flat: flat}
		fs, _ := f.Type.Flat()
		flat += len(fs)
	}
	return r, nil
}

func fieldName(t *types.Type, i int) string {
	if t.Kind == types.Tuple {
		return fmt.Sprintf("element %d", i)
	}
	return "field " + t.Fields[i].Name
}

// place is where the fields of a record are: in a struct, or in parts.
type place struct {
	v     reflect.Value
	parts []any
}

func (p place) field(f *field, i int) reflect.Value {
	if p.parts != nil {
		return reflect.ValueOf(&p.parts[i]).Elem()
	}
	return p.v.Field(f.index)
}

func (r *record) open(cx *Context, dst reflect.Value) (place, error) {
	if r.dyn == nil {
		return place{v: dst}, nil
	}
	if err := cx.charge(uint64(len(r.fields)) * dynamicFieldBytes); err != nil {
		return place{}, err
	}
	return place{parts: make([]any, len(r.fields))}, nil
}

func (r *record) close(dst reflect.Value, p place) {
	if p.parts != nil {
		dst.Set(reflect.ValueOf(r.dyn.MakeRecord(r.t, p.parts)))
	}
}

// split returns where the fields of src are.
func (r *record) split(src reflect.Value) (place, error) {
	if r.dyn == nil {
		return place{v: src}, nil
	}
	parts, err := r.dyn.SplitRecord(r.t, src.Interface())
	if err != nil {
		return place{}, err
	}
	return place{parts: parts}, nil
}

func (r *record) LiftFlat(cx *Context, flat []uint64, dst reflect.Value) error {
	p, err := r.open(cx, dst)
	if err != nil {
		return err
	}
	for i := range r.fields {
		f := &r.fields[i]
		if err := f.LiftFlat(cx, flat[f.flat:], p.field(f, i)); err != nil {
			return err
		}
	}
	r.close(dst, p)
	return nil
}

func (r *record) LiftMem(cx *Context, ptr uint32, dst reflect.Value) error {
	p, err := r.open(cx, dst)
	if err != nil {
		return err
	}
	for i := range r.fields {
		f := &r.fields[i]
		if err := f.LiftMem(cx, ptr+f.mem, p.field(f, i)); err != nil {
			return err
		}
	}
	r.close(dst, p)
	return nil
}

func (r *record) LowerFlat(cx *Context, src reflect.Value, flat []uint64) error {
	p, err := r.split(src)
	if err != nil {
		return err
	}
	for i := range r.fields {
		f := &r.fields[i]
		if err := f.LowerFlat(cx, p.field(f, i), flat[f.flat:]); err != nil {
			return err
		}
	}
	return nil
}

func (r *record) LowerMem(cx *Context, src reflect.Value, ptr uint32) error {
	p, err := r.split(src)
	if err != nil {
		return err
	}
	for i := range r.fields {
		f := &r.fields[i]
		if err := f.LowerMem(cx, p.field(f, i), ptr+f.mem); err != nil {
			return err
		}
	}
	return nil
}

func (r *record) Dynamic(src reflect.Value) any {
	if r.dyn != nil {
		return src.Interface()
	}
	parts := make([]any, len(r.fields))
	for i := range r.fields {
		f := &r.fields[i]
		parts[i] = f.Dynamic(src.Field(f.index))
	}
	return r.dynOut.MakeRecord(r.t, parts)
}
