package elab

import (
	"errors"
	"fmt"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/coretype"
	"github.com/berth-cli/berth/component/internal/types"
)

// defineType evaluates a type definition.
func (s *scope) defineType(d *binary.Type) error {
	t, err := s.newType(d.Def)
	if err != nil {
		return err
	}
	s.add(t)
	return nil
}

func (s *scope) newType(def binary.DefType) (*typeDef, error) {
	switch def := def.(type) {
	case *binary.FuncType:
		ft, err := s.newFuncType(def)
		return &typeDef{kind: functionType, ft: ft}, err
	case *binary.ResourceType:
		return s.newResource(def)
	case *binary.InstanceType:
		return s.newClosure(instanceType, def.Decls)
	case *binary.ComponentType:
		return s.newClosure(componentType, def.Decls)
	}
	return s.newValueType(def)
}

// newValueType makes the type and the node that remembers its parts.
func (s *scope) newValueType(def binary.DefType) (*typeDef, error) {
	b := valueBuilder{s: s, in: s.e.in}
	val, err := b.build(def)
	if b.err != nil {
		err = b.err
	}
	if err != nil {
		return nil, err
	}
	return &typeDef{kind: valueType, val: val, refs: b.refs}, nil
}

// valueBuilder builds one value type. The first bad reference stays in err, and
// what is built after it is thrown away.
type valueBuilder struct {
	s    *scope
	in   *types.Interner
	refs []*typeDef
	err  error
}

func (b *valueBuilder) build(def binary.DefType) (*types.Type, error) {
	switch def := def.(type) {
	case binary.Prim:
		return b.s.prim(def)
	case *binary.Record:
		return b.record(def)
	case *binary.Variant:
		return b.variant(def)
	case *binary.Tuple:
		return b.tuple(def)
	case *binary.Flags:
		return b.labels(def.Labels, b.in.Flags)
	case *binary.Enum:
		return b.labels(def.Labels, b.in.Enum)
	case *binary.Own:
		return b.handle(def.Resource, b.in.Own)
	case *binary.Borrow:
		return b.handle(def.Resource, b.in.Borrow)
	}
	return b.container(def)
}

func (b *valueBuilder) container(def binary.DefType) (*types.Type, error) {
	switch def := def.(type) {
	case *binary.List:
		return b.unary(&def.Elem, b.in.List)
	case *binary.Option:
		return b.unary(&def.Elem, b.in.Option)
	case *binary.Stream:
		return b.unary(def.Elem, b.in.Stream)
	case *binary.Future:
		return b.unary(def.Elem, b.in.Future)
	case *binary.FixedList:
		return b.unary(&def.Elem, func(t *types.Type) (*types.Type, error) { return b.in.FixedList(t, def.Len) })
	case *binary.Result:
		ok := b.optional(def.Ok)
		return b.unary(def.Err, func(err *types.Type) (*types.Type, error) { return b.in.Result(ok, err) })
	case *binary.Map:
		key := b.ref(def.Key)
		return b.unary(&def.Value, func(val *types.Type) (*types.Type, error) { return b.in.Map(key, val) })
	}
	return nil, fmt.Errorf("unknown type definition %T", def)
}

// ref is the type that v refers to; nil, with b.err set, if there is none.
func (b *valueBuilder) ref(v binary.ValType) *types.Type {
	if b.err != nil {
		return nil
	}
	t, node, err := b.s.valType(v)
	b.err = err
	if node != nil {
		b.refs = append(b.refs, node)
	}
	return t
}

func (b *valueBuilder) optional(v *binary.ValType) *types.Type {
	if v == nil {
		return nil
	}
	return b.ref(*v)
}

func (b *valueBuilder) unary(v *binary.ValType, make func(*types.Type) (*types.Type, error)) (*types.Type, error) {
	t := b.optional(v)
	if b.err != nil {
		return nil, b.err
	}
	return make(t)
}

func (b *valueBuilder) labels(labels []string, make func([]string) (*types.Type, error)) (*types.Type, error) {
	if err := b.s.e.spend(len(labels)); err != nil {
		return nil, err
	}
	return make(labels)
}

func (b *valueBuilder) handle(i uint32, make func(*types.Resource) (*types.Type, error)) (*types.Type, error) {
	t, err := b.s.typeOf(resourceType, i)
	if err != nil {
		return nil, err
	}
	b.refs = append(b.refs, t)
	return make(t.res)
}

func (b *valueBuilder) record(def *binary.Record) (*types.Type, error) {
	if err := b.s.e.spend(len(def.Fields)); err != nil {
		return nil, err
	}
	fields := make([]types.Field, len(def.Fields))
	for i, f := range def.Fields {
		fields[i] = types.Field{Name: f.Name, Type: b.ref(f.Type)}
	}
	if b.err != nil {
		return nil, b.err
	}
	return b.in.Record(fields)
}

func (b *valueBuilder) variant(def *binary.Variant) (*types.Type, error) {
	if err := b.s.e.spend(len(def.Cases)); err != nil {
		return nil, err
	}
	cases := make([]types.Case, len(def.Cases))
	for i, c := range def.Cases {
		cases[i] = types.Case{Name: c.Name, Type: b.optional(c.Type)}
	}
	if b.err != nil {
		return nil, b.err
	}
	return b.in.Variant(cases)
}

func (b *valueBuilder) tuple(def *binary.Tuple) (*types.Type, error) {
	if err := b.s.e.spend(len(def.Types)); err != nil {
		return nil, err
	}
	elems := make([]*types.Type, len(def.Types))
	for i, t := range def.Types {
		elems[i] = b.ref(t)
	}
	if b.err != nil {
		return nil, b.err
	}
	return b.in.Tuple(elems)
}

// valType is the type v refers to and its node, nil for a primitive.
func (s *scope) valType(v binary.ValType) (*types.Type, *typeDef, error) {
	if v.Prim != 0 {
		t, err := s.prim(v.Prim)
		return t, nil, err
	}
	t, err := s.typeOf(valueType, v.Index)
	if err != nil {
		return nil, nil, err
	}
	return t.val, t, nil
}

// prim is a primitive type. The encoding counts down from bool as types.Kind counts up.
func (s *scope) prim(p binary.Prim) (*types.Type, error) {
	if p == binary.ErrorContext {
		return s.e.in.ErrorContext()
	}
	if p < binary.String || p > binary.Bool {
		return nil, fmt.Errorf("unknown primitive type %#x", uint8(p))
	}
	return s.e.in.Prim(types.Bool + types.Kind(binary.Bool-p)), nil
}

func (s *scope) newFuncType(def *binary.FuncType) (*funcType, error) {
	if err := s.e.spend(len(def.Params)); err != nil {
		return nil, err
	}
	ft := &funcType{params: make([]*typeDef, len(def.Params))}
	f := types.Func{Async: def.Async, Params: make([]types.Param, len(def.Params))}
	for i, p := range def.Params {
		t, node, err := s.valType(p.Type)
		if err != nil {
			return nil, fmt.Errorf("parameter %q: %w", clip(p.Name), err)
		}
		f.Params[i] = types.Param{Name: p.Name, Type: t}
		ft.params[i] = node
	}
	if def.Result != nil {
		t, node, err := s.valType(*def.Result)
		if err != nil {
			return nil, fmt.Errorf("result: %w", err)
		}
		f.Result, ft.result = t, node
	}
	typ, err := s.e.in.Func(f)
	ft.typ = typ
	return ft, err
}

// newResource defines a fresh resource type.
func (s *scope) newResource(def *binary.ResourceType) (*typeDef, error) {
	if s.kind != componentBody {
		return nil, errors.New("resources can only be defined within a concrete component")
	}
	if def.Rep.Code != coretype.I32 {
		return nil, fmt.Errorf("a resource is represented by i32, not %s", def.Rep)
	}
	r := &types.Resource{}
	info := Resource{Type: r, Defined: true, Instance: s.inst}
	if def.Dtor != nil {
		dtor, err := s.coreFunc(*def.Dtor)
		if err != nil {
			return nil, err
		}
		if err := checkSignature(dtor.typ.Func, []byte{coretype.I32}, nil); err != nil {
			return nil, fmt.Errorf("destructor: %w", err)
		}
		info.Dtor = dtor.src
	}
	if s.emit {
		s.e.p.Resources = append(s.e.p.Resources, info)
		s.step(&DefineResource{Resource: len(s.e.p.Resources) - 1})
	}
	if s.local == nil {
		s.local = map[*types.Resource]bool{}
	}
	s.local[r] = true
	return &typeDef{kind: resourceType, res: r}, nil
}

// coreSignature is a core function type of number types.
func coreSignature(params, results []byte) *coretype.Func {
	list := func(codes []byte) []coretype.ValType {
		ts := make([]coretype.ValType, len(codes))
		for i, c := range codes {
			ts[i].Code = c
		}
		return ts
	}
	return &coretype.Func{Params: list(params), Results: list(results)}
}
