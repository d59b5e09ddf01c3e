package component

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/berth-cli/berth/component/internal/cabi"
	"github.com/berth-cli/berth/engine"
)

// InstanceConfig configures an Instance. Limits of the zero value are those of the
// engine; see engine.StoreConfig.
type InstanceConfig struct {
	MaxMemoryBytes uint64 // of all linear memories together; 0: only their own limits
	MaxTableElems  uint64 // of all tables together; 0: the engine's default
	StackBytes     int    // of native stack; 0: the engine's default
	Fuel           uint64 // units of work, which mean nothing on another engine; 0: not metered

	// HostState is for host functions, which get it by HostState.
	HostState any
}

// Instance is a running component. It is for one goroutine at a time, except
// Interrupt. Close it.
//
// After a trap, or a host function's error, the guest is in an unknown state:
// the instance is poisoned and can only be closed.
type Instance struct {
	linked *Linked
	store  engine.Store
	state  any

	cores     []engine.Instance
	coreFuncs []engine.Func
	comps     []*cabi.Instance // of Program.Instances
	resources []*cabi.Resource // of Program.Resources
	lifted    []*liftedFunc    // of Program.Funcs, nil where the host's
	options   map[optionsKey]*cabi.Options

	current atomic.Pointer[watch] // not nil while a call is under way
	still   watch                 // for calls whose context cannot end
	watched *watch                // of the latest context that can
	poison  error                 // what made the instance unusable
	closed  bool

	// callCtx is the context of the call under way and hostCtx what host functions
	// are given for it, nil until one is called: core code between them carries
	// no context.
	callCtx context.Context //nolint:containedctx // of the one call
	hostCtx *hostContext

	calls      uint64       // of host functions
	guestCalls []*guestCall // free
	exported   exportCall   // the one call from the host
	depth      int          // of guest calls in each other
}

// Interrupt ends the call under way, and every later one, with a *Trap that wraps
// ErrInterrupted and cause. The guest stops at its next loop or call, or when the
// host function it is in returns. It may be called from any goroutine, at any
// time.
func (in *Instance) Interrupt(cause error) { in.store.Interrupt(cause) }

// Stats is what an instance uses.
type Stats struct {
	MemoryBytes     uint64             // linear memory, all memories
	PeakMemoryBytes uint64             // the most MemoryBytes has been
	Refused         *engine.LimitError // why the last growth refused was, of a memory or a table; nil if none was
	Fuel            uint64             // left, 0 if not metered
	Handles         int                // resource handles the guest holds
}

// Stats returns what the instance uses now.
func (in *Instance) Stats() Stats {
	s := in.store.Stats()
	out := Stats{
		MemoryBytes: s.MemoryBytes, PeakMemoryBytes: s.PeakMemoryBytes,
		Refused: s.Refused, Fuel: in.store.Fuel(),
	}
	for _, c := range in.comps {
		out.Handles += c.Handles.Len()
	}
	return out
}

// withStats returns err, with what the instance uses now if it is a trap.
func (in *Instance) withStats(err error) error {
	t, ok := err.(*Trap) //nolint:errorlint // what a host function wraps is its own affair
	if !ok {
		return err
	}
	trap := *t // a host function's own stays as it is
	trap.Stats = in.Stats()
	return &trap
}

// SetFuel sets the remaining fuel. It does nothing unless InstanceConfig.Fuel was
// above zero.
func (in *Instance) SetFuel(units uint64) { in.store.SetFuel(units) }

// Close frees the instance, after the drop functions of the host's resources that
// the guest still owns; their errors are joined. It is idempotent. From a host
// function of the instance it returns ErrBusy.
func (in *Instance) Close() error {
	if !in.current.CompareAndSwap(nil, &in.still) {
		return ErrBusy
	}
	defer in.current.Store(nil)
	if in.closed {
		return nil
	}
	in.closed = true
	in.watched.end()
	in.callCtx, in.hostCtx = nil, nil
	var errs []error
	for _, c := range in.comps {
		c.Handles.Drain(func(r *cabi.Resource, rep cabi.Rep) {
			if r.Owner == nil {
				errs = append(errs, in.dropHost(r, rep))
			}
		})
	}
	return errors.Join(append(errs, in.store.Close())...)
}

// watch interrupts an instance when a context ends during a call that has it. A nil
// done means that there is no such context.
type watch struct {
	done <-chan struct{}
	stop func() bool
}

func (w *watch) end() {
	if w != nil {
		w.stop()
	}
}

// acquire begins a call: it returns an error if another is under way, if the
// instance cannot be used, or if ctx has ended.
func (in *Instance) acquire(ctx context.Context) error {
	if !in.current.CompareAndSwap(nil, &in.still) {
		return ErrBusy
	}
	err := in.usable()
	if done := ctx.Done(); done != nil && err == nil {
		in.watch(ctx, done)
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
	}
	if err != nil {
		in.current.Store(nil)
		return err
	}
	in.callCtx, in.hostCtx = ctx, nil
	return nil
}

func (in *Instance) usable() error {
	switch {
	case in.closed:
		return ErrClosed
	case in.poison != nil:
		return fmt.Errorf("%w: %v", ErrPoisoned, in.poison) //nolint:errorlint // the trap was returned once
	}
	return nil
}

// watch makes the end of ctx interrupt the call that has begun. What it sets up
// stays for later calls with the same context.
func (in *Instance) watch(ctx context.Context, done <-chan struct{}) {
	if in.watched == nil || in.watched.done != done {
		in.watched.end()
		w := &watch{done: done}
		w.stop = context.AfterFunc(ctx, func() {
			if in.current.Load() == w {
				in.store.Interrupt(context.Cause(ctx))
			}
		})
		in.watched = w
	}
	in.current.Store(in.watched)
}

// release ends a call. An error that left the guest in an unknown state poisons
// the instance.
func (in *Instance) release(poison error) {
	if poison != nil {
		in.poison = poison
	}
	in.callCtx, in.hostCtx = nil, nil
	in.current.Store(nil)
}

// context returns the context for the next call of a host function.
func (in *Instance) context() context.Context {
	if in.hostCtx == nil {
		in.hostCtx = &hostContext{parent: in.callCtx, state: in.state}
	}
	in.calls++
	in.hostCtx.calls = in.calls
	return in.hostCtx
}
