package wasi

import (
	"cmp"

	"github.com/berth-cli/berth/component"
)

// Limits bound what a guest can make the host hold and do. A field that is zero
// stands for the default it names.
type Limits struct {
	// MaxDescriptors is the most files, folders and listings that may be open.
	// One more is refused with error code quota: see Host.Refused. 0: 1,024.
	MaxDescriptors int

	// MaxPollables is the most pollables a guest may hold, and wait for in one
	// poll. One more ends the guest. 0: 16,384.
	MaxPollables int

	// MaxResources is the most other things a guest may hold: descriptors, streams,
	// sockets and errors. One more ends the guest. 0: 65,536.
	MaxResources int

	// MaxRandomBytes is the most random bytes of one call. A call for more ends
	// the guest. 0: 64 MiB.
	MaxRandomBytes int

	// MaxOutputBytes is the most bytes a guest may print, on standard output and
	// standard error together. One more ends the guest. At most 64 KiB of each
	// stream wait for its writer, whatever this says. 0: 1 GiB.
	MaxOutputBytes int64
}

// WithDefaults returns l with the stated default in each zero field: what a Host
// made with l goes by.
func (l Limits) WithDefaults() Limits {
	return Limits{
		MaxDescriptors: cmp.Or(l.MaxDescriptors, 1024),
		MaxPollables:   cmp.Or(l.MaxPollables, 16384),
		MaxResources:   cmp.Or(l.MaxResources, 65536),
		MaxRandomBytes: cmp.Or(l.MaxRandomBytes, 64<<20),
		MaxOutputBytes: cmp.Or(l.MaxOutputBytes, 1<<30),
	}
}

// limitError says that a guest wants more than the field of Limits of that name
// allows.
func limitError[N int | int64](name string, limit N, want uint64) *component.LimitError {
	return &component.LimitError{Limit: "wasi.Limits." + name, Max: uint64(max(limit, 0)), Want: want}
}

// overLimit is the end of a guest that goes beyond a limit no error value of the
// interface can express.
func overLimit[N int | int64](name string, limit N, want uint64) error {
	return &component.Trap{Kind: component.TrapLimit, Err: limitError(name, limit, want)}
}

// take counts one more resource.
func (h *Host) take() error {
	if h.held >= h.limits.MaxResources {
		return overLimit("MaxResources", h.limits.MaxResources, uint64(h.held)+1)
	}
	h.held++
	return nil
}

func (h *Host) release() { h.held-- }

// takePollable counts one more pollable.
func (h *Host) takePollable() error {
	if h.pollables >= h.limits.MaxPollables {
		return overLimit("MaxPollables", h.limits.MaxPollables, uint64(h.pollables)+1)
	}
	h.pollables++
	return nil
}

// print counts n more bytes of output.
func (h *Host) print(n int) error {
	if int64(n) > h.limits.MaxOutputBytes-h.printed {
		return overLimit("MaxOutputBytes", h.limits.MaxOutputBytes, uint64(h.printed)+uint64(n))
	}
	h.printed += int64(n)
	return nil
}

// Refused returns the last refusal that did not end the guest, which was told of it
// by an error code: of Limits.MaxDescriptors. It is nil if there was none.
func (h *Host) Refused() *component.LimitError { return h.refused }

// printing is the Sink of a stream whose bytes count as output.
type printing struct {
	Sink
	host *Host
}

// Write implements Sink. An error of the limit ends the guest.
func (p printing) Write(b []byte) error {
	if err := p.host.print(len(b)); err != nil {
		return err
	}
	return p.Sink.Write(b)
}
