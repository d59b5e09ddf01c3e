package component

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"

	"github.com/berth-cli/berth/component/internal/cabi"
	"github.com/berth-cli/berth/component/internal/types"
	"github.com/berth-cli/berth/engine"
)

// binder binds Go functions to a WIT function type. err is the first thing that
// did not fit; what follows it is without effect.
type binder struct {
	env    *cabi.Env
	fn     *types.Func
	layout *cabi.Layout
	err    error
}

func newBinder(env *cabi.Env, fn *types.Func) *binder {
	return &binder{env: env, fn: fn, layout: cabi.LayoutOf(fn)}
}

func (b *binder) fail(e *BindError) {
	if b.err == nil {
		b.err = e
	}
}

// plan compiles the plan for a part of the function that path names.
func (b *binder) plan(t *types.Type, rt reflect.Type, path string) *cabi.Plan {
	if b.err != nil {
		return nil
	}
	p, err := b.env.Compile(t, rt)
	if err == nil {
		return p
	}
	out := &BindError{Path: path, WIT: t.String(), Go: rt.String(), Reason: err.Error()}
	if be, ok := errors.AsType[*cabi.BindError](err); ok {
		if be.Path != "" {
			path += ": " + be.Path
		}
		*out = BindError{Path: path, WIT: be.WIT, Go: be.Go, Reason: be.Reason}
	}
	b.fail(out)
	return nil
}

// param is a parameter of the WIT function held as a T.
type param[T any] struct {
	*cabi.Value[T]
	layout *cabi.Layout
	i      int
}

// takes binds T as parameter i.
func takes[T any](b *binder, i int) *param[T] {
	if i >= len(b.fn.Params) {
		b.fail(countError(b.fn, "more"))
		return nil
	}
	p := b.fn.Params[i]
	plan := b.plan(p.Type, reflect.TypeFor[T](), fmt.Sprintf("parameter %s", p.Name))
	if plan == nil {
		return nil
	}
	return &param[T]{Value: cabi.NewValue[T](plan), layout: b.layout, i: i}
}

func countError(fn *types.Func, than string) *BindError {
	return &BindError{Reason: fmt.Sprintf("the Go function has %s than the %d parameters of %s", than, len(fn.Params), fn)}
}

// take lifts the argument. After an error it does nothing.
func (p *param[T]) take(c *hostCall) (v T) {
	if c.err == nil {
		v, c.err = cabi.LiftParam(&c.cx, p.layout, p.Value, p.i, c.stack, c.base)
	}
	return v
}

// ret is the result of the WIT function held as an R; val is nil if it has none.
type ret[R any] struct {
	val    *cabi.Value[R]
	dyn    *cabi.Value[Value] // the same in the dynamic form, for interceptors
	layout *cabi.Layout
}

// returns binds R as the result of a function with that many parameters.
func returns[R any](b *binder, params int) *ret[R] {
	if params < len(b.fn.Params) {
		b.fail(countError(b.fn, "fewer"))
	}
	r := &ret[R]{layout: b.layout}
	rt, t := reflect.TypeFor[R](), b.fn.Result
	if t == nil {
		if rt != b.env.Go.Unit {
			b.fail(&BindError{Path: "result", WIT: "no result", Go: rt.String()})
		}
		return r
	}
	if plan := b.plan(t, rt, "result"); plan != nil {
		r.val = cabi.NewValue[R](plan)
	}
	if plan := b.plan(t, reflect.TypeFor[Value](), "result"); plan != nil {
		r.dyn = cabi.NewValue[Value](plan)
	}
	return r
}

// returnsDynamic binds the result, or its absence, in the dynamic form.
func returnsDynamic(b *binder) *ret[Value] {
	if b.fn.Result == nil {
		return &ret[Value]{layout: b.layout}
	}
	return returns[Value](b, len(b.fn.Params))
}

// give ends the call: it lowers what the host function returned.
func (r *ret[R]) give(c *hostCall, v R, err error) error {
	if err != nil {
		return c.failed(err)
	}
	return lowerResult(c, r.layout, r.val, v)
}

func lowerResult[T any](c *hostCall, l *cabi.Layout, val *cabi.Value[T], v T) error {
	if val != nil {
		if err := cabi.LowerResult(&c.cx, l, val, v, c.stack); err != nil {
			return c.lowerError(err)
		}
	}
	c.cx.EndCall()
	return nil
}

// dynamic returns the results in the dynamic form.
func (r *ret[R]) dynamic(v R) []Value {
	if r.val == nil {
		return nil
	}
	return []Value{r.val.Dynamic(v)}
}

// giveDynamic ends the call with results an interceptor made up.
func (r *ret[R]) giveDynamic(c *hostCall, results []Value) error {
	want := 0
	if r.val != nil {
		want = 1
	}
	if len(results) != want {
		return c.failed(fmt.Errorf("reply has %d results, want %d", len(results), want))
	}
	if want == 0 {
		return lowerResult[Value](c, r.layout, nil, nil)
	}
	return lowerResult(c, r.layout, r.dyn, results[0])
}

// oneResult calls f and checks how many results it returns.
func oneResult(c *hostCall, f func(context.Context, []Value) ([]Value, error), ctx context.Context, args []Value) (Value, error) {
	results, err := f(ctx, args)
	want := 0
	if c.imp.fn.Result != nil {
		want = 1
	}
	switch {
	case err != nil:
		return nil, err
	case len(results) != want:
		return nil, fmt.Errorf("host function returned %d results, want %d", len(results), want)
	case want == 0:
		return nil, nil
	}
	return results[0], nil
}

// intercept sends a call through the interceptor.
func intercept[R any](c *hostCall, r *ret[R], run func(context.Context) (R, error), args func() []Value) error {
	call := &Call{Interface: c.imp.iface, Func: c.imp.name, ArgBytes: c.cx.MaxBudget - c.cx.Budget, args: args}
	var result R
	var own *Reply
	reply, err := c.intercept(c.ctx, call, func(ctx context.Context) (*Reply, error) {
		if own != nil {
			return nil, errors.New("interceptor called next twice")
		}
		own = &Reply{results: func() []Value { return r.dynamic(result) }}
		var err error
		if result, err = run(ctx); err != nil {
			return nil, err
		}
		return own, nil
	})
	switch {
	case err != nil:
		return c.failed(err)
	case reply != nil && reply == own:
		return r.give(c, result, nil)
	}
	return r.giveDynamic(c, reply.Results())
}

// hostCall is a guest's call of a host function under way.
type hostCall struct {
	cx        cabi.Context
	stack     []uint64        // flat parameters, then flat results
	base      uint32          // of the parameters in memory
	ctx       context.Context //nolint:containedctx // of this one call
	intercept Interceptor
	imp       *hostImport
	err       error // of lifting the arguments
}

// begin prepares lifting the arguments.
func (c *hostCall) begin() {
	c.cx.Begin()
	c.base, c.err = c.imp.layout.LiftBase(&c.cx, c.stack)
}

// failed says that the host function, not the guest, failed; unless it says itself
// that it is the guest's doing.
func (c *hostCall) failed(err error) error {
	if t, ok := err.(*Trap); ok { //nolint:errorlint // what it wraps may be the trap of another instance
		return t
	}
	return &HostError{Interface: c.imp.iface, Func: c.imp.name, Err: err}
}

// lowerError tells apart whose fault a result that could not be lowered is.
func (c *hostCall) lowerError(err error) error {
	switch err.(type) { //nolint:errorlint // realloc returns them as they are
	case *cabi.Trap, *engine.Trap:
		return err
	}
	return c.failed(err)
}

// recovered turns a panic of the host function into its error.
func (c *hostCall) recovered(p any) error {
	return c.failed(&engine.PanicError{Value: p, Stack: debug.Stack()})
}
