package component

import (
	"errors"
	"runtime/debug"

	"github.com/berth-cli/berth/component/internal/cabi"
	"github.com/berth-cli/berth/component/internal/elab"
	"github.com/berth-cli/berth/component/internal/types"
	"github.com/berth-cli/berth/engine"
)

// resourceOf returns the running form of a resource type.
func (in *Instance) resourceOf(r *types.Resource) *cabi.Resource {
	return in.resources[in.linked.index[r]]
}

func (in *Instance) resourceNew(s *elab.ResourceNew) engine.HostFunc {
	comp, r := in.comps[s.Instance], in.resourceOf(s.Resource)
	return func(stack []uint64) error {
		i, err := cabi.ResourceNew(comp, r, uint32(stack[0]))
		stack[0] = uint64(i)
		return err
	}
}

func (in *Instance) resourceRep(s *elab.ResourceRep) engine.HostFunc {
	comp, r := in.comps[s.Instance], in.resourceOf(s.Resource)
	return func(stack []uint64) error {
		rep, err := cabi.ResourceRep(comp, r, uint32(stack[0]))
		stack[0] = uint64(rep)
		return err
	}
}

func (in *Instance) resourceDrop(s *elab.ResourceDrop) engine.HostFunc {
	comp, r := in.comps[s.Instance], in.resourceOf(s.Resource)
	way := cabi.WayInto(comp, r.Owner)
	return func(stack []uint64) error {
		rep, owned, err := cabi.ResourceDrop(comp, r, uint32(stack[0]))
		switch {
		case err != nil || !owned:
			return err
		case r.Owner == nil:
			return in.dropHost(r, rep)
		}
		return in.destroy(r, rep, way)
	}
}

// dropHost calls the drop function of a host's resource.
func (in *Instance) dropHost(r *cabi.Resource, rep cabi.Rep) (err error) {
	impl, _ := r.Host.(*hostResource)
	if impl == nil || impl.drop == nil {
		return nil
	}
	defer func() {
		if p := recover(); p != nil {
			err = &engine.PanicError{Value: p, Stack: debug.Stack()}
		}
		if err != nil {
			err = &HostError{Func: "[resource-drop]" + r.Name, Err: err}
		}
	}()
	return impl.drop(in.context(), rep.V)
}

// destroy calls the destructor of a guest's resource, entering its instance by way.
func (in *Instance) destroy(r *cabi.Resource, rep cabi.Rep, way cabi.Way) error {
	if err := in.enter(way); err != nil {
		return err
	}
	if r.Drop != nil {
		if err := r.Drop(rep); err != nil {
			return err
		}
	}
	in.leave(way)
	return nil
}

// defineResource fills in the destructor of Program.Resources[i].
func (in *Instance) defineResource(i int) error {
	dtor, err := in.coreFunc(in.linked.component.program.Resources[i].Dtor)
	if err != nil || dtor == nil {
		return err
	}
	in.resources[i].Drop = func(rep cabi.Rep) error {
		return dtor.Call([]uint64{uint64(rep.N)})
	}
	return nil
}

// builtin returns the core function of a built-in that is not about resources. The
// few that have a meaning without async are done; the others trap with their name.
//
// CanonicalABI.md, "canon context.get", "canon context.set", "canon backpressure.{inc,dec}".
func (in *Instance) builtin(s *elab.Unsupported) engine.HostFunc {
	comp := in.comps[s.Instance]
	slot := &comp.Storage[s.Slot&1]
	switch s.Name {
	case "context.get":
		return func(stack []uint64) error {
			stack[0] = *slot
			return nil
		}
	case "context.set":
		return func(stack []uint64) error {
			*slot = stack[0]
			return nil
		}
	case "backpressure.inc", "backpressure.dec":
		by := 1
		if s.Name == "backpressure.dec" {
			by = -1
		}
		return func([]uint64) error { return comp.AddBackpressure(by) }
	}
	return func([]uint64) error {
		if err := comp.CheckLeave(); err != nil {
			return err
		}
		return &Trap{Kind: TrapUnsupported, Err: &UnsupportedError{Feature: "canon " + s.Name, Err: asyncAdvice(s.Name)}}
	}
}

// asyncAdvice says to who meets a function of the async ABI what to do about it.
func asyncAdvice(builtin string) error {
	if builtin != "async lift" && builtin != "async lower" {
		return nil
	}
	return errors.New("build the component for WASI 0.2, from a world without async functions")
}
