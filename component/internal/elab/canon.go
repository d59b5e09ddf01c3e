package elab

import (
	"fmt"

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
	if want := coreFuncOf(opts.liftCore(t.ft.typ)); !f.typ.Func.Equal(want) {
		return fmt.Errorf("the core function has type %s, but %s lifts from %s", f.typ.Func, t.ft.typ, want)
	}
	if err := opts.checkLift(t.ft.typ, f.typ.Func); err != nil {
		return err
	}
	def := &funcDef{ft: t.ft, slot: noSlot}
	if s.emit {
		def.slot, err = s.emitLift(t.ft.typ, f.src, opts)
	}
	s.add(def)
	return err
}

// emitLift emits a lift. Lifting as async is not built: the core function is replaced
// by one that traps.
func (s *scope) emitLift(f *types.Func, core CoreSource, opts options) (int, error) {
	f, err := s.e.runtimeFunc(f)
	if err != nil {
		return noSlot, err
	}
	if opts.async {
		slot := s.newCoreSlot()
		s.step(&Unsupported{Name: "async lift", Core: f.LiftCore(), To: slot, Instance: s.inst})
		core = CoreSource{Kind: SourceFunc, Index: slot}
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
	core := opts.lowerCore(f.ft.typ)
	slot := s.addCoreFunc(coreFuncOf(core))
	if !s.emit {
		return nil
	}
	if opts.async {
		s.step(&Unsupported{Name: "async lower", Core: core, To: slot, Instance: s.inst})
		return nil
	}
	typ, err := s.e.runtimeFunc(f.ft.typ)
	s.step(&Lower{Func: f.slot, Type: typ, Options: opts.CanonOptions, To: slot, Instance: s.inst})
	return err
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
