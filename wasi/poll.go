package wasi

import (
	"context"
	"math"
	"time"
)

// Pollable is a wasi:io pollable: something that is, or will be, ready. It is a
// resource for a guest, which alone waits for it.
type Pollable struct {
	host     *Host
	ready    func() bool
	deadline time.Time // when it becomes ready by itself; zero if it never does
}

// NewPollable returns a pollable that is ready when ready says so. Whoever makes
// it become ready, on whatever goroutine, calls h.Wake afterwards.
//
// The error ends the guest: Limits.MaxPollables is reached.
func (h *Host) NewPollable(ready func() bool) (*Pollable, error) {
	if err := h.takePollable(); err != nil {
		return nil, err
	}
	return &Pollable{host: h, ready: ready}, nil
}

// newTimer returns a pollable that is ready once d nanoseconds have gone by.
// A time too far away to be told is never reached.
func (h *Host) newTimer(d uint64) (*Pollable, error) {
	deadline := time.Now().Add(time.Duration(min(d, math.MaxInt64)))
	never := d > math.MaxInt64
	p, err := h.NewPollable(func() bool { return !never && !time.Now().Before(deadline) })
	if err == nil && !never {
		p.deadline = deadline
	}
	return p, err
}

// block waits until p is ready or ctx is done, and then returns its cause.
func (p *Pollable) block(ctx context.Context) error {
	_, err := p.host.poll(ctx, []*Pollable{p})
	return err
}

// close gives p up.
func (p *Pollable) close() error {
	p.host.pollables--
	return nil
}

// Wake makes a wait that is under way look again. It may be called from any
// goroutine, and never blocks.
func (h *Host) Wake() {
	select {
	case h.wake <- struct{}{}:
	default: // the next look is still to come
	}
}

// poll waits until at least one pollable is ready and returns the indices of all
// that are. An empty list is a mistake of the guest and ends it, as does one longer
// than the pollables there can be. The error is the cause of ctx when ctx is done
// first.
func (h *Host) poll(ctx context.Context, in []*Pollable) ([]uint32, error) {
	switch {
	case len(in) == 0:
		return nil, misuse("poll of no pollables")
	case len(in) > h.limits.MaxPollables:
		return nil, overLimit("MaxPollables", h.limits.MaxPollables, uint64(len(in)))
	}
	if ready := readyOf(in); len(ready) > 0 {
		return ready, context.Cause(ctx)
	}
	h.forget()
	var ready []uint32
	var err error
	h.waiting(func() { ready, err = h.wait(ctx, in) })
	return ready, err
}

// readyOf returns the indices of those that are ready.
func readyOf(in []*Pollable) []uint32 {
	var ready []uint32
	for i, p := range in {
		if p.ready() {
			ready = append(ready, uint32(i))
		}
	}
	return ready
}

// wait sleeps until the earliest deadline, or until woken, and looks again.
func (h *Host) wait(ctx context.Context, in []*Pollable) ([]uint32, error) {
	var alarm <-chan time.Time
	if d := earliest(in); !d.IsZero() {
		t := time.NewTimer(time.Until(d))
		defer t.Stop()
		alarm = t.C
	}
	for {
		if ready := readyOf(in); len(ready) > 0 {
			return ready, nil
		}
		select {
		case <-h.wake:
		case <-alarm:
			alarm = nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// earliest returns the first deadline, zero if there is none.
func earliest(in []*Pollable) time.Time {
	var first time.Time
	for _, p := range in {
		if !p.deadline.IsZero() && (first.IsZero() || p.deadline.Before(first)) {
			first = p.deadline
		}
	}
	return first
}

// block waits until ready says so; it is poll for what has no pollable.
func (h *Host) block(ctx context.Context, ready func() bool) error {
	if ready() {
		return nil
	}
	_, err := h.poll(ctx, []*Pollable{{host: h, ready: ready}})
	return err
}
