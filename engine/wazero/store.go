package wazero

import (
	"fmt"
	"math"
	"strconv"
	"sync/atomic"

	"github.com/tetratelabs/wazero/api"

	"github.com/berth-cli/berth/engine"
)

const (
	defaultTableElems = 10_000_000
	defaultInstances  = 10_000
	defaultStackBytes = 32 << 20

	// maxDepth bounds guest calls under host functions under guest calls, and so
	// the Go stack.
	maxDepth = 1_000

	// slice is the fuel an instance gets at a time: enough that asking costs
	// nothing, little enough that it is used up in well under a millisecond.
	slice = 20_000
)

// Store is an engine.Store on wazero.
type Store struct {
	engine  *Engine
	config  engine.StoreConfig
	ctx     *runContext
	intr    atomic.Pointer[engine.InterruptError]
	closed  bool
	hosts   [][]*hostFunc // by hostType.id, then in order of first import
	modules []api.Module  // to close, in order
	alive   map[api.Module]struct{}

	// Memory.
	memory memoryBudget

	tableElems uint64
	instances  int

	// Fuel not given to an instance, and where each instance keeps what it has.
	metered bool
	fuel    uint64
	gauges  []api.MutableGlobal

	// The calls under way.
	depth      int
	running    api.Function // innermost, nil while a start function runs
	stackBelow int          // stack of the others
}

var _ engine.Store = (*Store)(nil)

func newStore(e *Engine, c engine.StoreConfig) (*Store, error) {
	if c.MaxInstances < 0 || c.StackBytes < 0 {
		return nil, fmt.Errorf("store config: negative limit: MaxInstances %d, StackBytes %d", c.MaxInstances, c.StackBytes)
	}
	s := &Store{engine: e, config: c, metered: c.Fuel > 0, fuel: c.Fuel}
	if c.MaxTableElems == 0 {
		s.config.MaxTableElems = defaultTableElems
	}
	if c.MaxInstances == 0 {
		s.config.MaxInstances = defaultInstances
	}
	if c.StackBytes == 0 {
		s.config.StackBytes = defaultStackBytes
	}
	s.memory.max = c.MaxMemoryBytes
	if s.memory.max == 0 {
		s.memory.max = math.MaxUint64
	}
	s.ctx = &runContext{store: s}
	s.alive = map[api.Module]struct{}{}
	return s, nil
}

// NewHostFunc implements engine.Store.
func (s *Store) NewHostFunc(t engine.FuncType, fn engine.HostFunc) engine.Func {
	return &hostFunc{store: s, t: t, fn: fn, slots: t.StackLen(), narrow: narrow(t.Params)}
}

// place gives f its number among the host functions of its type, and returns where
// guests import it from.
func (s *Store) place(f *hostFunc) (source, error) {
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

// Interrupt implements engine.Store.
func (s *Store) Interrupt(cause error) {
	s.intr.CompareAndSwap(nil, &engine.InterruptError{Cause: cause})
}

// interrupted returns the trap of an interrupted store, nil if it is not.
func (s *Store) interrupted() *engine.Trap {
	if err := s.intr.Load(); err != nil {
		return &engine.Trap{Code: engine.TrapInterrupted, Err: err}
	}
	return nil
}

// Stats implements engine.Store.
func (s *Store) Stats() engine.Stats {
	return engine.Stats{
		MemoryBytes:      s.memory.used,
		PeakMemoryBytes:  s.memory.peak,
		RefusedGrowBytes: s.memory.refused,
		TableElems:       s.tableElems,
		Instances:        s.instances,
	}
}

// Close implements engine.Store.
func (s *Store) Close() error {
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
	s.modules, s.alive, s.gauges, s.hosts = nil, nil, nil, nil
	s.memory.free()
	return nil
}

// keepAlive keeps an instance whose code ran until the store closes, even if its
// start function traps and wazero forgets it: what it stored in the globals of
// others are plain addresses to the garbage collector.
func (s *Store) keepAlive(m api.Module) {
	if _, ok := s.alive[m]; !ok {
		s.alive[m] = struct{}{}
	}
}

// growTables grants n more table elements: it returns n, or 2^32-1 if that is too
// many.
func (s *Store) growTables(n uint32) uint32 {
	if uint64(n) > s.config.MaxTableElems-s.tableElems {
		return math.MaxUint32
	}
	s.tableElems += uint64(n)
	return n
}
