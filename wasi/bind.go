package wasi

import (
	"context"

	"github.com/berth-cli/berth/component"
)

// Add defines the interfaces of this package in l, for every version 0.2.x. What
// a guest is granted is decided for each run, by the Host in the state of its
// instance: see Holder.
func Add(l *component.Linker) {
	addIO(l)
	addClocks(l)
	addRandom(l)
	addCLI(l)
	addFilesystem(l)
	addSockets(l)
}

// The functions below turn methods into host functions. They differ in the number
// of parameters, and in what the method returns:
//
//	func      a value
//	hostFunc  a value, or an error that ends the guest
//	made      a new resource, or an error that ends the guest
//	coded     a value, or an error that may be an errorCode for the guest
//	streamed  a value, or an error that may be of a stream for the guest

func func0[R any](f func(*Host) R) component.HostFunc {
	return hostFunc0(func(h *Host, _ context.Context) (R, error) { return f(h), nil })
}

func hostFunc0[R any](f func(*Host, context.Context) (R, error)) component.HostFunc {
	return component.Func0(func(ctx context.Context) (R, error) {
		h, err := FromContext(ctx)
		if err != nil {
			var none R
			return none, err
		}
		return f(h, ctx)
	})
}

func hostFunc1[A, R any](f func(*Host, context.Context, A) (R, error)) component.HostFunc {
	return component.Func1(func(ctx context.Context, a A) (R, error) {
		h, err := FromContext(ctx)
		if err != nil {
			var none R
			return none, err
		}
		return f(h, ctx, a)
	})
}

func made0[T any](f func(*Host) (T, error)) component.HostFunc {
	return hostFunc0(func(h *Host, _ context.Context) (component.Own[T], error) {
		return owned(f(h))
	})
}

func made1[A, T any](f func(*Host, A) (T, error)) component.HostFunc {
	return hostFunc1(func(h *Host, _ context.Context, a A) (component.Own[T], error) {
		return owned(f(h, a))
	})
}

// owned gives a new resource to the guest.
func owned[T any](v T, err error) (component.Own[T], error) {
	if err != nil {
		return component.Own[T]{}, err
	}
	return component.NewOwn(v), nil
}

// self makes a host function of a method without parameters of a resource.
func self[T, R any](f func(T) (R, error)) component.HostFunc {
	return component.Func1(func(_ context.Context, t component.Borrow[T]) (R, error) { return f(t.Value()) })
}

// resource returns a resource type whose values are closed when they are dropped.
func resource[T interface{ close() error }]() component.HostResource {
	return component.ResourceOf[T](func(_ context.Context, v T) error { return v.close() })
}
