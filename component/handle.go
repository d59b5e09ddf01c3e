package component

import (
	"context"
	"fmt"
	"reflect"

	"github.com/berth-cli/berth/component/internal/cabi"
	"github.com/berth-cli/berth/component/internal/types"
)

// Handle is an own or borrow handle in the dynamic form: to a value of the host,
// or to a resource of a guest. It belongs to its instance and is used on its
// goroutine.
type Handle struct {
	own   bool
	name  string         // of the resource type, for messages; may be empty
	value any            // a host's value
	inst  *Instance      // a guest's resource: its instance, else nil
	res   *cabi.Resource // a guest's resource
	rep   uint32         // a guest's resource
	gone  bool           // a guest's resource: dropped or given away
}

// NewHandle returns a handle in the dynamic form to a value of the host, to be
// given (own) or lent to a guest.
func NewHandle(v any, own bool) *Handle { return &Handle{value: v, own: own} }

// Owned reports whether it is an own handle.
func (h *Handle) Owned() bool { return h.own }

// Value returns the value of a host's resource, nil for a guest's.
func (h *Handle) Value() any { return h.value }

// String describes the handle for logs; it does not show the value.
func (h *Handle) String() string {
	kind := "borrow"
	if h.own {
		kind = "own"
	}
	if h.name != "" {
		return kind + "<" + h.name + ">"
	}
	return fmt.Sprintf("%s<%T>", kind, h.value)
}

// Drop destroys the guest's resource that an own handle stands for, by calling
// its destructor; nothing happens for a host's value. The error is ErrHandleGone
// if it was dropped or given away before, else as for Func.Call.
func (h *Handle) Drop(ctx context.Context) error {
	switch {
	case h.inst == nil || !h.own:
		return nil
	case h.gone:
		return ErrHandleGone
	}
	return h.inst.dropGuest(ctx, h)
}

// GuestResource is a resource that a component defines, as the host holds it: the
// T of Own[T] and Borrow[T].
type GuestResource struct{ h *Handle }

// Drop destroys the resource, as Handle.Drop does.
func (g GuestResource) Drop(ctx context.Context) error {
	if g.h == nil {
		return ErrHandleGone
	}
	return g.h.Drop(ctx)
}

// handles converts handles between cabi and Go. It implements cabi.Handles.
type handles struct{}

// Lift stores the value of a host's resource, or a new handle of a guest's.
func (handles) Lift(dst reflect.Value, r *cabi.Resource, rep cabi.Rep, own bool) error {
	if dst.Kind() == reflect.Interface {
		dst.Set(reflect.ValueOf(newHandle(r, rep, own)))
		return nil
	}
	v := rep.V
	if r.Owner != nil {
		v = GuestResource{newHandle(r, rep, own)}
	}
	slot, ok := dst.Addr().Interface().(handleSlot)
	if !ok || !slot.put(v) {
		return fmt.Errorf("handle to %s holds a %T, not what %s holds", r.Name, v, dst.Type())
	}
	return nil
}

func newHandle(r *cabi.Resource, rep cabi.Rep, own bool) *Handle {
	if r.Owner == nil {
		return &Handle{own: own, value: rep.V, name: r.Name}
	}
	in, _ := r.Host.(*Instance)
	return &Handle{own: own, inst: in, res: r, rep: rep.N, name: r.Name}
}

// Lower returns what a typed or dynamic handle stands for.
func (handles) Lower(src reflect.Value, r *cabi.Resource, own bool) (cabi.Rep, error) {
	if v, ok := src.Interface().(heldHandle); ok && r.Owner == nil {
		return lowerHeld(v, r, own)
	}
	h, err := handleOf(src)
	switch {
	case err != nil:
		return cabi.Rep{}, err
	case own && !h.own:
		return cabi.Rep{}, &cabi.ValueError{WIT: "own<" + r.Name + ">", Reason: "the handle is borrowed"}
	case r.Owner != nil:
		return h.take(r, own)
	}
	want, _ := r.Host.(*hostResource)
	if h.inst != nil || want == nil || !isA(h.value, want.goType) {
		return cabi.Rep{}, &cabi.ValueError{WIT: r.Name, Reason: fmt.Sprintf("the handle is to a %T", h.value)}
	}
	return cabi.Rep{V: h.value}, nil
}

// lowerHeld is Lower of a typed handle to a value of the host.
func lowerHeld(v heldHandle, r *cabi.Resource, own bool) (cabi.Rep, error) {
	_, owned := v.(ownHandle)
	want, _ := r.Host.(*hostResource)
	switch value := v.held(); {
	case own && !owned:
		return cabi.Rep{}, &cabi.ValueError{WIT: "own<" + r.Name + ">", Reason: "the handle is borrowed"}
	case want == nil || !isA(value, want.goType):
		return cabi.Rep{}, &cabi.ValueError{WIT: r.Name, Reason: fmt.Sprintf("the handle is to a %T", value)}
	default:
		return cabi.Rep{V: value}, nil
	}
}

// isA reports whether v can be asserted to be a t.
func isA(v any, t reflect.Type) bool {
	if t.Kind() == reflect.Interface {
		return v != nil && reflect.TypeOf(v).Implements(t)
	}
	return reflect.TypeOf(v) == t
}

// handleOf returns src, a typed handle or an interface that holds a *Handle, in the
// dynamic form.
func handleOf(src reflect.Value) (*Handle, error) {
	switch v := src.Interface().(type) {
	case *Handle:
		if v != nil {
			return v, nil
		}
	case heldHandle:
		_, own := v.(ownHandle)
		g, guest := v.held().(GuestResource)
		switch {
		case !guest:
			return &Handle{own: own, value: v.held()}, nil
		case g.h != nil:
			return g.h, nil
		}
	}
	return nil, &cabi.ValueError{Reason: fmt.Sprintf("a %T is no handle", src.Interface())}
}

// take returns what a guest's resource is to the guest, and gives it away if own.
func (h *Handle) take(r *cabi.Resource, own bool) (cabi.Rep, error) {
	switch {
	case h.res != r:
		return cabi.Rep{}, &cabi.ValueError{WIT: r.Name, Reason: "the handle is " + h.String() + ", or of another instance"}
	case h.gone:
		return cabi.Rep{}, ErrHandleGone
	}
	h.gone = own
	return cabi.Rep{N: h.rep}, nil
}

// Dynamic returns a typed handle in the dynamic form, for messages.
func (handles) Dynamic(t *types.Type, src reflect.Value) any {
	h, err := handleOf(src)
	if err != nil {
		return nil
	}
	if h.name == "" {
		h.name = t.Resource.String()
	}
	return h
}
