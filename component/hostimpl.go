package component

import "context"

// hostImpl is a host function before it is bound to a WIT type.
type hostImpl interface {
	// bind checks the Go types against the WIT type and returns what handles a
	// guest's call. The error is *BindError.
	bind(b *binder) (callFunc, error)
}

// callFunc handles one call of a guest: it lifts the arguments, calls the host
// function and lowers the result.
type callFunc func(c *hostCall) error

type func0[R any] struct {
	f func(context.Context) (R, error)
}

func (h *func0[R]) bind(b *binder) (callFunc, error) {
	ret := returns[R](b, 0)
	return func(c *hostCall) error {
		c.begin()
		if c.intercept != nil {
			return intercept(c, ret, h.f, nil)
		}
		r, err := h.f(c.ctx)
		return ret.give(c, r, err)
	}, b.err
}

type func1[A, R any] struct {
	f func(context.Context, A) (R, error)
}

func (h *func1[A, R]) bind(b *binder) (callFunc, error) {
	pa, ret := takes[A](b, 0), returns[R](b, 1)
	return func(c *hostCall) error {
		c.begin()
		a := pa.take(c)
		if c.err != nil {
			return c.err
		}
		if c.intercept != nil {
			return intercept(c, ret,
				func(ctx context.Context) (R, error) { return h.f(ctx, a) },
				func() []Value { return []Value{pa.Dynamic(a)} })
		}
		r, err := h.f(c.ctx, a)
		return ret.give(c, r, err)
	}, b.err
}

type func2[A, B, R any] struct {
	f func(context.Context, A, B) (R, error)
}

func (h *func2[A, B, R]) bind(b *binder) (callFunc, error) {
	pa, pb, ret := takes[A](b, 0), takes[B](b, 1), returns[R](b, 2)
	return func(c *hostCall) error {
		c.begin()
		a, b := pa.take(c), pb.take(c)
		if c.err != nil {
			return c.err
		}
		if c.intercept != nil {
			return intercept(c, ret,
				func(ctx context.Context) (R, error) { return h.f(ctx, a, b) },
				func() []Value { return []Value{pa.Dynamic(a), pb.Dynamic(b)} })
		}
		r, err := h.f(c.ctx, a, b)
		return ret.give(c, r, err)
	}, b.err
}

type func3[A, B, C, R any] struct {
	f func(context.Context, A, B, C) (R, error)
}

func (h *func3[A, B, C, R]) bind(b *binder) (callFunc, error) {
	pa, pb, pc, ret := takes[A](b, 0), takes[B](b, 1), takes[C](b, 2), returns[R](b, 3)
	return func(c *hostCall) error {
		c.begin()
		a, b, d := pa.take(c), pb.take(c), pc.take(c)
		if c.err != nil {
			return c.err
		}
		if c.intercept != nil {
			return intercept(c, ret,
				func(ctx context.Context) (R, error) { return h.f(ctx, a, b, d) },
				func() []Value { return []Value{pa.Dynamic(a), pb.Dynamic(b), pc.Dynamic(d)} })
		}
		r, err := h.f(c.ctx, a, b, d)
		return ret.give(c, r, err)
	}, b.err
}

type func4[A, B, C, D, R any] struct {
	f func(context.Context, A, B, C, D) (R, error)
}

func (h *func4[A, B, C, D, R]) bind(b *binder) (callFunc, error) {
	pa, pb, pc, pd, ret := takes[A](b, 0), takes[B](b, 1), takes[C](b, 2), takes[D](b, 3), returns[R](b, 4)
	return func(c *hostCall) error {
		c.begin()
		a, b, d, e := pa.take(c), pb.take(c), pc.take(c), pd.take(c)
		if c.err != nil {
			return c.err
		}
		if c.intercept != nil {
			return intercept(c, ret,
				func(ctx context.Context) (R, error) { return h.f(ctx, a, b, d, e) },
				func() []Value { return []Value{pa.Dynamic(a), pb.Dynamic(b), pc.Dynamic(d), pd.Dynamic(e)} })
		}
		r, err := h.f(c.ctx, a, b, d, e)
		return ret.give(c, r, err)
	}, b.err
}

type func5[A, B, C, D, E, R any] struct {
	f func(context.Context, A, B, C, D, E) (R, error)
}

func (h *func5[A, B, C, D, E, R]) bind(b *binder) (callFunc, error) {
	pa, pb, pc, pd, pe, ret := takes[A](b, 0), takes[B](b, 1), takes[C](b, 2), takes[D](b, 3), takes[E](b, 4), returns[R](b, 5)
	return func(c *hostCall) error {
		c.begin()
		a, b, d, e, f := pa.take(c), pb.take(c), pc.take(c), pd.take(c), pe.take(c)
		if c.err != nil {
			return c.err
		}
		if c.intercept != nil {
			return intercept(c, ret,
				func(ctx context.Context) (R, error) { return h.f(ctx, a, b, d, e, f) },
				func() []Value {
					return []Value{pa.Dynamic(a), pb.Dynamic(b), pc.Dynamic(d), pd.Dynamic(e), pe.Dynamic(f)}
				})
		}
		r, err := h.f(c.ctx, a, b, d, e, f)
		return ret.give(c, r, err)
	}, b.err
}

type func6[A, B, C, D, E, F, R any] struct {
	f func(context.Context, A, B, C, D, E, F) (R, error)
}

func (h *func6[A, B, C, D, E, F, R]) bind(b *binder) (callFunc, error) {
	pa, pb, pc, pd, pe, pf, ret := takes[A](b, 0), takes[B](b, 1), takes[C](b, 2), takes[D](b, 3), takes[E](b, 4), takes[F](b, 5), returns[R](b, 6)
	return func(c *hostCall) error {
		c.begin()
		a, b, d, e, f, g := pa.take(c), pb.take(c), pc.take(c), pd.take(c), pe.take(c), pf.take(c)
		if c.err != nil {
			return c.err
		}
		if c.intercept != nil {
			return intercept(c, ret,
				func(ctx context.Context) (R, error) { return h.f(ctx, a, b, d, e, f, g) },
				func() []Value {
					return []Value{pa.Dynamic(a), pb.Dynamic(b), pc.Dynamic(d), pd.Dynamic(e), pe.Dynamic(f), pf.Dynamic(g)}
				})
		}
		r, err := h.f(c.ctx, a, b, d, e, f, g)
		return ret.give(c, r, err)
	}, b.err
}

type dynamicFunc struct {
	f func(context.Context, []Value) ([]Value, error)
}

func (h *dynamicFunc) bind(b *binder) (callFunc, error) {
	params := make([]*param[Value], len(b.fn.Params))
	for i := range params {
		params[i] = takes[Value](b, i)
	}
	ret := returnsDynamic(b)
	return func(c *hostCall) error {
		c.begin()
		args := make([]Value, len(params))
		for i, p := range params {
			args[i] = p.take(c)
		}
		if c.err != nil {
			return c.err
		}
		run := func(ctx context.Context) (Value, error) { return oneResult(c, h.f, ctx, args) }
		if c.intercept != nil {
			return intercept(c, ret, run, func() []Value { return args })
		}
		r, err := run(c.ctx)
		return ret.give(c, r, err)
	}, b.err
}
