// Package meter is the part of a store that is the same on every engine: its limits,
// its fuel and its interruption. The code that package rewrite adds to modules calls
// it through the engine's host function.
//
// A Meter is for one goroutine at a time, except Interrupt.
package meter

import (
	"errors"
	"fmt"
	"math"
	"sync/atomic"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

const (
	// MaxDepth bounds guest calls under host functions under guest calls, and so
	// the Go stack.
	MaxDepth = 1_000

	// Slice is the fuel an instance gets at a time: enough that asking costs
	// nothing, little enough that it is used up in well under a millisecond.
	Slice = 20_000

	// PageSize is the unit of memory sizes, in bytes.
	PageSize = 1 << 16
)

// Refused is what a growth the host refuses is raised to: more than any table or
// memory can grow.
const Refused = math.MaxUint32

// Gauge is where an instance keeps its fuel, an i32.
type Gauge interface {
	Get() uint64
	Set(uint64)
}

// Meter bounds what a store may use.
type Meter struct {
	config     engine.StoreConfig
	intr       atomic.Pointer[engine.InterruptError]
	metered    bool
	fuel       uint64 // not given to an instance
	gauges     []Gauge
	tableElems uint64
	instances  int
	entries    uint64
	held       uint64 // bytes of memory that the limits know of
	refused    *engine.LimitError
}

// New returns the meter of a store. Its memory limit is never zero.
func New(c engine.StoreConfig) (*Meter, error) {
	if c.MaxInstances < 0 || c.StackBytes < 0 {
		return nil, fmt.Errorf("store config: negative limit: MaxInstances %d, StackBytes %d", c.MaxInstances, c.StackBytes)
	}
	return &Meter{config: c.WithDefaults(), metered: c.Fuel > 0, fuel: c.Fuel}, nil
}

// Config returns the limits with defaults filled in.
func (m *Meter) Config() engine.StoreConfig { return m.config }

// Interrupt implements engine.Store.
func (m *Meter) Interrupt(cause error) {
	m.intr.CompareAndSwap(nil, &engine.InterruptError{Cause: cause})
}

// Interrupted returns the trap of an interrupted store, nil if it is not.
func (m *Meter) Interrupted() *engine.Trap {
	if err := m.intr.Load(); err != nil {
		return &engine.Trap{Code: engine.TrapInterrupted, Err: err}
	}
	return nil
}

// Admit checks that a module may be instantiated in a store whose memories have
// memoryBytes, and counts its memories, tables and entries.
func (m *Meter) Admit(mod *rewrite.Module, memoryBytes uint64) error {
	if m.instances >= m.config.MaxInstances {
		return &engine.LimitError{Limit: "MaxInstances", Max: uint64(m.config.MaxInstances), Want: uint64(m.instances) + 1}
	}
	entries := m.entries + mod.Entries()
	if entries > m.config.MaxEntries {
		return &engine.LimitError{Limit: "MaxEntries", Max: m.config.MaxEntries, Want: entries}
	}
	elems := m.tableElems
	for _, t := range mod.Tables[mod.ImportedTables:] {
		elems += t.Limits.Min
	}
	if elems > m.config.MaxTableElems {
		return &engine.LimitError{Limit: "MaxTableElems", Max: m.config.MaxTableElems, Want: elems}
	}
	want := memoryBytes
	for _, mem := range mod.Memories[mod.ImportedMemories:] {
		if mem.Min > math.MaxUint64/PageSize/uint64(len(mod.Memories)) {
			want = math.MaxUint64
			break
		}
		want += mem.Min * PageSize
	}
	if err := m.hold(want); err != nil {
		return err
	}
	m.tableElems, m.entries = elems, entries
	return nil
}

// Add counts an instance, whose fuel is in gauge.
func (m *Meter) Add(gauge Gauge) {
	m.instances++
	if m.metered {
		m.gauges = append(m.gauges, gauge)
	}
}

// hold takes n bytes from the limits in place of all that was taken before. The
// error is *engine.LimitError.
func (m *Meter) hold(n uint64) error {
	if n > m.config.MaxMemoryBytes {
		return &engine.LimitError{Limit: "MaxMemoryBytes", Max: m.config.MaxMemoryBytes, Want: n}
	}
	if m.config.Pool != nil {
		if err := m.config.Pool.Resize(m.held, n); err != nil {
			return err
		}
	}
	m.held = n
	return nil
}

// GrowMemory reports whether memories that have used bytes in all may have n more.
// What is granted and not used after all is given back the next time.
func (m *Meter) GrowMemory(used, n uint64) bool {
	err := m.hold(used + min(n, math.MaxUint64-used))
	if err == nil {
		return true
	}
	m.refused, _ = errors.AsType[*engine.LimitError](err)
	return false
}

// GrowTables grants n more table elements: it returns n, or Refused.
func (m *Meter) GrowTables(n uint32) uint32 {
	if most := m.config.MaxTableElems; uint64(n) > most-m.tableElems {
		m.refused = &engine.LimitError{Limit: "MaxTableElems", Max: most, Want: m.tableElems + uint64(n)}
		return Refused
	}
	m.tableElems += uint64(n)
	return n
}

// Stats returns what the meter counts of a store's statistics.
func (m *Meter) Stats() engine.Stats {
	return engine.Stats{TableElems: m.tableElems, Instances: m.instances, Refused: m.refused}
}
