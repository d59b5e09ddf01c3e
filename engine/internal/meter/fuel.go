package meter

import (
	"math"

	"github.com/berth-cli/berth/engine"
)

// Refuel is called for a guest whose fuel went below zero, to left. It returns its
// new fuel, or what ends the call.
func (m *Meter) Refuel(left int32) (int32, *engine.Trap) {
	if t := m.Interrupted(); t != nil {
		return 0, t
	}
	if !m.metered {
		return Slice, nil
	}
	debt := uint64(-int64(left))
	if m.fuel < debt {
		m.reclaim()
	}
	if m.fuel < debt {
		m.fuel = 0
		return 0, &engine.Trap{Code: engine.TrapOutOfFuel, Err: engine.ErrOutOfFuel}
	}
	grant := min(m.fuel, debt+Slice)
	m.fuel -= grant
	return int32(grant - debt), nil
}

// held returns the fuel an instance holds. A guest that ran out left a debt behind,
// which was charged.
func held(g Gauge) uint64 { return uint64(max(int32(uint32(g.Get())), 0)) }

// reclaim takes back the fuel instances hold.
func (m *Meter) reclaim() {
	for _, g := range m.gauges {
		if v := held(g); v > 0 {
			m.fuel += v
			g.Set(0)
		}
	}
}

// SetFuel sets the remaining fuel of a metered store.
func (m *Meter) SetFuel(units uint64) {
	if !m.metered {
		return
	}
	for _, g := range m.gauges {
		g.Set(0)
	}
	m.fuel = units
}

// Fuel returns the remaining fuel, 0 if the store is not metered.
func (m *Meter) Fuel() uint64 {
	left := m.fuel
	for _, g := range m.gauges {
		if v := held(g); v <= math.MaxUint64-left {
			left += v
		}
	}
	return left
}

// Close forgets the gauges of a store that closed, and gives its memory back.
func (m *Meter) Close() {
	m.gauges, m.fuel = nil, 0
	_ = m.hold(0) // less is never refused
}
