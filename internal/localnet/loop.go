package localnet

import (
	"context"
	"time"
)

// job is work for the goroutine that owns the state.
type job struct {
	gone func() error // why nobody waits for it any more
	run  func() error
	err  error
	done chan struct{}
}

// do runs f on the network's goroutine and saves what it changed. After a save
// that failed it first tries again, and f runs only if that worked.
func (n *Network) do(ctx context.Context, f func(context.Context) error) error {
	j := &job{
		gone: func() error { return context.Cause(ctx) },
		run:  func() error { return f(ctx) },
		done: make(chan struct{}),
	}
	select {
	case n.jobs <- j:
	case <-n.stop:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case <-j.done:
		return j.err
	case <-n.done:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// sliceTime is how long queued messages run before waiting jobs get a turn.
const sliceTime = 20 * time.Millisecond

// loop owns the state until Close.
func (n *Network) loop(ctx context.Context) {
	defer close(n.done)
	defer n.shutdown()
	wake := time.NewTimer(0)
	defer wake.Stop()
	for {
		n.runSlice(ctx)
		if n.queue.len() > 0 { // more to do: only look whether something waits
			select {
			case j := <-n.jobs:
				n.runJob(ctx, j)
			case <-n.stop:
				return
			default:
			}
			continue
		}
		wake.Reset(n.untilWake())
		select {
		case j := <-n.jobs:
			n.runJob(ctx, j)
		case <-wake.C:
			n.tick(ctx)
		case <-n.stop:
			return
		}
	}
}

// runJob runs a job with the context of who asked for it, and what is due before
// with the loop's.
func (n *Network) runJob(ctx context.Context, j *job) {
	defer close(j.done)
	if j.err = j.gone(); j.err != nil {
		return
	}
	if n.diskErr != nil {
		if j.err = n.save(); j.err != nil {
			return
		}
	}
	n.tick(ctx)
	j.err = j.run()
	if n.queue.len() > 0 {
		return // saved with what is about to run
	}
	if err := n.save(); err != nil && j.err == nil {
		j.err = err
	}
}

// runSlice works the queue off for a while, saves and wakes who waits.
func (n *Network) runSlice(ctx context.Context) {
	start := time.Now()
	for n.step(ctx) {
		if time.Since(start) > sliceTime || n.stopped() {
			break
		}
	}
	n.save()
}

// stopped reports whether Close was called. A message it interrupted must not be
// followed by others.
func (n *Network) stopped() bool {
	select {
	case <-n.stop:
		return true
	default:
		return false
	}
}

// untilWake is how long nothing is planned.
func (n *Network) untilWake() time.Duration {
	at := n.nextWake()
	if at == 0 {
		return time.Hour
	}
	return time.Duration(max(int64(at)-n.cfg.Now().UnixNano(), int64(time.Millisecond)))
}

// wakeWaiters tells clients that their calls are answered, once that is saved.
func (n *Network) wakeWaiters() {
	for _, id := range n.finished {
		for _, w := range n.waiters[id] {
			close(w)
		}
		delete(n.waiters, id)
	}
	n.finished = nil
}

func (n *Network) shutdown() {
	if !n.interrupted {
		n.closeErr = n.save()
	}
	for _, c := range n.canisters {
		c.dropInstance()
	}
	for _, m := range n.modules {
		if m.compiled != nil {
			m.compiled.Close()
		}
	}
	n.closeDisk()
}
