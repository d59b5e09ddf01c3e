package component

import "context"

// hostImpl is a host function before it is bound to a WIT type.
type hostImpl interface {
	// bind checks the Go types against the WIT type and returns what makes the
	// frames of guests' calls. The error is *BindError.
	bind(b *binder) (newFrame, error)
}

// newFrame makes a frame for the calls of one instance.
type newFrame func() *frame

// frame is where a host function's arguments and result are kept during a call. It
// serves one call after the other, so that a call need not allocate.
type frame struct {
	args   []argument
	result returned
	run    func(ctx context.Context) error // calls the host function with args and keeps its result
}

// argument is one argument of a frame.
type argument interface {
	take(c *hostCall) error // lifts it
	dynamic() Value
	clear()
}

// returned is the result of a frame, or its absence.
type returned interface {
	give(c *hostCall) error // lowers it
	giveInstead(c *hostCall, results []Value) error
	dynamic() []Value
	quickBytes() (n int, ok bool) // see Reply.QuickBytes
	clear()
}

// take lifts all arguments.
func (f *frame) take(c *hostCall) error {
	for _, a := range f.args {
		if err := a.take(c); err != nil {
			return err
		}
	}
	return nil
}

// dynamicArgs returns the arguments in the dynamic form.
func (f *frame) dynamicArgs() []Value {
	out := make([]Value, len(f.args))
	for i, a := range f.args {
		out[i] = a.dynamic()
	}
	return out
}

// clear forgets the values of the call.
func (f *frame) clear() {
	for _, a := range f.args {
		a.clear()
	}
	f.result.clear()
}

type func0[R any] struct {
	f func(context.Context) (R, error)
}

func (h *func0[R]) bind(b *binder) (newFrame, error) {
	ret := returns[R](b, 0)
	return func() *frame {
		r := ret.box()
		return &frame{nil, r, func(ctx context.Context) (err error) {
			r.v, err = h.f(ctx)
			return err
		}}
	}, b.err
}

type func1[A, R any] struct {
	f func(context.Context, A) (R, error)
}

func (h *func1[A, R]) bind(b *binder) (newFrame, error) {
	pa, ret := takes[A](b, 0), returns[R](b, 1)
	return func() *frame {
		a, r := pa.box(), ret.box()
		return &frame{[]argument{a}, r, func(ctx context.Context) (err error) {
			r.v, err = h.f(ctx, a.v)
			return err
		}}
	}, b.err
}

type func2[A, B, R any] struct {
	f func(context.Context, A, B) (R, error)
}

func (h *func2[A, B, R]) bind(b *binder) (newFrame, error) {
	pa, pb, ret := takes[A](b, 0), takes[B](b, 1), returns[R](b, 2)
	return func() *frame {
		a, b, r := pa.box(), pb.box(), ret.box()
		return &frame{[]argument{a, b}, r, func(ctx context.Context) (err error) {
			r.v, err = h.f(ctx, a.v, b.v)
			return err
		}}
	}, b.err
}

type func3[A, B, C, R any] struct {
	f func(context.Context, A, B, C) (R, error)
}

func (h *func3[A, B, C, R]) bind(b *binder) (newFrame, error) {
	pa, pb, pc, ret := takes[A](b, 0), takes[B](b, 1), takes[C](b, 2), returns[R](b, 3)
	return func() *frame {
		a, b, d, r := pa.box(), pb.box(), pc.box(), ret.box()
		return &frame{[]argument{a, b, d}, r, func(ctx context.Context) (err error) {
			r.v, err = h.f(ctx, a.v, b.v, d.v)
			return err
		}}
	}, b.err
}

type func4[A, B, C, D, R any] struct {
	f func(context.Context, A, B, C, D) (R, error)
}

func (h *func4[A, B, C, D, R]) bind(b *binder) (newFrame, error) {
	pa, pb, pc, pd, ret := takes[A](b, 0), takes[B](b, 1), takes[C](b, 2), takes[D](b, 3), returns[R](b, 4)
	return func() *frame {
		a, b, d, e, r := pa.box(), pb.box(), pc.box(), pd.box(), ret.box()
		return &frame{[]argument{a, b, d, e}, r, func(ctx context.Context) (err error) {
			r.v, err = h.f(ctx, a.v, b.v, d.v, e.v)
			return err
		}}
	}, b.err
}

type func5[A, B, C, D, E, R any] struct {
	f func(context.Context, A, B, C, D, E) (R, error)
}

func (h *func5[A, B, C, D, E, R]) bind(b *binder) (newFrame, error) {
	pa, pb, pc, pd, pe, ret := takes[A](b, 0), takes[B](b, 1), takes[C](b, 2), takes[D](b, 3), takes[E](b, 4), returns[R](b, 5)
	return func() *frame {
		a, b, d, e, f, r := pa.box(), pb.box(), pc.box(), pd.box(), pe.box(), ret.box()
		return &frame{[]argument{a, b, d, e, f}, r, func(ctx context.Context) (err error) {
			r.v, err = h.f(ctx, a.v, b.v, d.v, e.v, f.v)
			return err
		}}
	}, b.err
}

type func6[A, B, C, D, E, F, R any] struct {
	f func(context.Context, A, B, C, D, E, F) (R, error)
}

func (h *func6[A, B, C, D, E, F, R]) bind(b *binder) (newFrame, error) {
	pa, pb, pc, pd, pe, pf, ret := takes[A](b, 0), takes[B](b, 1), takes[C](b, 2), takes[D](b, 3), takes[E](b, 4), takes[F](b, 5), returns[R](b, 6)
	return func() *frame {
		a, b, d, e, f, g, r := pa.box(), pb.box(), pc.box(), pd.box(), pe.box(), pf.box(), ret.box()
		return &frame{[]argument{a, b, d, e, f, g}, r, func(ctx context.Context) (err error) {
			r.v, err = h.f(ctx, a.v, b.v, d.v, e.v, f.v, g.v)
			return err
		}}
	}, b.err
}

type dynamicFunc struct {
	f func(context.Context, []Value) ([]Value, error)
}

func (h *dynamicFunc) bind(b *binder) (newFrame, error) {
	params := make([]*param[Value], len(b.fn.Params))
	for i := range params {
		params[i] = takes[Value](b, i)
	}
	ret := returnsDynamic(b)
	return func() *frame {
		f, r := &frame{args: make([]argument, len(params))}, ret.box()
		for i, p := range params {
			f.args[i] = p.box()
		}
		f.result = r
		f.run = func(ctx context.Context) error {
			results, err := h.f(ctx, f.dynamicArgs())
			if err != nil {
				return err
			}
			if err := r.count("host function returned", results); err != nil {
				return err
			}
			if len(results) > 0 {
				r.v = results[0]
			}
			return nil
		}
		return f
	}, b.err
}
