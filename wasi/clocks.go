package wasi

import (
	"context"
	"time"

	"github.com/berth-cli/berth/component"
)

// datetime is a wasi:clocks datetime: a time since 1970.
type datetime struct {
	Seconds     uint64
	Nanoseconds uint32
}

// newDatetime returns t, or the beginning of 1970 if t is before it.
func newDatetime(t time.Time) datetime {
	if t.Unix() < 0 {
		return datetime{}
	}
	return datetime{Seconds: uint64(t.Unix()), Nanoseconds: uint32(t.Nanosecond())}
}

// monotonicStart is what the monotonic clock shows when a Host is made. It is not
// zero because the Go runtime, as a guest, takes that for a broken clock.
const monotonicStart = uint64(time.Second)

// monotonic returns the nanoseconds of the monotonic clock, which never goes back
// and tells nothing of how long the host has been up.
func (h *Host) monotonic() uint64 {
	h.elapsed = max(h.elapsed, h.now().Sub(h.start))
	return monotonicStart + uint64(h.elapsed)
}

// subscribeDuration returns a pollable that is ready after that many nanoseconds.
func (h *Host) subscribeDuration(nanoseconds uint64) (*Pollable, error) {
	return h.newTimer(nanoseconds)
}

// subscribeInstant returns a pollable that is ready when the monotonic clock shows
// when.
func (h *Host) subscribeInstant(when uint64) (*Pollable, error) {
	now := h.monotonic()
	return h.newTimer(when - min(when, now))
}

// timezoneDisplay is a wasi:clocks timezone-display.
type timezoneDisplay struct {
	UTCOffset            int32 `wit:"utc-offset"`
	Name                 string
	InDaylightSavingTime bool
}

func addClocks(l *component.Linker) {
	mono := l.Instance("wasi:clocks/monotonic-clock@0.2")
	mono.Func("now", func0((*Host).monotonic))
	mono.Func("resolution", func0(func(*Host) uint64 { return 1 }))
	mono.Func("subscribe-instant", made1((*Host).subscribeInstant))
	mono.Func("subscribe-duration", made1((*Host).subscribeDuration))

	wall := l.Instance("wasi:clocks/wall-clock@0.2")
	wall.Func("now", func0(func(h *Host) datetime { return newDatetime(h.now()) }))
	wall.Func("resolution", func0(func(*Host) datetime { return datetime{Nanoseconds: 1} }))

	// Where the host is, is none of the guest's business: it lives in UTC.
	zone := l.Instance("wasi:clocks/timezone@0.2")
	zone.Func("display", component.Func1(func(context.Context, datetime) (timezoneDisplay, error) {
		return timezoneDisplay{Name: "UTC"}, nil
	}))
	zone.Func("utc-offset", component.Func1(func(context.Context, datetime) (int32, error) {
		return 0, nil
	}))
}
