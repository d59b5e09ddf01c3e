package cabi

import (
	"fmt"
	"reflect"

	"github.com/berth-cli/berth/component/internal/types"
)

// record is the plan of a record or tuple held as a struct.
type record struct {
	t      *types.Type
	fields []field
	out    Dynamic // makes the dynamic form
}

type field struct {
	node
	index int    // of the struct field
	mem   uint32 // offset in memory
	flat  int    // offset among the flat values
}

func (e *Env) compileRecord(t *types.Type, rt reflect.Type, path string) (node, error) {
	index, err := e.structFields(t, rt, path)
	if err != nil {
		return nil, err
	}
	fields := make([]field, len(t.Fields))
	flat := 0
	for i, f := range t.Fields {
		ft := anyType
		if !e.isDynamic(rt) {
			ft = rt.Field(index[i]).Type
		}
		n, err := e.compile(f.Type, ft, at(path, fieldName(t, i)))
		if err != nil {
			return nil, err
		}
		fields[i] = field{node: n, index: index[i], mem: f.Offset, flat: flat}
		fs, _ := f.Type.Flat()
		flat += len(fs)
	}
	if e.isDynamic(rt) {
		return &dynamicRecord{t: t, fields: fields, dyn: e.Go.Dynamic}, nil
	}
	return &record{t: t, fields: fields, out: e.Go.Dynamic}, nil
}

func fieldName(t *types.Type, i int) string {
	if t.Kind == types.Tuple {
		return fmt.Sprintf("element %d", i)
	}
	return "field " + t.Fields[i].Name
}

func (r *record) LiftFlat(cx *Context, flat []uint64, dst reflect.Value) error {
	for i := range r.fields {
		f := &r.fields[i]
		if err := f.LiftFlat(cx, flat[f.flat:], dst.Field(f.index)); err != nil {
			return err
		}
	}
	return nil
}

func (r *record) LiftMem(cx *Context, ptr uint32, dst reflect.Value) error {
	for i := range r.fields {
		f := &r.fields[i]
		if err := f.LiftMem(cx, ptr+f.mem, dst.Field(f.index)); err != nil {
			return err
		}
	}
	return nil
}

func (r *record) LowerFlat(cx *Context, src reflect.Value, flat []uint64) error {
	for i := range r.fields {
		f := &r.fields[i]
		if err := f.LowerFlat(cx, src.Field(f.index), flat[f.flat:]); err != nil {
			return err
		}
	}
	return nil
}

func (r *record) LowerMem(cx *Context, src reflect.Value, ptr uint32) error {
	for i := range r.fields {
		f := &r.fields[i]
		if err := f.LowerMem(cx, src.Field(f.index), ptr+f.mem); err != nil {
			return err
		}
	}
	return nil
}

func (r *record) Dynamic(src reflect.Value) any {
	parts := make([]any, len(r.fields))
	for i := range r.fields {
		f := &r.fields[i]
		parts[i] = f.Dynamic(src.Field(f.index))
	}
	return r.out.MakeRecord(r.t, parts)
}

// dynamicRecord is the plan of a record or tuple in the dynamic form.
type dynamicRecord struct {
	t      *types.Type
	fields []field
	dyn    Dynamic
}

// dynamicFieldBytes is what a field in the dynamic form is charged: its name, the
// interface, and a small value behind it.
const dynamicFieldBytes = 40

// lift lifts each field to a part of what it stores to dst.
func (r *dynamicRecord) lift(cx *Context, dst reflect.Value, lift func(f *field, part reflect.Value) error) error {
	if err := cx.charge(uint64(len(r.fields)) * dynamicFieldBytes); err != nil {
		return err
	}
	parts := make([]any, len(r.fields))
	for i := range r.fields {
		if err := lift(&r.fields[i], reflect.ValueOf(&parts[i]).Elem()); err != nil {
			return err
		}
	}
	dst.Set(reflect.ValueOf(r.dyn.MakeRecord(r.t, parts)))
	return nil
}

// lower lowers each part of src as its field.
func (r *dynamicRecord) lower(src reflect.Value, lower func(f *field, part reflect.Value) error) error {
	parts, err := r.dyn.SplitRecord(r.t, src.Interface())
	for i := 0; i < len(r.fields) && err == nil; i++ {
		err = lower(&r.fields[i], reflect.ValueOf(&parts[i]).Elem())
	}
	return err
}

func (r *dynamicRecord) LiftFlat(cx *Context, flat []uint64, dst reflect.Value) error {
	return r.lift(cx, dst, func(f *field, part reflect.Value) error { return f.LiftFlat(cx, flat[f.flat:], part) })
}

func (r *dynamicRecord) LiftMem(cx *Context, ptr uint32, dst reflect.Value) error {
	return r.lift(cx, dst, func(f *field, part reflect.Value) error { return f.LiftMem(cx, ptr+f.mem, part) })
}

func (r *dynamicRecord) LowerFlat(cx *Context, src reflect.Value, flat []uint64) error {
	return r.lower(src, func(f *field, part reflect.Value) error { return f.LowerFlat(cx, part, flat[f.flat:]) })
}

func (r *dynamicRecord) LowerMem(cx *Context, src reflect.Value, ptr uint32) error {
	return r.lower(src, func(f *field, part reflect.Value) error { return f.LowerMem(cx, part, ptr+f.mem) })
}

func (r *dynamicRecord) Dynamic(src reflect.Value) any { return src.Interface() }
