package component

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"strings"

	"github.com/berth-cli/berth/component/internal/cabi"
	"github.com/berth-cli/berth/component/internal/elab"
	"github.com/berth-cli/berth/component/internal/types"
	"github.com/berth-cli/berth/engine"
)

// exportCall is a call of the host into a guest under way. An error in one step
// makes the later ones do nothing; end returns it.
type exportCall struct {
	cx    cabi.Context
	in    *Instance
	f     *liftedFunc
	base  uint32 // of the parameters in memory
	ran   bool   // guest code beyond realloc has run
	err   error
	stack [types.MaxFlatParams + 1]uint64
}

// begin begins a call.
func (in *Instance) begin(ctx context.Context, f *liftedFunc) (*exportCall, error) {
	if err := in.acquire(ctx); err != nil {
		return nil, err
	}
	c := &in.exported
	c.in, c.f, c.ran = in, f, false
	f.inst.Storage = [2]uint64{}
	in.setUp(&c.cx, f.inst, f.opts)
	c.cx.Begin()
	if c.err = in.enter(f.way); c.err == nil {
		c.base, c.err = f.layout.LowerBase(&c.cx, c.stack[:])
	}
	return c, nil
}

// invoke calls the core function.
func (c *exportCall) invoke() {
	if c.err != nil {
		return
	}
	c.ran = true
	c.err = c.f.core.Call(c.stack[:])
	c.cx.Begin()
}

// end ends the call and stores its error, or that of a panic. It is deferred.
func (c *exportCall) end(err *error) {
	if p := recover(); p != nil {
		c.ran, c.err = true, &engine.PanicError{Value: p, Stack: debug.Stack()}
	}
	if c.err == nil {
		c.ran = true
		c.err = c.f.finish(&c.cx, c.stack[:])
	}
	var poison error
	if c.err != nil && (c.ran || !isArgError(c.err)) {
		c.err = c.in.withStats(translate(c.err))
		poison = c.err
	} else {
		c.in.leave(c.f.way)
	}
	*err = c.err
	c.cx.Reset()
	c.err = nil
	c.in.release(poison)
}

// isArgError reports whether err is about an argument of the host and nothing the
// guest did.
func isArgError(err error) bool {
	_, ok := errors.AsType[*cabi.ValueError](err)
	return ok || errors.Is(err, ErrHandleGone)
}

// pass lowers v as the argument.
func (a *arg[T]) pass(c *exportCall, v T) {
	if c.err == nil {
		a.v = v
		c.err = cabi.LowerParam(&c.cx, a.layout, a.Value, a.i, &a.v, c.stack[:], c.base)
		a.clear()
	}
}

// get lifts the result.
func (r *result[R]) get(c *exportCall) (v R) {
	if c.err == nil && r.val != nil {
		c.err = cabi.LiftResult(&c.cx, r.layout, r.val, c.stack[:], &r.v)
		v = r.v
		r.clear()
	}
	return v
}

// Func is an exported function of an instance, called with values in the dynamic
// form. It belongs to its instance.
type Func struct {
	in     *Instance
	f      *liftedFunc
	fn     *types.Func
	params []*arg[Value]
	result *result[Value]
}

// Func returns the exported function that the names lead to: Func("run"), or
// Func("wasi:cli/run@0.2", "run") for one of an interface, where a version that
// names only a track finds any version of it.
//
// The error wraps ErrNotFound if there is none.
func (in *Instance) Func(path ...string) (*Func, error) {
	i, f, fn, err := in.export(path)
	if err != nil {
		return nil, err
	}
	b, err := in.linked.binding(bindKey{i, reflect.TypeFor[Func]()}, fn, func(b *binder) any {
		bound := &dynamicExport{params: make([]*param[Value], len(fn.Params))}
		for i := range fn.Params {
			bound.params[i] = takes[Value](b, i)
		}
		bound.ret = returnsDynamic(b)
		return bound
	})
	if err != nil {
		return nil, err
	}
	bound := b.(*dynamicExport)
	out := &Func{in: in, f: f, fn: fn, params: make([]*arg[Value], len(bound.params)), result: bound.ret.box()}
	for i, p := range bound.params {
		out.params[i] = p.box()
	}
	return out, nil
}

// dynamicExport is the binding of an exported function to the dynamic form.
type dynamicExport struct {
	params []*param[Value]
	ret    *ret[Value]
}

// export returns the exported function at path: its index, its running form and
// its type.
func (in *Instance) export(path []string) (int, *liftedFunc, *types.Func, error) {
	e := findExtern(in.linked.component.program.Exports, path)
	if e == nil {
		return 0, nil, nil, fmt.Errorf("%w: %s; %s", ErrNotFound, strings.Join(path, "#"), in.linked.component.whatExports())
	}
	if e.Kind != elab.ExternFunc {
		return 0, nil, nil, fmt.Errorf("%w: %s is not a function", ErrNotFound, strings.Join(path, "#"))
	}
	f := in.lifted[e.Func]
	if f == nil {
		return 0, nil, nil, &UnsupportedError{Feature: "calling an import that is exported again (" + e.Name + ")"}
	}
	return e.Func, f, in.linked.component.program.Funcs[e.Func].Type, nil
}

// Type returns the function's type as WIT writes it.
func (f *Func) Type() string { return f.fn.String() }

// Call calls the function. There are as many args as the function has parameters;
// own handles among them belong to the guest afterwards. It returns one result, or
// none if the function has none.
//
// The error is *Trap if the guest trapped or was interrupted, *HostError if a host
// function failed; the instance is then poisoned. It wraps ErrPoisoned, ErrClosed
// or ErrBusy if the instance cannot be called, and is another if an argument does
// not fit its type. If ctx ended, it wraps the context's cause.
func (f *Func) Call(ctx context.Context, args ...Value) (results []Value, err error) {
	if len(args) != len(f.params) {
		return nil, fmt.Errorf("call with %d arguments, want %d: %s", len(args), len(f.params), f.fn)
	}
	c, err := f.in.begin(ctx, f.f)
	if err != nil {
		return nil, err
	}
	defer c.end(&err)
	for i, p := range f.params {
		p.pass(c, args[i])
	}
	c.invoke()
	if f.result.val != nil {
		results = []Value{f.result.get(c)}
	}
	return results, nil
}

// dropGuest destroys what an own handle of the host stands for.
func (in *Instance) dropGuest(ctx context.Context, h *Handle) error {
	if err := in.acquire(ctx); err != nil {
		return err
	}
	h.gone = true
	err := in.destroy(h.res, cabi.Rep{N: h.rep}, cabi.WayInto(nil, h.res.Owner))
	err = translate(err)
	in.release(err)
	return err
}
