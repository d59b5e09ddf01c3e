package plugin

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/wasi"
)

// Unlimited is the limit that does not limit.
const Unlimited = math.MaxInt64

// Limits is what one run may spend. There is no default for a field that is zero,
// lest a limit be forgotten: start from [DefaultLimits]. What a component may be,
// and the values that cross its boundary, are bounded by component.Limits in
// [Config].
type Limits struct {
	// MemoryBytes is the most linear memory, all memories of the plugin together.
	MemoryBytes uint64

	// TableElems is the most elements, all tables of the plugin together.
	TableElems uint64

	// Compute is the most time the plugin may compute. Ordinary calls of WASI
	// count; waiting in a poll or in a call of the world that says so does not.
	Compute time.Duration

	// Wall is the most time from the first instruction to the last, whatever
	// happens in it.
	Wall time.Duration

	// Idle is the most time the plugin may wait without getting on: in WASI, for
	// time, input or output, all such waits added up since a call of the world's
	// own functions last returned, or a byte that it printed was last taken. Time
	// in a call of the world does not count, nor time in which the writer of what
	// it printed makes it wait, nor computing, which Compute bounds.
	Idle time.Duration

	// WorldCalls is the most calls of the world's own functions, such as
	// canister-call.
	WorldCalls int64

	// Descriptors is the most files and folders that may be open at once.
	Descriptors int

	// Pollables is the most things to wait for that the plugin may hold at once.
	Pollables int

	// Resources is the most other things of WASI that it may hold at once:
	// descriptors, streams, sockets and errors.
	Resources int

	// RandomBytes is the most random bytes of one call.
	RandomBytes int

	// OutputBytes is the most the plugin may print, on standard output and standard
	// error together.
	OutputBytes int64
}

// warnMemoryBytes is how much memory is worth a word about it.
const warnMemoryBytes = 512 << 20

// DefaultLimits returns the limits of a plugin nothing else is said about: 4 GiB
// of memory, 60 s of computing, 15 minutes of waiting without getting on, as much
// time and as many calls as it likes, and what wasi.Limits says.
func DefaultLimits() Limits {
	w := wasi.Limits{}.WithDefaults()
	return Limits{
		MemoryBytes: 4 << 30,
		TableElems:  10_000_000,
		Compute:     time.Minute,
		Wall:        Unlimited,
		Idle:        15 * time.Minute,
		WorldCalls:  Unlimited,
		Descriptors: w.MaxDescriptors,
		Pollables:   w.MaxPollables,
		Resources:   w.MaxResources,
		RandomBytes: w.MaxRandomBytes,
		OutputBytes: w.MaxOutputBytes,
	}
}

var errMissingLimit = errors.New("limit is missing or negative; start from DefaultLimits")

func (l Limits) check() error {
	for _, f := range []struct {
		name  string
		value int64
	}{
		{"MemoryBytes", int64(min(l.MemoryBytes, math.MaxInt64))},
		{"TableElems", int64(min(l.TableElems, math.MaxInt64))},
		{"Compute", int64(l.Compute)},
		{"Wall", int64(l.Wall)},
		{"Idle", int64(l.Idle)},
		{"WorldCalls", l.WorldCalls},
		{"Descriptors", int64(l.Descriptors)},
		{"Pollables", int64(l.Pollables)},
		{"Resources", int64(l.Resources)},
		{"RandomBytes", int64(l.RandomBytes)},
		{"OutputBytes", l.OutputBytes},
	} {
		if f.value <= 0 {
			return fmt.Errorf("limits: %s: %w", f.name, errMissingLimit)
		}
	}
	return nil
}

// wasi returns the limits that package wasi enforces.
func (l Limits) wasi() wasi.Limits {
	return wasi.Limits{
		MaxDescriptors: l.Descriptors, MaxPollables: l.Pollables, MaxResources: l.Resources,
		MaxRandomBytes: l.RandomBytes, MaxOutputBytes: l.OutputBytes,
	}
}

// instance returns the limits that an instance enforces.
func (l Limits) instance() component.InstanceConfig {
	return component.InstanceConfig{MaxMemoryBytes: l.MemoryBytes, MaxTableElems: l.TableElems}
}
