package plugin

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Unlimited is the limit that does not limit.
const Unlimited = math.MaxInt64

// Limits is what one run may spend. There is no default for a field that is zero,
// lest a limit be forgotten: start from [DefaultLimits].
type Limits struct {
	// MemoryBytes is the most linear memory, all memories of the plugin together.
	MemoryBytes uint64

	// Compute is the most time the plugin may compute. Ordinary calls of WASI
	// count; waiting in a poll or in a call of the world that says so does not.
	Compute time.Duration

	// WorldCalls is the most calls of the world's own functions, such as
	// canister-call.
	WorldCalls int64

	// Descriptors is the most files and folders that may be open at once.
	Descriptors int
}

// warnMemoryBytes is how much memory is worth a word about it.
const warnMemoryBytes = 512 << 20

// DefaultLimits returns the limits of a plugin nothing else is said about: 4 GiB
// of memory, 60 s of computing, 1,024 open files, and as many calls as it likes.
func DefaultLimits() Limits {
	return Limits{
		MemoryBytes: 4 << 30,
		Compute:     time.Minute,
		WorldCalls:  Unlimited,
		Descriptors: 1024,
	}
}

var errMissingLimit = errors.New("limit is missing or negative")

func (l Limits) check() error {
	for name, value := range map[string]int64{
		"MemoryBytes": int64(min(l.MemoryBytes, math.MaxInt64)),
		"Compute":     int64(l.Compute),
		"WorldCalls":  l.WorldCalls,
		"Descriptors": int64(l.Descriptors),
	} {
		if value <= 0 {
			return fmt.Errorf("limits: %s: %w", name, errMissingLimit)
		}
	}
	return nil
}

// The names of limits in a [LimitError].
const (
	LimitMemory     = "memory"
	LimitCompute    = "compute"
	LimitWorldCalls = "world-calls"
	LimitCompile    = "compile" // Config.CompileTime
)

// LimitError says which limit a plugin went beyond.
type LimitError struct {
	Limit    string // LimitMemory or another
	Max      string // with its unit, such as "60s" or "4 GiB"
	Measured string // likewise
	Knob     string // what raises the limit, "" if nothing does
	Err      error  // how the run ended, or nil
}

func (e *LimitError) Error() string {
	text := fmt.Sprintf("plugin exceeded its %s limit of %s", e.Limit, e.Max)
	switch e.Limit {
	case LimitCompute:
		text = fmt.Sprintf("plugin exceeded the %s compute-time limit", e.Max)
	case LimitCompile:
		text = fmt.Sprintf("plugin takes longer than %s to compile", e.Max)
	}
	if e.Measured != "" {
		text += " (" + e.Measured + ")"
	}
	if e.Knob != "" {
		text += fmt.Sprintf(". If this plugin legitimately needs more, raise the limit by setting %s above %s.",
			e.Knob, e.Max)
	}
	return text
}

// Unwrap returns e.Err.
func (e *LimitError) Unwrap() error { return e.Err }

// formatSeconds writes a time the way the variable that sets it takes it: "60s".
func formatSeconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
}

// FormatBytes writes a number of bytes as people do: "1.5 MiB".
func FormatBytes(n uint64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/1024, 0
	for value >= 1024 && unit < len(units)-1 {
		value /= 1024
		unit++
	}
	if value == math.Trunc(value) {
		return fmt.Sprintf("%.0f %ciB", value, units[unit])
	}
	return fmt.Sprintf("%.1f %ciB", value, units[unit])
}
