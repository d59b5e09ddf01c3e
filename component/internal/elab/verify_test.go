package elab_test

import (
	"errors"
	"fmt"

	"github.com/berth-cli/berth/component/internal/coretype"
	"github.com/berth-cli/berth/component/internal/elab"
	"github.com/berth-cli/berth/component/internal/types"
)

// verify checks a program without looking at the component it was made of: every
// index is in range, every slot is filled once and before it is read, and every
// core item has the type that its user expects.
func verify(p *elab.Program) error {
	v := verifier{p: p, coreFuncs: make([]*coretype.Func, p.CoreFuncs), instances: make([]*coretype.Module, p.CoreInstances)}
	v.resources = map[*types.Resource]bool{}
	v.funcs = make([]bool, len(p.Funcs))
	for i, f := range p.Funcs {
		v.funcs[i] = f.Import != nil
		if (f.Import == nil) == (f.Lifted == nil) || f.Type == nil {
			return fmt.Errorf("func %d is not one of imported and lifted, with a type", i)
		}
	}
	for _, r := range p.Resources {
		if !r.Defined {
			v.resources[r.Type] = true
		}
	}
	for i, in := range p.Instances {
		if in.Parent >= i || i > 0 && in.Parent < 0 {
			return fmt.Errorf("instance %d has parent %d", i, in.Parent)
		}
	}
	for i, s := range p.Steps {
		if err := v.step(s); err != nil {
			return fmt.Errorf("step %d, %T: %w", i, s, err)
		}
	}
	return errors.Join(v.filled(), v.externs(p.Imports), v.externs(p.Exports))
}

type verifier struct {
	p         *elab.Program
	coreFuncs []*coretype.Func   // nil until filled
	instances []*coretype.Module // nil until filled
	funcs     []bool
	resources map[*types.Resource]bool
}

func (v *verifier) step(s elab.Step) error {
	switch s := s.(type) {
	case *elab.Instantiate:
		return v.instantiate(s)
	case *elab.Lower:
		if !v.funcs[s.Func] || v.p.Funcs[s.Func].Type != s.Type {
			return fmt.Errorf("func %d is not there yet, or has another type", s.Func)
		}
		return errors.Join(v.options(s.Options), v.fill(s.To, core(s.Type.LowerCore()), s.Instance))
	case *elab.Lift:
		return v.lift(s)
	case *elab.ResourceNew:
		return v.resource(s.Resource, s.To, s.Instance, true)
	case *elab.ResourceRep:
		return v.resource(s.Resource, s.To, s.Instance, true)
	case *elab.ResourceDrop:
		return v.resource(s.Resource, s.To, s.Instance, false)
	case *elab.Unsupported:
		return v.fill(s.To, core(s.Core), s.Instance)
	case *elab.DefineResource:
		r := v.p.Resources[s.Resource]
		v.resources[r.Type] = true
		if !r.Defined || r.Instance >= len(v.p.Instances) {
			return fmt.Errorf("resource %d is not defined by an instance", s.Resource)
		}
		return v.optional(r.Dtor, coretype.Extern{Func: core(types.CoreFunc{Params: []types.FlatKind{types.FlatI32}})})
	}
	return errors.New("unknown step")
}

func (v *verifier) instantiate(s *elab.Instantiate) error {
	m := v.p.Modules[s.Module].Type
	if len(m.Imports) != len(s.Args) || v.instances[s.To] != nil || s.Instance >= len(v.p.Instances) {
		return fmt.Errorf("%d args for %d imports, slot %d, instance %d", len(s.Args), len(m.Imports), s.To, s.Instance)
	}
	for i, a := range s.Args {
		if err := v.source(a, m.Imports[i].Type); err != nil {
			return fmt.Errorf("arg %d: %w", i, err)
		}
	}
	v.instances[s.To] = m
	return nil
}

func (v *verifier) lift(s *elab.Lift) error {
	f := v.p.Funcs[s.Func]
	if v.funcs[s.Func] || f.Lifted == nil {
		return fmt.Errorf("func %d is lifted twice, or not lifted", s.Func)
	}
	v.funcs[s.Func] = true
	c := core(f.Type.LiftCore())
	post := coretype.Extern{Func: &coretype.Func{Params: c.Results}}
	return errors.Join(v.source(f.Lifted.Core, coretype.Extern{Func: c}),
		v.optional(f.Lifted.Options.PostReturn, post), v.options(f.Lifted.Options))
}

func (v *verifier) resource(r *types.Resource, to, instance int, local bool) error {
	if !v.resources[r] {
		return errors.New("the resource is not there yet")
	}
	for _, d := range v.p.Resources {
		if local && d.Type == r && (!d.Defined || d.Instance != instance) {
			return errors.New("the resource is not local")
		}
	}
	return v.fill(to, nil, instance)
}

// fill fills a core function slot. A nil type stands for (i32) -> i32 or (i32).
func (v *verifier) fill(slot int, f *coretype.Func, instance int) error {
	if v.coreFuncs[slot] != nil || instance >= len(v.p.Instances) {
		return fmt.Errorf("slot %d, instance %d", slot, instance)
	}
	if f == nil {
		f = &coretype.Func{}
	}
	v.coreFuncs[slot] = f
	return nil
}

func (v *verifier) options(o elab.CanonOptions) error {
	i32 := types.FlatI32
	realloc := core(types.CoreFunc{Params: []types.FlatKind{i32, i32, i32, i32}, Results: []types.FlatKind{i32}})
	mem := coretype.Extern{Kind: coretype.ExternMemory, Memory: coretype.Memory{PageBits: 16}}
	return errors.Join(v.optional(o.Realloc, coretype.Extern{Func: realloc}), v.optional(o.Memory, mem))
}

func (v *verifier) optional(s elab.CoreSource, want coretype.Extern) error {
	if !s.Present() {
		return nil
	}
	return v.source(s, want)
}

// source checks that what s names is there and fits.
func (v *verifier) source(s elab.CoreSource, want coretype.Extern) error {
	switch s.Kind {
	case elab.SourceFunc:
		have := v.coreFuncs[s.Index]
		if have == nil {
			return fmt.Errorf("core function slot %d is empty", s.Index)
		}
		if len(have.Params) == 0 && len(have.Results) == 0 {
			return nil // a resource built-in
		}
		return coretype.Match(coretype.Extern{Func: have}, want)
	case elab.SourceExport:
		m := v.instances[s.Index]
		if m == nil {
			return fmt.Errorf("core instance slot %d is empty", s.Index)
		}
		for _, e := range m.Exports {
			if e.Name == s.Name {
				return coretype.Match(e.Type, want)
			}
		}
	}
	return fmt.Errorf("nothing is at %v", s)
}

// filled checks that nothing is left out.
func (v *verifier) filled() error {
	for i, f := range v.coreFuncs {
		if f == nil {
			return fmt.Errorf("no step fills core function slot %d", i)
		}
	}
	for i, m := range v.instances {
		if m == nil {
			return fmt.Errorf("no step fills core instance slot %d", i)
		}
	}
	for i, ok := range v.funcs {
		if !ok {
			return fmt.Errorf("no step lifts func %d", i)
		}
	}
	return nil
}

func (v *verifier) externs(xs []elab.Extern) error {
	for _, x := range xs {
		switch x.Kind {
		case elab.ExternFunc:
			if v.p.Funcs[x.Func].Type != x.FuncType {
				return fmt.Errorf("%s: type differs from that of func %d", x.Name, x.Func)
			}
		case elab.ExternInstance:
			if err := v.externs(x.Items); err != nil {
				return fmt.Errorf("%s: %w", x.Name, err)
			}
		case elab.ExternResource:
			if !v.resources[x.Resource] {
				return fmt.Errorf("%s: an unknown resource type", x.Name)
			}
		}
	}
	return nil
}

func core(c types.CoreFunc) *coretype.Func {
	f := &coretype.Func{}
	for _, k := range c.Params {
		f.Params = append(f.Params, coretype.ValType{Code: byte(k)})
	}
	for _, k := range c.Results {
		f.Results = append(f.Results, coretype.ValType{Code: byte(k)})
	}
	return f
}
