package component

import (
	"context"
	"fmt"

	"github.com/berth-cli/berth/component/internal/cabi"
	"github.com/berth-cli/berth/component/internal/elab"
	"github.com/berth-cli/berth/component/internal/types"
	"github.com/berth-cli/berth/engine"
)

// Instantiate makes an instance: it instantiates the core modules, which may run
// guest code, and so host functions, with ctx.
//
// The error is *Trap or *HostError as for Func.Call, *LimitError for a field of
// Limits, *engine.LimitError for one of c, or another of engine.Store.Instantiate.
func (k *Linked) Instantiate(ctx context.Context, c InstanceConfig) (*Instance, error) {
	store, err := k.runtime.engine.NewStore(engine.StoreConfig{
		MaxMemoryBytes: c.MaxMemoryBytes, MaxTableElems: c.MaxTableElems,
		Pool: k.runtime.memory, MaxInstances: k.runtime.limits.MaxCoreInstances,
		MaxEntries: uint64(k.runtime.limits.MaxCoreEntries), StackBytes: c.StackBytes, Fuel: c.Fuel,
	})
	if err != nil {
		return nil, err
	}
	in := newInstance(k, store, c.HostState)
	if err := in.acquire(ctx); err != nil {
		_ = in.Close()
		return nil, err
	}
	err = in.runSteps()
	in.release(err)
	if err != nil {
		err = in.withStats(translate(err))
		_ = in.Close() // the guest's handles are gone with it; err says why
		return nil, err
	}
	return in, nil
}

func newInstance(k *Linked, store engine.Store, state any) *Instance {
	p := k.component.program
	in := &Instance{
		linked: k, store: store, state: state,
		cores:     make([]engine.Instance, p.CoreInstances),
		coreFuncs: make([]engine.Func, p.CoreFuncs),
		comps:     make([]*cabi.Instance, len(p.Instances)),
		resources: make([]*cabi.Resource, len(p.Resources)),
		lifted:    make([]*liftedFunc, len(p.Funcs)),
		options:   map[optionsKey]*cabi.Options{},
	}
	for i, c := range p.Instances {
		var parent *cabi.Instance
		if c.Parent >= 0 {
			parent = in.comps[c.Parent]
		}
		in.comps[i] = cabi.NewInstance(parent, c.Name, k.runtime.limits.MaxHandles)
	}
	in.makeResources(p.Resources)
	return in
}

// makeResources makes the resource types of this instance. Imported ones that one
// host resource stands for are one type.
func (in *Instance) makeResources(resources []elab.Resource) {
	host := map[*hostResource]*cabi.Resource{}
	for i, r := range resources {
		impl := in.linked.resources[i]
		if impl != nil && host[impl] != nil {
			in.resources[i] = host[impl]
			continue
		}
		res := &cabi.Resource{Name: r.Type.String()}
		switch {
		case r.Defined:
			res.Owner, res.Host = in.comps[r.Instance], in
		case impl != nil:
			res.Host = impl
			host[impl] = res
		}
		in.resources[i] = res
	}
}

func (in *Instance) runSteps() (err error) {
	for _, s := range in.linked.component.program.Steps {
		switch s := s.(type) {
		case *elab.Instantiate:
			err = in.instantiateCore(s)
		case *elab.Lower:
			err = in.lower(s)
		case *elab.Lift:
			err = in.lift(s.Func)
		case *elab.DefineResource:
			err = in.defineResource(s.Resource)
		case *elab.ResourceNew:
			in.makeFunc(s.To, resourceNewType, in.resourceNew(s))
		case *elab.ResourceRep:
			in.makeFunc(s.To, resourceNewType, in.resourceRep(s))
		case *elab.ResourceDrop:
			in.makeFunc(s.To, resourceDropType, in.resourceDrop(s))
		case *elab.Unsupported:
			in.makeFunc(s.To, coreType(s.Core), in.builtin(s))
		default:
			err = fmt.Errorf("instantiate: unknown step %T", s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (in *Instance) instantiateCore(s *elab.Instantiate) error {
	args := make([]engine.Extern, len(s.Args))
	for i, a := range s.Args {
		var err error
		if args[i], err = in.extern(a); err != nil {
			return err
		}
	}
	core, err := in.store.Instantiate(in.linked.component.modules[s.Module], args)
	in.cores[s.To] = core
	return storeLimit(err)
}

// storeLimit names the limits of a store that are fields of Limits as these are
// named. Those of InstanceConfig have the same names.
func storeLimit(err error) error {
	e, ok := err.(*engine.LimitError) //nolint:errorlint // what a host function wraps is its own affair
	if !ok {
		return err
	}
	names := map[string]string{
		"Pool": "MaxTotalMemoryBytes", "MaxInstances": "MaxCoreInstances", "MaxEntries": "MaxCoreEntries",
	}
	name, ok := names[e.Limit]
	if !ok {
		return err
	}
	return &LimitError{Limit: name, Max: e.Max, Want: e.Want, Err: e}
}

// extern returns what a source names.
func (in *Instance) extern(s elab.CoreSource) (engine.Extern, error) {
	switch s.Kind {
	case elab.SourceFunc:
		return in.coreFuncs[s.Index], nil
	case elab.SourceExport:
		if x := in.cores[s.Index].Export(s.Name); x != nil {
			return x, nil
		}
	}
	return nil, fmt.Errorf("instantiate: core instance %d has no export %q", s.Index, s.Name)
}

// coreFunc returns the function a source names, nil if the source is absent.
func (in *Instance) coreFunc(s elab.CoreSource) (engine.Func, error) {
	if !s.Present() {
		return nil, nil
	}
	x, err := in.extern(s)
	if err != nil {
		return nil, err
	}
	f, ok := x.(engine.Func)
	if !ok {
		return nil, fmt.Errorf("instantiate: %q is a %s, not a function", s.Name, x.ExternKind())
	}
	return f, nil
}

func (in *Instance) makeFunc(to int, t engine.FuncType, f engine.HostFunc) {
	in.coreFuncs[to] = in.store.NewHostFunc(t, f)
}

// The types of the resource built-ins: of resource.rep as of resource.new.
var (
	resourceNewType  = engine.FuncType{Params: []engine.ValType{engine.I32}, Results: []engine.ValType{engine.I32}}
	resourceDropType = engine.FuncType{Params: []engine.ValType{engine.I32}}
)

// coreType returns the engine's type for a flattened one.
func coreType(c types.CoreFunc) engine.FuncType {
	return engine.FuncType{Params: valTypes(c.Params), Results: valTypes(c.Results)}
}

func valTypes(flat []types.FlatKind) []engine.ValType {
	out := make([]engine.ValType, len(flat))
	for i, k := range flat {
		out[i] = engine.ValType(k) // both are the byte of the binary format
	}
	return out
}

// optionsKey is what two sets of canonical options of an instance have in common
// if they are the same: the component instance is known by its core instances.
type optionsKey struct {
	encoding        elab.Encoding
	memory, realloc elab.CoreSource
}

// canonOptions returns the running form of canonical options.
func (in *Instance) canonOptions(o elab.CanonOptions) (*cabi.Options, error) {
	key := optionsKey{o.Encoding, o.Memory, o.Realloc}
	if out := in.options[key]; out != nil {
		return out, nil
	}
	out := &cabi.Options{Encoding: cabi.Encoding(o.Encoding)}
	if o.Memory.Present() {
		x, err := in.extern(o.Memory)
		if err != nil {
			return nil, err
		}
		m, ok := x.(engine.Memory)
		if !ok {
			return nil, fmt.Errorf("instantiate: %q is a %s, not a memory", o.Memory.Name, x.ExternKind())
		}
		out.Memory = m
	}
	realloc, err := in.coreFunc(o.Realloc)
	if err != nil {
		return nil, err
	}
	if realloc != nil {
		out.Realloc = reallocOf(realloc)
	}
	in.options[key] = out
	return out, nil
}

// reallocOf wraps a guest's realloc. The one stack is enough: a realloc that runs
// cannot leave its instance, and so not be called again.
func reallocOf(f engine.Func) cabi.Realloc {
	stack := make([]uint64, 4)
	return func(old, oldSize, align, size uint32) (uint32, error) {
		stack[0], stack[1], stack[2], stack[3] = uint64(old), uint64(oldSize), uint64(align), uint64(size)
		err := f.Call(stack)
		return uint32(stack[0]), err
	}
}
