package component

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/berth-cli/berth/component/internal/cabi"
	"github.com/berth-cli/berth/component/internal/types"
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

// box returns a place for an argument.
func (p *param[T]) box() *arg[T] { return &arg[T]{param: p} }

// arg is a place for an argument.
type arg[T any] struct {
	*param[T]
	v T
}

func (a *arg[T]) take(c *hostCall) error {
	return cabi.LiftParam(&c.cx, a.layout, a.Value, a.i, c.stack, c.base, &a.v)
}

func (a *arg[T]) dynamic() Value { return a.Dynamic(&a.v) }

func (a *arg[T]) clear() {
	var none T
	a.v = none
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

// box returns a place for a result.
func (r *ret[R]) box() *result[R] { return &result[R]{ret: r} }

// result is a place for a result.
type result[R any] struct {
	*ret[R]
	v R
}

// count checks how many results there are.
func (r *result[R]) count(what string, results []Value) error {
	want := 0
	if r.val != nil {
		want = 1
	}
	if len(results) != want {
		return fmt.Errorf("%s %d results, want %d", what, len(results), want)
	}
	return nil
}

func (r *result[R]) give(c *hostCall) error { return lowerResult(c, r.layout, r.val, &r.v) }

// giveInstead lowers results that an interceptor made up.
func (r *result[R]) giveInstead(c *hostCall, results []Value) error {
	if err := r.count("reply has", results); err != nil {
		return c.failed(err)
	}
	if r.val == nil {
		return lowerResult[Value](c, r.layout, nil, nil)
	}
	return lowerResult(c, r.layout, r.dyn, &results[0])
}

// lowerResult ends the call: it lowers what src points to, nothing if val is nil.
func lowerResult[T any](c *hostCall, l *cabi.Layout, val *cabi.Value[T], src *T) error {
	if val != nil {
		if err := cabi.LowerResult(&c.cx, l, val, src, c.stack); err != nil {
			return c.lowerError(err)
		}
	}
	c.cx.EndCall()
	return nil
}

// dynamic returns the results in the dynamic form.
func (r *result[R]) dynamic() []Value {
	if r.val == nil {
		return nil
	}
	return []Value{r.val.Dynamic(&r.v)}
}

func (r *result[R]) quickBytes() (n int, ok bool) {
	if r.val == nil {
		return 0, true
	}
	return quickBytes(&r.v)
}

// quickBytes returns the length of what p points to, or of what a result holds.
func quickBytes(p any) (n int, ok bool) {
	switch p := p.(type) {
	case *[]byte:
		return len(*p), true
	case *string:
		return len(*p), true
	case *Unit:
		return 0, true
	case interface{ quickBytes() (int, bool) }:
		return p.quickBytes()
	}
	return 0, false
}

func (r *result[R]) clear() {
	var none R
	r.v = none
}
