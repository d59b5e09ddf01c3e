package wazero

import (
	"math"

	"github.com/berth-cli/berth/engine"
)

// refuel is called by a guest whose fuel went below zero, to left. It returns its
// new fuel, or panics with what ends the call.
func (s *Store) refuel(left int32) int32 {
	if t := s.interrupted(); t != nil {
		panic(&abort{trap: t})
	}
	if s.stackBytes() > s.config.StackBytes {
		panic(&abort{trap: &engine.Trap{Code: engine.TrapStackOverflow}})
	}
	if !s.metered {
		return slice
	}
	debt := uint64(-int64(left))
	if s.fuel < debt {
		s.reclaim()
	}
	if s.fuel < debt {
		s.fuel = 0
		panic(&abort{trap: &engine.Trap{Code: engine.TrapOutOfFuel, Err: engine.ErrOutOfFuel}})
	}
	grant := min(s.fuel, debt+slice)
	s.fuel -= grant
	return int32(grant - debt)
}

// reclaim takes back the fuel instances hold.
func (s *Store) reclaim() {
	for _, g := range s.gauges {
		if v := int32(uint32(g.Get())); v > 0 {
			s.fuel += uint64(v)
			g.Set(0)
		}
	}
}

// SetFuel implements engine.Store.
func (s *Store) SetFuel(units uint64) {
	if !s.metered || s.closed {
		return
	}
	for _, g := range s.gauges {
		g.Set(0)
	}
	s.fuel = units
}

// Fuel implements engine.Store.
func (s *Store) Fuel() uint64 {
	if !s.metered || s.closed {
		return 0
	}
	left := s.fuel
	for _, g := range s.gauges {
		if v := int32(uint32(g.Get())); v > 0 && left < math.MaxUint64-uint64(v) {
			left += uint64(v)
		}
	}
	return left
}

// stackBytes returns the stack of all calls under way.
func (s *Store) stackBytes() int {
	if s.running == nil || s.engine.stackLen == nil {
		return s.stackBelow
	}
	return s.stackBelow + s.engine.stackLen(s.running)
}
