package component

import (
	"fmt"

	"github.com/berth-cli/berth/component/internal/cabi"
	"github.com/berth-cli/berth/component/internal/elab"
	"github.com/berth-cli/berth/component/internal/types"
	"github.com/berth-cli/berth/engine"
)

// lower makes the core function of a lowered one.
func (in *Instance) lower(s *elab.Lower) error {
	opts, err := in.canonOptions(s.Options)
	if err != nil {
		return err
	}
	caller := in.comps[s.Instance]
	f := in.callHost(in.linked.funcs[s.Func].host, caller, opts)
	if in.linked.funcs[s.Func].host == nil {
		f = in.callGuest(in.lifted[s.Func], in.linked.moves[s.Type], caller, opts)
	}
	in.makeFunc(s.To, coreType(s.Type.LowerCore()), f)
	return nil
}

// callHost returns the core function that calls a function of the host.
func (in *Instance) callHost(imp *hostImport, caller *cabi.Instance, opts *cabi.Options) engine.HostFunc {
	var idle []*hostCall
	return func(stack []uint64) error {
		if err := caller.CheckLeave(); err != nil {
			return err
		}
		if imp.missing != nil {
			return &Trap{Kind: TrapMissingImport, Err: imp.missing}
		}
		var c *hostCall
		if n := len(idle); n > 0 {
			c, idle = idle[n-1], idle[:n-1]
		} else {
			c = in.newHostCall(imp, caller, opts)
		}
		err := c.run(in.context(), stack)
		idle = append(idle, c)
		return err
	}
}

func (in *Instance) newHostCall(imp *hostImport, caller *cabi.Instance, opts *cabi.Options) *hostCall {
	c := &hostCall{imp: imp, frame: imp.frame(), intercept: in.linked.interceptor}
	c.next = c.answer
	in.setUp(&c.cx, caller, opts)
	return c
}

// setUp fills a fresh context for calls from or into a component instance.
func (in *Instance) setUp(cx *cabi.Context, inst *cabi.Instance, opts *cabi.Options) {
	cx.Opts, cx.Inst, cx.Resources = opts, inst, in.resources
	cx.MaxBudget = in.linked.runtime.limits.MaxLiftBytes
	cx.Budget = cx.MaxBudget
}

// guestCall is a call from one component instance to another under way.
type guestCall struct {
	from, to cabi.Context
	stack    [types.MaxFlatParams + 1]uint64 // of the callee
}

// callGuest returns the core function that calls a lifted function.
//
// CanonicalABI.md, "canon lower", "canon lift".
func (in *Instance) callGuest(f *liftedFunc, m *cabi.FuncMover, caller *cabi.Instance, opts *cabi.Options) engine.HostFunc {
	way := cabi.WayInto(caller, f.inst)
	return func(stack []uint64) error {
		if err := caller.CheckLeave(); err != nil {
			return err
		}
		if err := in.enter(way); err != nil {
			return err
		}
		c := in.newGuestCall()
		in.setUp(&c.from, caller, opts)
		in.setUp(&c.to, f.inst, f.opts)
		storage := f.inst.Storage
		f.inst.Storage = [2]uint64{}
		if err := c.run(f, m, stack); err != nil {
			return err
		}
		f.inst.Storage = storage
		in.leave(way)
		c.from.Reset()
		c.to.Reset()
		in.guestCalls = append(in.guestCalls, c)
		return nil
	}
}

func (in *Instance) newGuestCall() *guestCall {
	if n := len(in.guestCalls); n > 0 {
		c := in.guestCalls[n-1]
		in.guestCalls = in.guestCalls[:n-1]
		return c
	}
	return &guestCall{}
}

// run moves the parameters, calls, and moves the result back.
func (c *guestCall) run(f *liftedFunc, m *cabi.FuncMover, stack []uint64) error {
	c.from.Begin()
	c.to.Begin()
	if err := m.MoveParams(&c.from, &c.to, stack, c.stack[:]); err != nil {
		return err
	}
	if err := f.core.Call(c.stack[:]); err != nil {
		return err
	}
	c.from.Begin()
	c.to.Begin()
	returned := c.stack[0]
	if err := m.MoveResult(&c.from, &c.to, c.stack[:], stack); err != nil {
		return err
	}
	c.from.EndCall()
	c.stack[0] = returned
	return f.finish(&c.to, c.stack[:])
}

// enter begins a call into a component instance, from the host or from another.
func (in *Instance) enter(way cabi.Way) error {
	if max := in.linked.runtime.limits.MaxCallDepth; in.depth >= max {
		return &Trap{Kind: TrapLimit, Err: &LimitError{Limit: "MaxCallDepth", Max: uint64(max), Want: uint64(max) + 1}}
	}
	in.depth++
	return way.Enter()
}

func (in *Instance) leave(way cabi.Way) {
	in.depth--
	way.Leave()
}

// liftedFunc is a lifted function of a running instance.
type liftedFunc struct {
	core   engine.Func
	post   engine.Func // may be nil
	opts   *cabi.Options
	inst   *cabi.Instance
	layout *cabi.Layout
	way    cabi.Way // from the host
}

// lift fills in Program.Funcs[i], whose core sources now exist.
func (in *Instance) lift(i int) error {
	l := in.linked.component.program.Funcs[i].Lifted
	if l == nil {
		return fmt.Errorf("instantiate: function %d is not lifted", i)
	}
	f := &liftedFunc{inst: in.comps[l.Instance], layout: in.linked.funcs[i].layout}
	var err error
	if f.core, err = in.coreFunc(l.Core); err != nil {
		return err
	}
	if f.post, err = in.coreFunc(l.Options.PostReturn); err != nil {
		return err
	}
	f.opts, err = in.canonOptions(l.Options)
	f.way = cabi.WayInto(nil, f.inst)
	in.lifted[i] = f
	return err
}

// finish ends a call on the callee's side, after its result was taken. stack holds
// what the core function returned.
func (f *liftedFunc) finish(cx *cabi.Context, stack []uint64) error {
	if err := cx.CheckReturn(); err != nil {
		return err
	}
	if f.post == nil {
		return nil
	}
	f.inst.SetMayLeave(false)
	err := f.post.Call(stack)
	f.inst.SetMayLeave(true)
	return err
}
