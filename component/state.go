package component

import (
	"context"
	"time"
)

// HostState returns the InstanceConfig.HostState of the instance whose guest
// called the host function that was given ctx, or nil if ctx is no such context.
func HostState(ctx context.Context) any {
	if s, ok := ctx.Value(stateKey{}).(*hostContext); ok {
		return s.state
	}
	return nil
}

// HostCalls returns how many host functions the instance has called, with the one
// that was given ctx, or 0 if ctx is no such context. A guest learns nothing between
// two calls that follow each other: what a function found out for one, it may tell
// in the next as if it had just happened.
func HostCalls(ctx context.Context) uint64 {
	if s, ok := ctx.Value(stateKey{}).(*hostContext); ok {
		return s.calls
	}
	return 0
}

type stateKey struct{}

// hostContext is the context of host functions: that of the call that entered
// the guest, the instance's state, and its calls so far. A nil parent never ends.
type hostContext struct {
	parent context.Context //nolint:containedctx // this is a context itself
	state  any
	calls  uint64
}

func (c *hostContext) Deadline() (deadline time.Time, ok bool) {
	if c.parent == nil {
		return time.Time{}, false
	}
	return c.parent.Deadline()
}

func (c *hostContext) Done() <-chan struct{} {
	if c.parent == nil {
		return nil
	}
	return c.parent.Done()
}

func (c *hostContext) Err() error {
	if c.parent == nil {
		return nil
	}
	return c.parent.Err()
}

func (c *hostContext) Value(key any) any {
	switch {
	case key == stateKey{}:
		return c
	case c.parent == nil:
		return nil
	}
	return c.parent.Value(key)
}
