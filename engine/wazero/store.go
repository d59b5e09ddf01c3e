package wazero

import (
	"strconv"

	"github.com/tetratelabs/wazero/api"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/meter"
)

// defaultStackBytes is for StoreConfig.StackBytes of zero.
const defaultStackBytes = 32 << 20

// store is an engine.Store on wazero.
type store struct {
	*meter.Meter
	engine  *Engine
	ctx     *runContext
	closed  bool
	hosts   [][]*hostFunc // by hostType.id, then in order of first import
	modules []api.Module  // to close, in order
	memory  memoryBudget

	// The calls under way.
	maxStack   int
	depth      int
	running    api.Function // innermost
	stackBelow int          // stack of the others
}

var _ engine.Store = (*store)(nil)

func newStore(e *Engine, c engine.StoreConfig) (*store, error) {
	m, err := meter.New(c)
	if err != nil {
		return nil, err
	}
	s := &store{Meter: m, engine: e, maxStack: c.StackBytes}
	if s.maxStack == 0 {
		s.maxStack = defaultStackBytes
	}
	s.memory.meter = m
	s.ctx = &runContext{store: s}
	return s, nil
}

// NewHostFunc implements engine.Store.
func (s *store) NewHostFunc(t engine.FuncType, fn engine.HostFunc) engine.Func {
	return &hostFunc{store: s, t: t, fn: fn, slots: t.StackLen(), narrow: narrow(t.Params)}
}

// place gives f its number among the host functions of its type, and returns where
// guests import it from.
func (s *store) place(f *hostFunc) (source, error) {
	if f.source.mod != nil {
		return f.source, nil
	}
	h, err := s.engine.hosts.typeOf(f.t)
	if err != nil {
		return source{}, err
	}
	for len(s.hosts) <= h.id {
		s.hosts = append(s.hosts, nil)
	}
	n := len(s.hosts[h.id])
	mod, err := h.function(n)
	if err != nil {
		return source{}, err
	}
	s.hosts[h.id] = append(s.hosts[h.id], f)
	f.source = source{mod, strconv.Itoa(n)}
	return f.source, nil
}

// Stats implements engine.Store.
func (s *store) Stats() engine.Stats {
	stats := s.Meter.Stats()
	stats.MemoryBytes = s.memory.used
	stats.PeakMemoryBytes = s.memory.peak
	return stats
}

// refuel is called by a guest whose fuel went below zero, to left. It returns its
// new fuel, or panics with what ends the call.
func (s *store) refuel(left int32) int32 {
	fuel, trap := s.Refuel(left)
	if trap == nil && s.stackBytes() > s.maxStack {
		trap = &engine.Trap{Code: engine.TrapStackOverflow}
	}
	if trap != nil {
		panic(&abort{trap: trap})
	}
	return fuel
}

// stackBytes returns the stack of all calls under way.
func (s *store) stackBytes() int {
	if s.running == nil || s.engine.stackLen == nil {
		return s.stackBelow
	}
	return s.stackBelow + s.engine.stackLen(s.running)
}

// Close implements engine.Store.
func (s *store) Close() error {
	if s.depth > 0 {
		return engine.ErrBusy
	}
	if s.closed {
		return nil
	}
	s.closed = true
	for i := len(s.modules) - 1; i >= 0; i-- {
		_ = s.modules[i].Close(s.ctx)
	}
	s.modules, s.hosts = nil, nil
	s.memory.free()
	s.Meter.Close()
	return nil
}
