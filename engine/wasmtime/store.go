//go:build wasmtime

package wasmtime

import (
	"fmt"
	"math"

	wt "github.com/bytecodealliance/wasmtime-go/v39"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/meter"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// store is an engine.Store on wasmtime.
type store struct {
	*meter.Meter
	engine   *Engine
	wt       *wt.Store
	closed   bool
	memories []*wt.Memory // all of them
	host     *wt.Func     // what rewritten code calls
	caller   *wt.Caller   // of the innermost host function running
	pending  *engine.Trap // what made a host function fail, until its call ends
	depth    int
	peak     uint64
}

var _ engine.Store = (*store)(nil)

func newStore(e *Engine, c engine.StoreConfig) (*store, error) {
	m, err := meter.New(c)
	if err != nil {
		return nil, err
	}
	i32 := []engine.ValType{engine.I32}
	t, err := e.funcType(engine.FuncType{Params: append(i32, engine.I32), Results: i32})
	if err != nil {
		return nil, err
	}
	s := &store{Meter: m, engine: e, wt: wt.NewStore(e.wt)}
	s.host = wt.NewFunc(s.wt, t, s.callHost)
	return s, nil
}

// ctx returns what wasmtime calls the store by now: in a host function, its caller.
func (s *store) ctx() wt.Storelike {
	if s.caller != nil {
		return s.caller
	}
	return s.wt
}

// enterHost notes the caller of a host function, and returns how to undo that.
func (s *store) enterHost(c *wt.Caller) func() {
	outer := s.caller
	s.caller = c
	return func() { s.caller = outer }
}

// callHost is what the code that rewriting added calls.
func (s *store) callHost(c *wt.Caller, args []wt.Val) ([]wt.Val, *wt.Trap) {
	defer s.enterHost(c)()
	v := uint32(args[1].I32())
	switch args[0].I32() {
	case rewrite.HostTableGrow:
		v = s.GrowTables(v)
	case rewrite.HostMemoryGrow:
		v = s.growMemory(v)
	default:
		fuel, trap := s.Refuel(int32(v))
		if trap != nil {
			return nil, s.fail(trap)
		}
		v = uint32(fuel)
	}
	return []wt.Val{wt.ValI32(int32(v))}, nil
}

// fail makes the wasmtime trap that ends a guest's call with t.
func (s *store) fail(t *engine.Trap) *wt.Trap {
	s.pending = t
	return wt.NewTrap("host function failed")
}

// growMemory grants n more pages: it returns n, or meter.Refused.
func (s *store) growMemory(n uint32) uint32 {
	if !s.mayGrow(uint64(n)) {
		return meter.Refused
	}
	return n
}

func (s *store) mayGrow(pages uint64) bool {
	return s.GrowMemory(s.memoryBytes(), min(pages, math.MaxUint64/meter.PageSize)*meter.PageSize)
}

// memoryBytes returns the size of all memories.
func (s *store) memoryBytes() uint64 {
	n := uint64(0)
	for _, m := range s.memories {
		n += uint64(m.DataSize(s.ctx()))
	}
	return n
}

// NewHostFunc implements engine.Store.
func (s *store) NewHostFunc(t engine.FuncType, fn engine.HostFunc) engine.Func {
	return &hostFunc{store: s, t: t, fn: fn, slots: t.StackLen()}
}

// Stats implements engine.Store.
func (s *store) Stats() engine.Stats {
	stats := s.Meter.Stats()
	if !s.closed {
		s.peak = s.memoryBytes() // memories only grow
		stats.MemoryBytes = s.peak
	}
	stats.PeakMemoryBytes = s.peak
	return stats
}

// SetFuel implements engine.Store.
func (s *store) SetFuel(units uint64) {
	if !s.closed {
		s.Meter.SetFuel(units)
	}
}

// Fuel implements engine.Store.
func (s *store) Fuel() uint64 {
	if s.closed {
		return 0
	}
	return s.Meter.Fuel()
}

// enter checks that a call may begin.
func (s *store) enter(stack []uint64, slots int) error {
	if s.closed {
		return fmt.Errorf("store: %w", engine.ErrClosed)
	}
	if t := s.Interrupted(); t != nil {
		return t
	}
	if len(stack) < slots {
		return fmt.Errorf("call: %d values on the stack, %d needed", len(stack), slots)
	}
	if s.depth >= meter.MaxDepth {
		return &engine.Trap{Code: engine.TrapStackOverflow}
	}
	return nil
}

// Close implements engine.Store.
func (s *store) Close() error {
	if s.depth > 0 || s.caller != nil {
		return engine.ErrBusy
	}
	if s.closed {
		return nil
	}
	s.peak = s.memoryBytes()
	s.closed = true
	s.Meter.Close()
	s.memories, s.host = nil, nil
	s.wt.Close()
	return nil
}
