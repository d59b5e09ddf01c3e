package wasi_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/wasi"
)

func always() bool { return true }
func never() bool  { return false }

func pollables(t testing.TB, h *wasi.Host, ready ...func() bool) []*wasi.Pollable {
	t.Helper()
	var all []*wasi.Pollable
	for _, f := range ready {
		p, err := h.NewPollable(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func TestPollReady(t *testing.T) {
	h := newHost(t, wasi.Config{})
	for _, tt := range []struct {
		name  string
		ready []func() bool
		want  []uint32
	}{
		{"one", []func() bool{always}, []uint32{0}},
		{"some", []func() bool{never, always, never, always}, []uint32{1, 3}},
		{"all", []func() bool{always, always}, []uint32{0, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := h.Poll(t.Context(), pollables(t, h, tt.ready...))
			if !slices.Equal(got, tt.want) || err != nil {
				t.Errorf("Poll = %v, %v, want %v", got, err, tt.want)
			}
		})
	}
}

func TestPollOfNothingTraps(t *testing.T) {
	_, err := newHost(t, wasi.Config{}).Poll(t.Context(), nil)
	wantTrap(t, "Poll", err, component.TrapValue)
}

func TestPollOfTooManyTraps(t *testing.T) {
	h := newHost(t, wasi.Config{Limits: wasi.Limits{MaxPollables: 2}})
	p := pollables(t, h, always)[0]
	if got, err := h.Poll(t.Context(), []*wasi.Pollable{p, p}); len(got) != 2 || err != nil {
		t.Errorf("Poll = %v, %v", got, err)
	}
	_, err := h.Poll(t.Context(), []*wasi.Pollable{p, p, p})
	wantTrap(t, "Poll", err, component.TrapLimit)
}

func TestPollWaitsForTheEarliest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, wasi.Config{})
		var all []*wasi.Pollable
		for _, d := range []time.Duration{time.Hour, time.Second, time.Minute, time.Second} {
			p, err := h.SubscribeDuration(uint64(d))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, p)
		}
		start := time.Now()
		got, err := h.Poll(t.Context(), all)
		if took := time.Since(start); !slices.Equal(got, []uint32{1, 3}) || err != nil || took != time.Second {
			t.Errorf("Poll = %v, %v after %v, want [1 3] after 1s", got, err, took)
		}
	})
}

func TestSubscribeInstant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, wasi.Config{})
		for _, tt := range []struct {
			name string
			when uint64
			want time.Duration
		}{
			{"past", 0, 0},
			{"now", h.Monotonic(), 0},
			{"soon", h.Monotonic() + uint64(time.Minute), time.Minute},
		} {
			p, err := h.SubscribeInstant(tt.when)
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			if err := p.Block(t.Context()); err != nil || time.Since(start) != tt.want {
				t.Errorf("%s: Block = %v after %v, want %v", tt.name, err, time.Since(start), tt.want)
			}
		}
	})
}

// A time that cannot be told is not one that is over.
func TestSubscribeForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, wasi.Config{})
		ctx, cancel := context.WithTimeout(t.Context(), 24*365*time.Hour)
		defer cancel()
		for _, d := range []uint64{math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64} {
			p, err := h.SubscribeDuration(d)
			if err != nil {
				t.Fatal(err)
			}
			if p.Ready() {
				t.Errorf("%d nanoseconds are over", d)
			}
			if err := p.Block(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Block = %v, want %v", err, context.DeadlineExceeded)
			}
		}
	})
}

func TestWake(t *testing.T) {
	h := newHost(t, wasi.Config{})
	var ready atomic.Bool
	p := pollables(t, h, ready.Load)[0]
	h.Wake() // of no use yet, and harmless
	go func() {
		for range 100 {
			h.Wake()
		}
		ready.Store(true)
		h.Wake()
	}()
	if err := p.Block(t.Context()); err != nil {
		t.Errorf("Block: %v", err)
	}
}

func TestPollEndsWithContext(t *testing.T) {
	h := newHost(t, wasi.Config{})
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	for _, ready := range []func() bool{never, always} { // a guest that polls in a loop ends too
		if _, err := h.Poll(ctx, pollables(t, h, ready)); !errors.Is(err, cause) {
			t.Errorf("Poll: %v, want %v", err, cause)
		}
	}
}

func TestClocks(t *testing.T) {
	now := time.Unix(1_000, 5)
	h := newHost(t, wasi.Config{Now: func() time.Time { return now }})
	first := h.Monotonic()
	if first == 0 {
		t.Error("the monotonic clock begins at 0, which the Go runtime refuses")
	}
	now = now.Add(time.Minute)
	if got := h.Monotonic() - first; got != uint64(time.Minute) {
		t.Errorf("the clock went %d on, want a minute", got)
	}
	now = now.Add(-time.Hour)
	if got := h.Monotonic() - first; got != uint64(time.Minute) {
		t.Errorf("the clock went back to %d, want a minute", got)
	}
}

func TestRandom(t *testing.T) {
	h := newHost(t, wasi.Config{})
	for _, n := range []uint64{0, 1, 1 << 20, 3<<20 + 1} {
		a, err := h.RandomBytes(t.Context(), n)
		if uint64(len(a)) != n || err != nil {
			t.Errorf("RandomBytes(%d) = %d bytes, %v", n, len(a), err)
		}
		b, err := h.InsecureBytes(t.Context(), n)
		if uint64(len(b)) != n || err != nil {
			t.Errorf("InsecureBytes(%d) = %d bytes, %v", n, len(b), err)
		}
		if n > 100 && slices.Equal(a, b) {
			t.Errorf("two times the same %d bytes", n)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.RandomBytes(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("RandomBytes after cancel: %v", err)
	}
}
