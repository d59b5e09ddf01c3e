package localnet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// ErrClosed is the error of using a closed network.
var ErrClosed = errors.New("the network is closed")

// Config says what network to open. Engine is required.
type Config struct {
	// Engine runs the canisters. It must meter fuel, and outlive the network.
	Engine engine.Engine

	// StateDir is the folder of the network's state, made if needed. Only one
	// process has it open at a time. "": the network lives in memory and dies
	// with the value.
	StateDir string

	// LockWait is how long Open waits for another process to leave StateDir.
	// 0: 30 s; below 0: not at all.
	LockWait time.Duration

	// Now is the clock. nil: time.Now.
	Now func() time.Time

	// Seed, if not nil, fixes the keys and the randomness of a new network. For
	// tests: whoever knows it can sign as the network.
	Seed []byte

	// MaxHeapBytes is the most linear memory a canister may have. 0: 1 GiB.
	MaxHeapBytes uint64

	// MaxStableBytes is the most stable memory all canisters may have written
	// together; what is only grown is not counted. 0: 4 GiB.
	MaxStableBytes uint64

	// MaxInstructions is the most work one message may do, in the engine's
	// units of fuel; a byte the host copies for it is one more. 0: five billion.
	MaxInstructions uint64

	// StackBytes is the native stack of canister code. 0: the engine's default.
	StackBytes int

	// HeartbeatInterval is how often canister_heartbeat runs. 0: every second;
	// below 0: never.
	HeartbeatInterval time.Duration

	// SyncWait is how long a synchronous call waits for its answer before it is
	// told to poll. 0: 10 s.
	SyncWait time.Duration

	// Print gets each line canisters print, from the network's goroutine. It
	// must return soon. nil: nothing.
	Print func(canister principal.Principal, line string)

	// Log gets what happens, at level Debug and without payloads. nil: nothing.
	Log *slog.Logger
}

func orDefault[T comparable](v, d T) T {
	var zero T
	if v == zero {
		return d
	}
	return v
}

func (c Config) withDefaults() Config {
	c.LockWait = orDefault(c.LockWait, 30*time.Second)
	c.MaxHeapBytes = orDefault(c.MaxHeapBytes, 1<<30)
	c.MaxStableBytes = orDefault(c.MaxStableBytes, 4<<30)
	c.MaxInstructions = orDefault(c.MaxInstructions, 5_000_000_000)
	c.HeartbeatInterval = orDefault(c.HeartbeatInterval, time.Second)
	c.SyncWait = orDefault(c.SyncWait, 10*time.Second)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Network is a running network. The fields from globalData on belong to the
// goroutine that runs loop; others hand it jobs.
type Network struct {
	cfg  Config
	keys *keys
	api  api

	jobs      chan *job
	stop      chan struct{}
	stopOnce  sync.Once
	done      chan struct{} // closed when loop ended
	closeErr  error         // of the last save; read after done
	runningMu sync.Mutex
	busyStore engine.Store // what Close interrupts
	closing   bool

	globalData
	canisters map[pid]*canister
	modules   map[[32]byte]*module
	contexts  map[uint64]*callContext
	pending   map[uint64]*pendingCall
	queue     messageQueue
	ingress   ingressLog
	waiters   map[[32]byte][]chan struct{}
	finished  [][32]byte // calls answered since the last save
	changed   map[[32]byte]bool
	deleted   []pid // canisters since the last save
	mutated   bool  // something is to be saved
	ticks     uint64
	lastBeat  uint64                 // time of the last heartbeats
	lastSweep uint64                 // time calls were last forgotten
	disk      *disk                  // nil for a network in memory
	diskErr   error                  // of the last save, nil if all is saved
	health    atomic.Pointer[string] // diskErr in words; for any goroutine

	interrupted bool // Close ended a message in the middle: this state is not to be saved
}

// globalData is the part of the state that is of no canister, saved whole.
type globalData struct {
	Time        uint64
	NextID      uint64 // of contexts and calls
	NextCounter uint64 // of canister ids
	RandCounter uint64 // of raw_rand
	Gone        []pid  // deleted canisters: their ids are not given out again
}

// Open opens the network in cfg.StateDir, or makes a new one.
//
// The error is *LockedError if another process has the folder, *VersionError if a
// berth that writes another format made it, *StateError if it cannot be read.
func Open(ctx context.Context, cfg Config) (*Network, error) {
	cfg = cfg.withDefaults()
	if cfg.Engine == nil {
		return nil, errors.New("open network: no engine")
	}
	if !cfg.Engine.Features().Fuel {
		return nil, fmt.Errorf("open network: engine %s does not meter instructions", cfg.Engine.Features().Name)
	}
	n := &Network{
		cfg: cfg, api: newAPI(),
		jobs: make(chan *job), stop: make(chan struct{}), done: make(chan struct{}),
		canisters: make(map[pid]*canister), modules: make(map[[32]byte]*module),
		contexts: make(map[uint64]*callContext), pending: make(map[uint64]*pendingCall),
		waiters: make(map[[32]byte][]chan struct{}),
		changed: make(map[[32]byte]bool),
	}
	n.NextCounter = firstCounter
	if err := n.openState(ctx); err != nil {
		return nil, fmt.Errorf("open network: %w", err)
	}
	cfg.Log.DebugContext(ctx, "network opened", "dir", cfg.StateDir, "canisters", len(n.canisters), "engine", cfg.Engine.Features().Name)
	go n.loop(context.WithoutCancel(ctx)) // until Close, however long Open's caller waits
	return n, nil
}

// openState reads the state or makes a new one.
func (n *Network) openState(ctx context.Context) error {
	if n.cfg.StateDir != "" {
		found, err := n.openDisk(ctx)
		if err != nil || found {
			return err
		}
	}
	seed, err := newSeed(n.cfg.Seed)
	if err != nil {
		return err
	}
	if n.keys, err = newKeys(seed); err != nil {
		return err
	}
	n.mutated = true
	if err := n.save(); err != nil {
		n.closeDisk()
		return err
	}
	return nil
}

// RootKey returns the network's root key in DER. It is not the main network's.
func (n *Network) RootKey() []byte { return append([]byte(nil), n.keys.rootDER...) }

// SubnetID returns the id of the only subnet.
func (n *Network) SubnetID() principal.Principal { return n.keys.subnet }

// EffectiveCanisterID returns an id to send calls to that create canisters.
func (n *Network) EffectiveCanisterID() principal.Principal { return firstID().Principal }

// Close ends what runs, saves and frees everything. A message that is running is
// interrupted and has no effect. It is idempotent; the error is that of saving.
func (n *Network) Close() error {
	n.stopOnce.Do(func() {
		close(n.stop)
		n.interrupt()
	})
	<-n.done
	return n.closeErr
}

// setRunning tells Close what to interrupt.
func (n *Network) setRunning(s engine.Store) {
	n.runningMu.Lock()
	defer n.runningMu.Unlock()
	n.busyStore = s
	if n.closing && s != nil {
		s.Interrupt(ErrClosed)
	}
}

func (n *Network) interrupt() {
	n.runningMu.Lock()
	defer n.runningMu.Unlock()
	n.closing = true
	if n.busyStore != nil {
		n.busyStore.Interrupt(ErrClosed)
	}
}
