package component

import (
	"context"
	"fmt"
	"reflect"

	"github.com/berth-cli/berth/component/internal/types"
)

// bindKey is an exported function and the Go function type it is bound to.
type bindKey struct {
	fn int
	rt reflect.Type
}

// binding returns what make has made of a function for a Go type before, or makes
// it now. The error is *BindError.
func (k *Linked) binding(key bindKey, fn *types.Func, make func(*binder) any) (any, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if b, ok := k.bound[key]; ok {
		return b, nil
	}
	b := newBinder(k.exportEnv, fn)
	made := make(b)
	if b.err != nil {
		return nil, b.err
	}
	if k.bound == nil {
		k.bound = map[bindKey]any{}
	}
	k.bound[key] = made
	return made, nil
}

// bind finds an export and its binding to a Go function type F.
func bind[F, B any](in *Instance, path []string, make func(*binder) *B) (*liftedFunc, *B, error) {
	i, f, fn, err := in.export(path)
	if err != nil {
		return nil, nil, err
	}
	b, err := in.linked.binding(bindKey{i, reflect.TypeFor[F]()}, fn, func(b *binder) any { return make(b) })
	if err != nil {
		return nil, nil, fmt.Errorf("bind export %s: %w", path[len(path)-1], err)
	}
	return f, b.(*B), nil
}

// Bind0 returns the exported function at path as a Go function; see Instance.Func
// for path and Func.Call for the errors of calling it. R is Unit if the WIT function
// has no result.
//
// The error wraps *BindError if a Go type does not represent its WIT type, and
// ErrNotFound if there is no such export.
func Bind0[R any](in *Instance, path ...string) (func(ctx context.Context) (R, error), error) {
	type bound struct{ ret *ret[R] }
	f, b, err := bind[func() R](in, path, func(b *binder) *bound { return &bound{returns[R](b, 0)} })
	if err != nil {
		return nil, err
	}
	r := b.ret.box()
	return func(ctx context.Context) (out R, err error) {
		c, err := in.begin(ctx, f)
		if err != nil {
			return out, err
		}
		defer c.end(&err)
		c.invoke()
		return r.get(c), nil
	}, nil
}

// Bind1 is Bind0 for a function with one parameter.
func Bind1[A, R any](in *Instance, path ...string) (func(ctx context.Context, a A) (R, error), error) {
	type bound struct {
		a   *param[A]
		ret *ret[R]
	}
	f, b, err := bind[func(A) R](in, path, func(b *binder) *bound {
		return &bound{takes[A](b, 0), returns[R](b, 1)}
	})
	if err != nil {
		return nil, err
	}
	pa, r := b.a.box(), b.ret.box()
	return func(ctx context.Context, a A) (out R, err error) {
		c, err := in.begin(ctx, f)
		if err != nil {
			return out, err
		}
		defer c.end(&err)
		pa.pass(c, a)
		c.invoke()
		return r.get(c), nil
	}, nil
}

// Bind2 is Bind0 for a function with two parameters.
func Bind2[A, B, R any](in *Instance, path ...string) (func(ctx context.Context, a A, b B) (R, error), error) {
	type bound struct {
		a   *param[A]
		b   *param[B]
		ret *ret[R]
	}
	f, p, err := bind[func(A, B) R](in, path, func(b *binder) *bound {
		return &bound{takes[A](b, 0), takes[B](b, 1), returns[R](b, 2)}
	})
	if err != nil {
		return nil, err
	}
	pa, pb, r := p.a.box(), p.b.box(), p.ret.box()
	return func(ctx context.Context, a A, b B) (out R, err error) {
		c, err := in.begin(ctx, f)
		if err != nil {
			return out, err
		}
		defer c.end(&err)
		pa.pass(c, a)
		pb.pass(c, b)
		c.invoke()
		return r.get(c), nil
	}, nil
}

// Bind3 is Bind0 for a function with three parameters.
func Bind3[A, B, C, R any](in *Instance, path ...string) (func(ctx context.Context, a A, b B, c C) (R, error), error) {
	type bound struct {
		a   *param[A]
		b   *param[B]
		c   *param[C]
		ret *ret[R]
	}
	f, p, err := bind[func(A, B, C) R](in, path, func(b *binder) *bound {
		return &bound{takes[A](b, 0), takes[B](b, 1), takes[C](b, 2), returns[R](b, 3)}
	})
	if err != nil {
		return nil, err
	}
	pa, pb, pc, r := p.a.box(), p.b.box(), p.c.box(), p.ret.box()
	return func(ctx context.Context, a A, b B, d C) (out R, err error) {
		c, err := in.begin(ctx, f)
		if err != nil {
			return out, err
		}
		defer c.end(&err)
		pa.pass(c, a)
		pb.pass(c, b)
		pc.pass(c, d)
		c.invoke()
		return r.get(c), nil
	}, nil
}

// Bind4 is Bind0 for a function with four parameters.
func Bind4[A, B, C, D, R any](in *Instance, path ...string) (func(ctx context.Context, a A, b B, c C, d D) (R, error), error) {
	type bound struct {
		a   *param[A]
		b   *param[B]
		c   *param[C]
		d   *param[D]
		ret *ret[R]
	}
	f, p, err := bind[func(A, B, C, D) R](in, path, func(b *binder) *bound {
		return &bound{takes[A](b, 0), takes[B](b, 1), takes[C](b, 2), takes[D](b, 3), returns[R](b, 4)}
	})
	if err != nil {
		return nil, err
	}
	pa, pb, pc, pd, r := p.a.box(), p.b.box(), p.c.box(), p.d.box(), p.ret.box()
	return func(ctx context.Context, a A, b B, d C, e D) (out R, err error) {
		c, err := in.begin(ctx, f)
		if err != nil {
			return out, err
		}
		defer c.end(&err)
		pa.pass(c, a)
		pb.pass(c, b)
		pc.pass(c, d)
		pd.pass(c, e)
		c.invoke()
		return r.get(c), nil
	}, nil
}
