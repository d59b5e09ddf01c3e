package component

import (
	"context"
	"errors"
	"runtime/debug"

	"github.com/berth-cli/berth/component/internal/cabi"
	"github.com/berth-cli/berth/engine"
)

// hostCall is a guest's call of a host function under way. It serves all calls of
// one import, one after the other.
type hostCall struct {
	cx        cabi.Context
	imp       *hostImport
	frame     *frame
	intercept Interceptor
	stack     []uint64        // flat parameters, then flat results
	base      uint32          // of the parameters in memory
	ctx       context.Context //nolint:containedctx // of this one call

	// What an interceptor is given.
	call   Call
	reply  Reply // the host function's own, once it has one
	next   Next
	called bool // next was
}

// run handles one call, and what of it panics.
func (c *hostCall) run(ctx context.Context, stack []uint64) (err error) {
	c.ctx, c.stack = ctx, stack
	defer func() {
		if p := recover(); p != nil {
			err = c.failed(&engine.PanicError{Value: p, Stack: debug.Stack()})
		}
		c.clear()
	}()
	c.cx.Begin()
	if c.base, err = c.imp.layout.LiftBase(&c.cx, stack); err != nil {
		return err
	}
	if err := c.frame.take(c); err != nil {
		return err
	}
	if c.intercept != nil {
		return c.ask()
	}
	if err := c.frame.run(ctx); err != nil {
		return c.failed(err)
	}
	return c.frame.result.give(c)
}

// clear forgets the call.
func (c *hostCall) clear() {
	c.cx.Renew()
	c.frame.clear()
	c.ctx, c.stack = nil, nil
	if c.intercept != nil {
		c.call, c.reply, c.called = Call{}, Reply{}, false
	}
}

// ask sends the call through the interceptor.
func (c *hostCall) ask() error {
	c.call = Call{
		Interface: c.imp.iface, Func: c.imp.name, ArgBytes: c.cx.MaxBudget - c.cx.Budget, frame: c.frame,
	}
	reply, err := c.intercept(c.ctx, &c.call, c.next)
	switch {
	case err != nil:
		return c.failed(err)
	case reply == &c.reply && c.reply.frame != nil:
		return c.frame.result.give(c)
	}
	return c.frame.result.giveInstead(c, reply.Results())
}

// answer is what the interceptor is given as next.
func (c *hostCall) answer(ctx context.Context) (*Reply, error) {
	if c.called {
		return nil, errors.New("interceptor called next twice")
	}
	c.called = true
	if err := c.frame.run(ctx); err != nil {
		return nil, err
	}
	c.reply.frame = c.frame
	return &c.reply, nil
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
