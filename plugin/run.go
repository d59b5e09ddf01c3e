package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/wasi"
)

// Grant is what a run may reach. The zero value grants nothing. The network is not
// in it: there is no way to grant it yet.
type Grant struct {
	Preopens []wasi.Preopen
	Args     []string // the program's name first
	Env      []wasi.EnvVar
	Stdin    io.Reader     // nil: at its end
	Terminal wasi.Terminal // which streams are a terminal's
}

// Session is one run of a plugin.
type Session struct {
	Grant  Grant
	Limits Limits // every field is required

	// Stdout and Stderr take what the plugin prints, whole and in order. A slow
	// writer slows the plugin down. nil: thrown away.
	Stdout, Stderr io.Writer

	// State is what the world's functions need of this run. See [State].
	State any

	// Monitor shows the run while it goes on; Warn is told at once what will also be
	// in Report.Warnings, by the goroutine that runs the plugin. nil: nobody looks.
	Monitor *Monitor
	Warn    func(text string)

	// Loops is what is done about a plugin that calls in circles.
	Loops Loops

	// Now is the clock that computing is measured by. nil: time.Now.
	Now func() time.Time
}

// State returns the Session.State of the run that called a world's function.
func State(ctx context.Context) any {
	if s, ok := component.HostState(ctx).(sessionState); ok {
		return s.state
	}
	return nil
}

// session is a run under way.
type session struct {
	world    World
	limits   Limits
	host     *wasi.Host
	instance *component.Instance
	meter    *meter
	doctor   *doctor
	warned   func(string) // Session.Warn
	now      func() time.Time
	panics   panicWatch
	report   Report
	last     [traceLength]Record
	calls    int
}

// sessionState is what an instance's host functions find: WASI its host, the chain
// its session, the world its state.
type sessionState struct {
	*session
	state any
}

// WASI makes sessionState a wasi.Holder.
func (s *session) WASI() *wasi.Host { return s.host }

// Run instantiates the plugin and calls enter, which calls what the plugin exports.
// The error is of one of the types in the package's documentation, or
// *component.LinkError if the plugin does not fit the world. All that was printed
// has been written when it returns.
func (p *Plugin) Run(
	ctx context.Context, w World, cfg Session, enter func(context.Context, *component.Instance) error,
) (Report, error) {
	if enter == nil {
		return Report{}, &HostError{Err: errors.New("nothing to call of the plugin: enter is nil")}
	}
	if err := cfg.Limits.check(); err != nil {
		return Report{}, &HostError{Err: err}
	}
	linked, err := p.link(w)
	if err != nil {
		return Report{}, err
	}
	s := &session{world: w, limits: cfg.Limits, warned: cfg.Warn, now: cfg.Now}
	if s.now == nil {
		s.now = time.Now
	}
	s.doctor = newDoctor(cfg, s.warn, s.now())
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s.meter = startMeter(cfg.Limits, s.now, cancel)
	defer s.meter.stop()
	if err := s.openHost(cfg); err != nil {
		return Report{}, &HostError{Err: err}
	}
	err = s.run(running, linked, cfg.State, enter)
	err = errors.Join(s.diagnosed(s.classify(ctx, err), err), s.closeHost(ctx))
	s.finish(err)
	s.explain(ctx, p, err)
	p.host.tell(err)
	return s.report, unjoin(err)
}

func (s *session) openHost(cfg Session) error {
	var err error
	s.host, err = wasi.New(wasi.Config{
		Args: cfg.Grant.Args, Env: cfg.Grant.Env, Stdin: cfg.Grant.Stdin, Terminal: cfg.Grant.Terminal,
		Preopens: cfg.Grant.Preopens,
		Stdout:   s.meter.watch(cfg.Stdout), Stderr: s.panics.beside(s.meter.watch(cfg.Stderr)),
		Waiting: s.meter.waiting,
		Limits:  cfg.Limits.wasi(),
	})
	return err
}

func (s *session) run(
	ctx context.Context, linked *component.Linked, state any, enter func(context.Context, *component.Instance) error,
) error {
	defer func() { s.report.Compute = s.meter.stop() }()
	config := s.limits.instance()
	config.HostState = sessionState{session: s, state: state}
	inst, err := linked.Instantiate(ctx, config)
	if err != nil {
		return err
	}
	s.instance = inst
	err = enter(ctx, inst)
	s.report.PeakMemoryBytes = inst.Stats().PeakMemoryBytes
	return errors.Join(err, inst.Close())
}

// lastWords is how long writing what was printed may take after the run was
// stopped.
const lastWords = 2 * time.Second

// closeHost writes what is still to be written. It waits for a slow writer as long
// as ctx allows, and a moment longer: what a plugin said before it was stopped is
// what the user needs.
func (s *session) closeHost(ctx context.Context) error {
	closing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(lastWords, cancel) })()
	if err := s.host.Close(closing); err != nil {
		return &HostError{Err: fmt.Errorf("write what the plugin printed: %w", err)}
	}
	return nil
}

func (s *session) finish(err error) {
	s.warnRefused(err)
	s.report.Last, s.report.Limits = s.trail(), s.limits
	if peak := s.report.PeakMemoryBytes; peak >= warnMemoryBytes {
		s.warn(fmt.Sprintf("the plugin used %s of memory; its limit is %s", FormatBytes(peak), FormatBytes(s.limits.MemoryBytes)))
	}
}

// unjoin returns the only error of a join of one, so that callers see its type.
func unjoin(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok && len(joined.Unwrap()) == 1 {
		return joined.Unwrap()[0]
	}
	return err
}
