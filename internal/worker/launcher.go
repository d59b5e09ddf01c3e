package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine/cache"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// ErrUnsupported is wrapped where this system cannot lock a process in.
var ErrUnsupported = errors.New("not supported by this system")

// Options configures a Launcher.
type Options struct {
	// Args is the command line that makes this program a worker, its name first.
	// Required.
	Args []string

	// Env is all of a worker's environment but TMPDIR, as NAME=value.
	Env []string

	// Cache keeps what workers compile. nil: each compiles anew.
	Cache *cache.Cache

	// LoadTime is how long a worker may take until the guest runs. It is there for
	// a worker that hangs: the limit of compiling is the host's. 0: 6 minutes.
	LoadTime time.Duration

	// Silence is how much longer a worker may do nothing that is seen than its
	// plugin may compute and wait: there for one that does not keep those limits any
	// more. 0: a minute.
	Silence time.Duration

	// Progress is told how far compiling is, as in plugin.Config. nil: nobody is.
	Progress func(component.Progress)

	// Log gets how each worker was locked in, at level debug. nil: nothing.
	Log *slog.Logger
}

const (
	defaultLoadTime = 6 * time.Minute
	defaultSilence  = time.Minute
)

// Launcher runs plugins in workers.
type Launcher struct {
	options Options
	ends    sync.WaitGroup // of processes
}

// New returns a Launcher. The error is ErrUnsupported on a system without the
// means.
func New(o Options) (*Launcher, error) {
	if err := supported(); err != nil {
		return nil, err
	}
	if len(o.Args) == 0 {
		return nil, errors.New("worker: no command line")
	}
	if o.LoadTime <= 0 {
		o.LoadTime = defaultLoadTime
	}
	if o.Silence <= 0 {
		o.Silence = defaultSilence
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Launcher{options: o}, nil
}

// Close waits until the processes of all runs, which must have returned, are gone.
func (l *Launcher) Close() error {
	l.ends.Wait()
	return nil
}

// Run runs a sync plugin in a process of its own. The error is as icpsync.Run's, or
// *LoadError if wasm is none, *DeathError if the worker ended before the run,
// *ProtocolError if it had to be ended, or *plugin.HostError if there was none to
// begin with.
//
// Where the system lacks one of the locks, the report has a warning; if it has
// neither Landlock nor filters of system calls, nothing is run and the error is
// ErrUnsupported.
func (l *Launcher) Run(ctx context.Context, wasm []byte, r icpsync.Request) (plugin.Report, error) {
	// What is wrong with the component comes before what is wrong with its inputs.
	inputs, openErr := r.Open()
	if openErr != nil {
		inputs = &icpsync.Inputs{}
	}
	defer inputs.Close()
	if ctx.Err() != nil {
		return plugin.Report{}, fmt.Errorf("plugin was stopped: %w", context.Cause(ctx))
	}
	p, err := l.start(inputs)
	if err != nil {
		return plugin.Report{}, &plugin.HostError{Err: fmt.Errorf("start worker: %w", err)}
	}
	defer p.kill(nil)
	s := newSession(l.options, p, wasm, r)
	s.inputs, s.checkOnly = inputs, openErr != nil
	report, err := s.run(ctx)
	if err == nil && openErr != nil {
		err = openErr
	}
	return report, err
}
