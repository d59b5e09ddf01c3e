package wasi

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"
	mathrand "math/rand/v2"
	"os"
	"time"

	"github.com/berth-cli/berth/component"
)

// errClosed ends a guest that calls after Close.
var errClosed = errors.New("wasi host is closed")

// Config says what one run may see. The zero value grants nothing: no files, no
// arguments, no environment, a standard input at its end, and standard output and
// error that are thrown away.
type Config struct {
	// Args are the arguments of the guest, the program's name first if it is to
	// have one.
	Args []string

	// Env is the environment of the guest, in this order.
	Env []EnvVar

	// InitialDir is the folder that relative paths start from, as a name the
	// guest knows. "": none.
	InitialDir string

	// Stdin is read only when the guest asks for input. nil: at its end.
	// A Read that is under way when the Host is closed is left alone: its bytes
	// are lost, and its goroutine ends when it returns.
	Stdin io.Reader

	// Stdout and Stderr take what the guest prints, in the order it printed it,
	// also between the two. Never are two calls of Write under way. nil: thrown
	// away.
	Stdout, Stderr io.Writer

	// Terminal says which of the three streams the guest is to take for a
	// terminal.
	Terminal Terminal

	// Preopens are the folders the guest may use.
	Preopens []Preopen

	// Now is the time the guest sees. nil: time.Now. Waiting goes by the real
	// clock whatever Now says.
	Now func() time.Time

	// Random is where random bytes come from. nil: crypto/rand.
	Random io.Reader

	// Waiting is called around each wait for input, output or time, and must call
	// wait once. Time in it is not the guest's work. nil: wait is called.
	Waiting func(wait func())

	// Limits bound what the guest can make the host hold.
	Limits Limits
}

// EnvVar is one variable of an environment.
type EnvVar struct{ Name, Value string }

// Terminal says of each standard stream whether it is a terminal.
type Terminal struct{ Stdin, Stdout, Stderr bool }

// Preopen is the grant of one folder.
//
// A guest that has two grants for one folder, or for a folder and one inside it,
// can do in the common part what either allows.
type Preopen struct {
	// Guest is the name the guest knows the folder by. It is handed over as it
	// is and means nothing here.
	Guest string

	// Dir is the folder on the host. Links in it are followed.
	Dir string

	// Root, if not nil, is the folder instead of Dir. It stays the caller's and
	// may be closed once New has returned.
	Root *os.Root

	// ReadWrite allows to create, change and remove. Without it every change is
	// refused with not-permitted.
	ReadWrite bool
}

// Host is what one run of a guest sees of the world, and what it holds of it:
// open files, streams and times it waits for.
//
// Its methods, and those of everything made from it, are for one goroutine at a
// time, except Wake.
type Host struct {
	args       []string
	env        []EnvVar
	initialDir string
	terminal   Terminal
	preopens   []*grant
	stdin      Source
	stdout     Sink
	stderr     Sink
	out        *outQueue
	now        func() time.Time
	start      time.Time
	elapsed    time.Duration // what the monotonic clock showed last
	random     io.Reader
	insecure   *mathrand.ChaCha8
	hashKey    [16]byte
	waiting    func(func())
	wake       chan struct{}
	limits     Limits
	held       int                    // resources that are no pollables
	pollables  int                    // held
	printed    int64                  // bytes of standard output and error
	refused    *component.LimitError  // the last refusal of which the guest was told
	live       map[io.Closer]struct{} // files and folders the guest holds
	buffer     []byte                 // see readBuffer
	seen       glance                 // by the latest stat-at
	closed     bool
	looked     func() // if not nil, called between looking at a name and opening it, for tests
}

// Holder is implemented by the state of an instance that uses WASI: the value put
// into component.InstanceConfig for host functions to find.
type Holder interface{ WASI() *Host }

// WASI returns h, so that a Host alone can be the state of an instance.
func (h *Host) WASI() *Host { return h }

var _ Holder = (*Host)(nil)

// FromContext returns the Host of the instance that is calling. It is for
// packages that add interfaces built on those of this one.
func FromContext(ctx context.Context) (*Host, error) {
	if s, ok := component.HostState(ctx).(Holder); ok {
		if h := s.WASI(); h != nil && !h.closed {
			return h, nil
		}
		return nil, errClosed
	}
	return nil, fmt.Errorf("state of the instance is a %T, which holds no wasi host", component.HostState(ctx))
}

// New opens the folders of cfg and returns the Host of one run. The caller closes
// it when the run is over.
//
// The error is about what cfg holds: a folder that cannot be opened, or text that
// is not UTF-8.
func New(cfg Config) (*Host, error) {
	if err := checkTexts(cfg); err != nil {
		return nil, err
	}
	h := &Host{
		args: cfg.Args, env: cfg.Env, initialDir: cfg.InitialDir, terminal: cfg.Terminal,
		now: cfg.Now, random: cfg.Random, waiting: cfg.Waiting,
		wake: make(chan struct{}, 1), limits: cfg.Limits.WithDefaults(), live: map[io.Closer]struct{}{},
	}
	if h.now == nil {
		h.now = time.Now
	}
	if h.random == nil {
		h.random = rand.Reader
	}
	if h.waiting == nil {
		h.waiting = func(wait func()) { wait() }
	}
	h.start = h.now()
	if err := h.seed(); err != nil {
		return nil, err
	}
	h.connect(cfg)
	for i, p := range cfg.Preopens {
		if err := h.preopen(p); err != nil {
			h.closeFiles()
			return nil, fmt.Errorf("preopen %d, %q: %w", i, p.Guest, err)
		}
	}
	return h, nil
}

// seed draws what must differ between runs.
func (h *Host) seed() error {
	var seed [32]byte
	for _, b := range [][]byte{seed[:], h.hashKey[:]} {
		if _, err := io.ReadFull(h.random, b); err != nil {
			return fmt.Errorf("read random seed: %w", err)
		}
	}
	h.insecure = mathrand.NewChaCha8(seed)
	return nil
}

// Close ends the run: it waits until everything the guest printed is written, or
// until ctx is done, and closes what the guest left open. The error tells of
// output that was lost and is nil the second time.
func (h *Host) Close(ctx context.Context) error {
	if h.closed {
		return nil
	}
	h.closed = true
	err := h.out.close(ctx)
	return errors.Join(err, h.stdin.Close(), h.closeFiles())
}

func (h *Host) closeFiles() error {
	var errs []error
	for c := range h.live {
		errs = append(errs, c.Close())
	}
	clear(h.live)
	return errors.Join(errs...)
}

// misuse is the end of a guest that breaks a rule of an interface for which the
// standard demands a trap.
func misuse(format string, args ...any) error {
	return &component.Trap{Kind: component.TrapValue, Message: fmt.Sprintf(format, args...)}
}

// toInt returns n as an int no greater than most.
func toInt(n uint64, most int) int {
	if n > math.MaxInt || int(n) > most {
		return most
	}
	return int(n)
}
