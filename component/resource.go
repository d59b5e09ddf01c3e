package component

import (
	"context"
	"reflect"
)

// HostResource is a resource type that the host implements. Make one with
// ResourceOf and give it to HostInstance.Resource. Copies are the same resource
// type.
type HostResource struct{ impl *hostResource }

type hostResource struct {
	goType reflect.Type
	drop   func(ctx context.Context, v any) error // may be nil
}

// ResourceOf returns a resource type whose values the host keeps as a T, usually
// a pointer. Own[T] and Borrow[T] then represent own and borrow handles to it.
//
// drop is called when the guest drops an own handle, and for every own handle
// the guest still holds when its instance is closed; nil does nothing. An error
// ends the guest's call as a host function's does. drop is not called for a value
// the guest has given back to the host.
func ResourceOf[T any](drop func(ctx context.Context, v T) error) HostResource {
	r := &hostResource{goType: reflect.TypeFor[T]()}
	if drop != nil {
		r.drop = func(ctx context.Context, v any) error {
			t, _ := v.(T)
			return drop(ctx, t)
		}
	}
	return HostResource{r}
}

// Own is an own handle as Go code sees it. As a parameter of a host function it is
// a value that the guest has given away and that now belongs to the host; as a
// result, a value that the guest is given and that the host must not free before
// its drop function is called.
//
// T is the type given to ResourceOf for the resource, or GuestResource for one
// that a component defines.
type Own[T any] struct{ value T }

// NewOwn returns an own handle to v, to be given to a guest.
func NewOwn[T any](v T) Own[T] { return Own[T]{v} }

// Value returns what the handle stands for.
func (o Own[T]) Value() T { return o.value }

// Borrow is a borrow handle as Go code sees it: a value whose owner lends it until
// the call is over.
//
// T is as for Own.
type Borrow[T any] struct{ value T }

// NewBorrow returns a borrow handle to v, to be lent to a guest for a call of one
// of its exports. The guest may use v until the call is over.
func NewBorrow[T any](v T) Borrow[T] { return Borrow[T]{v} }

// Value returns what the handle stands for.
func (b Borrow[T]) Value() T { return b.value }

// ownHandle and borrowHandle tell Own and Borrow types from all others.
type (
	ownHandle    interface{ isOwn() }
	borrowHandle interface{ isBorrow() }
	heldHandle   interface{ held() any }      // a handle as a value
	handleSlot   interface{ put(v any) bool } // a pointer to one: false if v is no T
)

func (Own[T]) isOwn()       {}
func (Borrow[T]) isBorrow() {}

func (o Own[T]) held() any    { return o.value }
func (b Borrow[T]) held() any { return b.value }

func (o *Own[T]) put(v any) (ok bool) {
	o.value, ok = v.(T)
	return ok
}

func (b *Borrow[T]) put(v any) (ok bool) {
	b.value, ok = v.(T)
	return ok
}
