package deploy

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/berth-cli/berth/internal/fetch"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/project"
	"github.com/berth-cli/berth/internal/worker"
	"github.com/berth-cli/berth/plugin"
)

// Deployer deploys the canisters of one environment. Every field without another
// word is required.
type Deployer struct {
	Project     *project.Project
	Environment *project.Environment

	// Open reaches the network. It is called when the network is needed, which a
	// failed build never does.
	Open    func(ctx context.Context) (*Network, error)
	Network *Network             // what Open returned; Close closes it
	Proxy   *principal.Principal // canister that calls go through; nil: none

	// Plugins gives the host that sync plugins run on, when the first is met.
	Plugins func() (*plugin.Host, error)
	Limits  plugin.Limits

	// Workers run sync plugins in processes of their own. nil: this process runs
	// them, on the host of Plugins.
	Workers *worker.Launcher

	PackageDir string // icp-cli's package cache
	Report     Reporter
	Jobs       int       // canisters at once; 0: as many as there are processors
	Environ    []string  // what script steps inherit, as os.Environ
	Stdin      io.Reader // what script steps read; nil: nothing

	// ReadyWithin is how long a canister that was started may take to answer
	// queries. 0: 30 s.
	ReadyWithin time.Duration

	once  sync.Once
	slots chan struct{}

	mu     sync.Mutex
	loaded []loaded
}

// FailedError says which canisters a phase failed for.
type FailedError struct {
	Verb     string // "build", "sync"
	Failures []Failure
}

func (e *FailedError) Error() string {
	names := make([]string, len(e.Failures))
	for i, f := range e.Failures {
		names[i] = f.Canister
	}
	return fmt.Sprintf("Canister(s) %q failed to %s.", names, e.Verb)
}

// Unwrap returns what the canisters failed with.
func (e *FailedError) Unwrap() []error {
	errs := make([]error, len(e.Failures))
	for i, f := range e.Failures {
		errs[i] = f.Err
	}
	return errs
}

// work is what a phase does for one canister. done says how it ended well.
type work = func(ctx context.Context, c *project.Canister, out *output) (done string, err error)

// phase does work for each canister, several at once and in the order of the
// manifest, and waits for all of them: one that fails stops no other.
func (d *Deployer) phase(ctx context.Context, verb string, canisters []*project.Canister, do work) error {
	progress := make([]Progress, len(canisters))
	for i, c := range canisters {
		progress[i] = d.Report.Canister(c.Name)
	}
	failures := make([]*Failure, len(canisters))
	var wg sync.WaitGroup
	for i, c := range canisters {
		if !d.acquire(ctx) {
			failures[i] = &Failure{Canister: c.Name, ID: d.idOf(c.Name), Err: context.Cause(ctx)}
			progress[i].End("Not started", true)
			continue
		}
		wg.Go(func() {
			defer d.release()
			failures[i] = d.attempt(ctx, verb, c, progress[i], do)
		})
	}
	wg.Wait()
	return failed(verb, failures)
}

// attempt does a phase's work for one canister, and returns nil if that was done.
func (d *Deployer) attempt(ctx context.Context, verb string, c *project.Canister, progress Progress, do work) *Failure {
	out := &output{progress: progress}
	done, err := do(ctx, c, out)
	if err == nil {
		progress.End(done, false)
		return nil
	}
	if ctx.Err() != nil {
		progress.End("Interrupted", true)
	} else {
		progress.End(fmt.Sprintf("Failed to %s canister: %v", verb, err), true)
	}
	return &Failure{Canister: c.Name, ID: d.idOf(c.Name), Err: err, Steps: out.kept()}
}

// idOf returns a canister's id, the zero principal if it has none yet.
func (d *Deployer) idOf(canister string) principal.Principal {
	if d.Network == nil {
		return principal.Principal{}
	}
	return d.Network.id(canister)
}

func failed(verb string, failures []*Failure) error {
	e := &FailedError{Verb: verb}
	for _, f := range failures {
		if f != nil {
			e.Failures = append(e.Failures, *f)
		}
	}
	if len(e.Failures) == 0 {
		return nil
	}
	return e
}

func (d *Deployer) shell(c *project.Canister, vars []string) shell {
	return shell{dir: c.Dir, env: d.Environ, vars: vars, in: d.Stdin}
}

// acquire takes one of the slots for canisters at once.
func (d *Deployer) acquire(ctx context.Context) bool {
	d.once.Do(func() {
		n := d.Jobs
		if n <= 0 {
			n = runtime.GOMAXPROCS(0)
		}
		d.slots = make(chan struct{}, n)
	})
	select {
	case d.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (d *Deployer) release() { <-d.slots }

// wasm gets what a step names.
func (d *Deployer) wasm(ctx context.Context, c *project.Canister, w project.Wasm, out *output) ([]byte, error) {
	cache := fetch.Cache{Dir: d.PackageDir, Progress: out.Line}
	src := fetch.Source{URL: w.URL, SHA256: w.SHA256}
	if w.Path != "" {
		src.Path = filepath.FromSlash(w.Path)
		if !filepath.IsAbs(src.Path) {
			src.Path = filepath.Join(c.Dir, src.Path)
		}
	}
	return cache.Get(ctx, src)
}
