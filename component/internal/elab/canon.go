package elab

import (
	"errors"
	"fmt"
	"slices"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/coretype"
	"github.com/berth-cli/berth/component/internal/types"
)

// defineCanon evaluates a canonical definition, or what is not supported.
func (s *scope) defineCanon(d binary.Definition) error {
	switch d := d.(type) {
	case *binary.Lift:
		return s.defineLift(d)
	case *binary.Lower:
		return s.defineLower(d)
	case *binary.ResourceCanon:
		return s.defineResourceCanon(d)
	case *binary.Builtin:
		return s.defineBuiltin(d)
	case *binary.Start:
		return &UnsupportedError{Feature: "component start functions"}
	case *binary.Value:
		return &UnsupportedError{Feature: "values"}
	}
	return fmt.Errorf("unknown definition %T", d)
}

func (s *scope) defineLift(d *binary.Lift) error {
	t, err := s.typeOf(functionType, d.Type)
	if err != nil {
		return err
	}
	f, err := s.coreFunc(d.CoreFunc)
	if err != nil {
		return err
	}
	opts, err := s.options(d.Opts)
	if err != nil {
		return err
	}
	core := t.ft.typ.LiftCore()
	if want := coreFuncOf(core); !f.typ.Func.Equal(want) {
		return fmt.Errorf("the core function has type %s, but %s lifts from %s", f.typ.Func, t.ft.typ, want)
	}
	if err := opts.checkLift(t.ft.typ, f.typ.Func); err != nil {
		return err
	}
	def := &funcDef{ft: t.ft, slot: noSlot}
	if s.emit {
		if def.slot, err = s.emitLift(t.ft.typ, f.src, opts); err != nil {
			return err
		}
	}
	s.add(def)
	return nil
}

func (s *scope) emitLift(f *types.Func, core CoreSource, opts options) (int, error) {
	if f.Async {
		return 0, &UnsupportedError{Feature: "async functions"}
	}
	f, err := s.e.runtimeFunc(f)
	if err != nil {
		return 0, err
	}
	slot := s.e.addFunc(Func{Type: f, Lifted: &LiftedFunc{Core: core, Options: opts.CanonOptions, Instance: s.inst}})
	s.step(&Lift{Func: slot})
	return slot, nil
}

func (s *scope) defineLower(d *binary.Lower) error {
	f, err := lookup(s.funcs, binary.SortFunc, d.Func)
	if err != nil {
		return err
	}
	opts, err := s.options(d.Opts)
	if err != nil {
		return err
	}
	if err := opts.checkLower(f.ft.typ); err != nil {
		return err
	}
	slot := s.addCoreFunc(coreFuncOf(f.ft.typ.LowerCore()))
	if !s.emit {
		return nil
	}
	typ, err := s.e.runtimeFunc(f.ft.typ)
	if err != nil {
		return err
	}
	s.step(&Lower{Func: f.slot, Type: typ, Options: opts.CanonOptions, To: slot, Instance: s.inst})
	return nil
}

// coreFuncOf is a flattened type as a core type: the codes are the same.
func coreFuncOf(c types.CoreFunc) *coretype.Func {
	list := func(ks []types.FlatKind) []coretype.ValType {
		ts := make([]coretype.ValType, len(ks))
		for i, k := range ks {
			ts[i].Code = byte(k)
		}
		return ts
	}
	return &coretype.Func{Params: list(c.Params), Results: list(c.Results)}
}

func (s *scope) defineResourceCanon(d *binary.ResourceCanon) error {
	t, err := s.typeOf(resourceType, d.Type)
	if err != nil {
		return err
	}
	if d.Op != binary.ResourceDrop && !s.local[t.res] {
		return fmt.Errorf("type index %d is not a local resource: only the component that defines it may do this", d.Type)
	}
	i32 := []byte{coretype.I32}
	results := i32
	if d.Op == binary.ResourceDrop {
		results = nil
	}
	slot := s.addCoreFunc(coreSignature(i32, results))
	res := s.e.actualResource(t.res)
	switch d.Op {
	case binary.ResourceNew:
		s.step(&ResourceNew{Resource: res, To: slot, Instance: s.inst})
	case binary.ResourceDrop:
		s.step(&ResourceDrop{Resource: res, To: slot, Instance: s.inst})
	case binary.ResourceRep:
		s.step(&ResourceRep{Resource: res, To: slot, Instance: s.inst})
	}
	return nil
}

// options are canonical options with what checking them needs.
type options struct {
	CanonOptions
	encoded    bool           // an encoding is given
	postReturn *coretype.Func // its type, if there is one
}

// options reads a list of canonical options and checks what does not depend on
// the function they are for.
//
// Binary.md, "Canonical Definitions".
func (s *scope) options(opts []binary.CanonOpt) (options, error) {
	var o options
	if err := s.cost(len(opts)); err != nil {
		return o, err
	}
	for _, opt := range opts {
		if err := s.option(&o, opt); err != nil {
			return o, fmt.Errorf("canonical option `%s`: %w", opt.Kind, err)
		}
	}
	if o.Realloc.Present() && !o.Memory.Present() {
		return o, errors.New("canonical option `realloc` requires `memory`")
	}
	return o, nil
}

var errTwice = errors.New("specified more than once")

func (s *scope) option(o *options, opt binary.CanonOpt) error {
	switch opt.Kind {
	case binary.OptUTF8, binary.OptUTF16, binary.OptLatin1UTF16:
		if o.encoded {
			return errors.New("conflicts with an earlier encoding")
		}
		o.encoded, o.Encoding = true, Encoding(opt.Kind-binary.OptUTF8)
		return nil
	case binary.OptMemory:
		return s.memoryOption(o, opt.Index)
	case binary.OptRealloc:
		return s.reallocOption(o, opt.Index)
	case binary.OptPostReturn:
		f, err := s.coreFunc(opt.Index)
		if err != nil {
			return err
		}
		if o.PostReturn.Present() {
			return errTwice
		}
		o.PostReturn, o.postReturn = f.src, f.typ.Func
		return nil
	}
	return &UnsupportedError{Feature: "canonical option `" + opt.Kind.String() + "`"}
}

func (s *scope) memoryOption(o *options, i uint32) error {
	m, err := s.coreItem(binary.SortCoreMemory, i)
	if err != nil {
		return err
	}
	if o.Memory.Present() {
		return errTwice
	}
	if m.typ.Memory.Is64 {
		return &UnsupportedError{Feature: "64-bit memory"}
	}
	if m.typ.Memory.Shared {
		return &UnsupportedError{Feature: "shared memory"}
	}
	o.Memory = m.src
	return nil
}

func (s *scope) reallocOption(o *options, i uint32) error {
	f, err := s.coreFunc(i)
	if err != nil {
		return err
	}
	if o.Realloc.Present() {
		return errTwice
	}
	const i32 = coretype.I32
	if want := coreSignature([]byte{i32, i32, i32, i32}, []byte{i32}); !f.typ.Func.Equal(want) {
		return fmt.Errorf("incorrect signature: have %s, want %s", f.typ.Func, want)
	}
	o.Realloc = f.src
	return nil
}

// checkLift checks that the options are enough to lift a core function as f:
// parameters are lowered into the component, the result is lifted out of it.
func (o *options) checkLift(f *types.Func, core *coretype.Func) error {
	c := f.LiftCore()
	lowers := c.ParamsInMemory || slices.ContainsFunc(f.Params, paramHasPointer)
	lifts := c.ResultInMemory || f.Result != nil && f.Result.HasPointer()
	if err := o.require(lowers || lifts, lowers); err != nil {
		return err
	}
	if o.postReturn == nil {
		return nil
	}
	if want := (&coretype.Func{Params: core.Results}); !o.postReturn.Equal(want) {
		return fmt.Errorf("canonical option `post-return`: incorrect signature: have %s, want %s", o.postReturn, want)
	}
	return nil
}

// checkLower checks that the options are enough to lower f: parameters are lifted out
// of the component, the result is lowered into it.
func (o *options) checkLower(f *types.Func) error {
	if o.postReturn != nil {
		return errors.New("canonical option `post-return` cannot be specified for lowerings")
	}
	c := f.LowerCore()
	lifts := c.ParamsInMemory || slices.ContainsFunc(f.Params, paramHasPointer)
	allocates := f.Result != nil && f.Result.HasPointer()
	return o.require(lifts || c.ResultInMemory || allocates, allocates)
}

func paramHasPointer(p types.Param) bool { return p.Type.HasPointer() }

func (o *options) require(memory, realloc bool) error {
	if memory && !o.Memory.Present() {
		return errors.New("canonical option `memory` is required")
	}
	if realloc && !o.Realloc.Present() {
		return errors.New("canonical option `realloc` is required")
	}
	return nil
}
