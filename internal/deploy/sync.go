package deploy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/internal/fetch"
	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/project"
	"github.com/berth-cli/berth/internal/worker"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// shownBytes is how much of each stream of a plugin is shown.
const shownBytes = 1 << 20

// NoIDError says that a canister has no id in an environment.
type NoIDError struct {
	Canister, Environment string
	File                  string // where ids are kept
	Managed               bool   // berth can create it there
}

func (e *NoIDError) Error() string {
	return fmt.Sprintf("failed to lookup canister ID for canister '%s' in environment '%s': could not find ID for canister '%s' in environment '%s'",
		e.Canister, e.Environment, e.Canister, e.Environment)
}

// NotRunningError says that a canister cannot be synced as it does not run.
type NotRunningError struct {
	ID          principal.Principal
	Status      string // "Stopped" or "Stopping"
	Canister    string
	Environment string
}

func (e *NotRunningError) Error() string {
	return fmt.Sprintf("Canister %s is %s; asset sync requires it to be Running. "+
		"Start it with `berth canister start %s -e %s` and retry.", e.ID, e.Status, e.Canister, e.Environment)
}

// SystemCanisterError says that a canister of the project has the id of one of the
// network's own, which no plugin may call.
type SystemCanisterError struct {
	Canister string
	ID       principal.Principal
}

func (e *SystemCanisterError) Error() string {
	return fmt.Sprintf("canister '%s' has id %s, which is a system canister: plugins may not call it", e.Canister, e.ID)
}

// Sync runs the sync steps of canisters that exist and run. The error of steps is
// *FailedError; any other means that no step ran.
func (d *Deployer) Sync(ctx context.Context, canisters []*project.Canister) error {
	targets := withSteps(canisters)
	for _, c := range canisters {
		if !d.Network.has(c.Name) {
			return d.Network.noID(d.Environment.Name, c.Name)
		}
	}
	if len(targets) == 0 {
		d.Report.Phase("No canisters have sync steps configured")
		return nil
	}
	for _, c := range targets {
		if err := d.checkTarget(ctx, c); err != nil {
			return err
		}
	}
	return d.runSync(ctx, targets)
}

func withSteps(canisters []*project.Canister) []*project.Canister {
	var out []*project.Canister
	for _, c := range canisters {
		if len(c.Sync) > 0 {
			out = append(out, c)
		}
	}
	return out
}

// checkTarget refuses to sync what does not run or may not be called.
func (d *Deployer) checkTarget(ctx context.Context, c *project.Canister) error {
	id := d.Network.id(c.Name)
	if agent.IsSystemCanister(id) {
		return &SystemCanisterError{Canister: c.Name, ID: id}
	}
	status, err := d.management().CanisterStatus(ctx, id)
	if err != nil {
		return fmt.Errorf("ask for the status of canister '%s': %w", c.Name, err)
	}
	if name := statusName(status); name != "Running" {
		return &NotRunningError{ID: id, Status: name, Canister: c.Name, Environment: d.Environment.Name}
	}
	return nil
}

// runSync runs all steps. What plugins said on standard error is shown once their
// canister is done.
func (d *Deployer) runSync(ctx context.Context, targets []*project.Canister) error {
	d.Report.Phase("Syncing canisters:")
	return d.phase(ctx, "sync", targets, func(ctx context.Context, c *project.Canister, out *output) (string, error) {
		var kept []string
		for i, step := range c.Sync {
			out.Step(fmt.Sprintf("Syncing: %s %d of %d", step.Title(), i+1, len(c.Sync)))
			lines, err := d.syncStep(ctx, c, step, out)
			if err != nil {
				return "", err
			}
			kept = append(kept, lines...)
		}
		for _, line := range kept {
			d.Report.Notice(c.Name, line)
		}
		return fmt.Sprintf("Synced successfully: %s", d.Network.id(c.Name)), nil
	})
}

func (d *Deployer) syncStep(
	ctx context.Context, c *project.Canister, step project.SyncStep, out *output,
) (kept []string, err error) {
	switch s := step.(type) {
	case *project.ScriptStep:
		if err := d.shell(c, d.syncVars(c)).run(ctx, s, out.Line); err != nil {
			return nil, fmt.Errorf("script sync step failed: %w", err)
		}
		return nil, nil
	case *project.PluginStep:
		return d.pluginStep(ctx, c, s, out)
	}
	return nil, fmt.Errorf("sync step %T is unknown", step)
}

func (d *Deployer) syncVars(c *project.Canister) []string {
	vars := []string{
		"ICP_CLI_ENVIRONMENT=" + d.Environment.Name,
		"ICP_CLI_NETWORK=" + d.Environment.Network.Name,
		"ICP_CLI_CID=" + d.Network.id(c.Name).String(),
	}
	return append(vars, idVars(d.Network.all())...)
}

// pluginStep runs a plugin and returns what it said on standard error.
func (d *Deployer) pluginStep(
	ctx context.Context, c *project.Canister, step *project.PluginStep, out *output,
) (kept []string, err error) {
	limits, err := d.limits()
	if err != nil {
		return nil, err
	}
	run, err := d.runner(ctx, c, step, out)
	if err != nil {
		return nil, err
	}
	stdout := &plugin.Lines{Name: "stdout", MaxBytes: shownBytes, Emit: out.Line}
	stderr := &plugin.Lines{Name: "stderr", MaxBytes: shownBytes, Emit: func(line string) {
		kept = append(kept, line)
		out.Line(line)
	}}
	monitor := &plugin.Monitor{}
	out.Running(monitor.Activity)
	_, err = run(ctx, icpsync.Request{
		CanisterID:  d.Network.id(c.Name).String(),
		Environment: d.Environment.Name,
		Identity:    d.Network.Agent.Identity().Principal().String(),
		Proxy:       d.proxyText(),
		Dir:         c.Dir, Dirs: step.Dirs, Files: step.Files,
		Caller: &caller{network: d.Network, target: d.Network.id(c.Name), proxy: d.Proxy},
		Limits: limits,
		Stdout: stdout, Stderr: stderr,
		Monitor: monitor, Loops: d.loops(),
		Warn: func(text string) { d.Report.Warn(c.Name, text) },
	})
	stdout.Flush()
	stderr.Flush()
	if err != nil {
		return nil, pluginError(err, d.shownPath(c, step))
	}
	return kept, nil
}

// pluginError puts the step's component, and what was being done with it, before
// what went wrong.
func pluginError(err error, path string) error {
	if load, ok := errors.AsType[*worker.LoadError](err); ok {
		return loadError(load.Err, path)
	}
	switch {
	case is[*icpsync.InterfaceError](err), is[*component.LinkError](err), is[*component.BindError](err):
		return fmt.Errorf("failed to run plugin: failed to instantiate wasm component at %s: %w", path, err)
	case is[*icpsync.PathError](err), is[*plugin.GuestError](err):
		return fmt.Errorf("failed to run plugin: %w", err)
	}
	return fmt.Errorf("failed to run plugin: failed to call exec() on plugin at %s: %w", path, err)
}

func is[E error](err error) bool { _, ok := errors.AsType[E](err); return ok }

// loaded is a plugin and the bytes it was made of.
type loaded struct {
	wasm   []byte
	plugin *plugin.Plugin
}

// runner gets a step's component and returns what runs it: a process of its own with
// Workers, else this one.
func (d *Deployer) runner(
	ctx context.Context, c *project.Canister, step *project.PluginStep, out *output,
) (func(context.Context, icpsync.Request) (plugin.Report, error), error) {
	wasm, err := d.wasm(ctx, c, step.Wasm, out)
	if is[*fetch.FileError](err) {
		return nil, fmt.Errorf("failed to run plugin: failed to load wasm component: %w", err)
	}
	if err != nil {
		return nil, err
	}
	if d.Workers != nil {
		return func(ctx context.Context, r icpsync.Request) (plugin.Report, error) {
			return d.Workers.Run(ctx, wasm, r)
		}, nil
	}
	p, err := d.load(ctx, wasm, d.shownPath(c, step))
	return func(ctx context.Context, r icpsync.Request) (plugin.Report, error) {
		return icpsync.Run(ctx, p, r)
	}, err
}

// load compiles a component, once for all canisters. path is for errors.
func (d *Deployer) load(ctx context.Context, wasm []byte, path string) (*plugin.Plugin, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.loaded {
		if bytes.Equal(l.wasm, wasm) {
			return l.plugin, nil
		}
	}
	host, err := d.Plugins()
	if err != nil {
		return nil, err
	}
	p, err := host.Load(ctx, wasm)
	if err != nil {
		return nil, loadError(err, path)
	}
	d.loaded = append(d.loaded, loaded{wasm, p})
	return p, nil
}

func loadError(err error, path string) error {
	return fmt.Errorf("failed to run plugin: failed to load wasm component from %s: %w", path, err)
}

func (d *Deployer) shownPath(c *project.Canister, step *project.PluginStep) string {
	switch {
	case step.Wasm.Path == "":
		return step.Wasm.URL
	case filepath.IsAbs(step.Wasm.Path):
		return step.Wasm.Path
	}
	return filepath.Join(c.Dir, step.Wasm.Path)
}

// ComputeLimitError says that the variable that raises the compute limit holds no
// number of seconds.
type ComputeLimitError struct{ Raw string }

func (e *ComputeLimitError) Error() string {
	return fmt.Sprintf("invalid %s value '%s': expected a positive integer number of seconds", icpsync.ComputeKnob, e.Raw)
}

// limits are the plugin limits as the environment changes them.
func (d *Deployer) limits() (plugin.Limits, error) {
	limits := d.Limits
	for _, v := range d.Environ {
		raw, found := strings.CutPrefix(v, icpsync.ComputeKnob+"=")
		if !found {
			continue
		}
		seconds, err := strconv.ParseUint(strings.TrimSpace(raw), 10, 64)
		if err != nil || seconds == 0 {
			return limits, &ComputeLimitError{Raw: raw}
		}
		limits.Compute = time.Duration(min(seconds, uint64(plugin.Unlimited/time.Second))) * time.Second
	}
	return limits, nil
}

func (d *Deployer) proxyText() string {
	if d.Proxy == nil {
		return ""
	}
	return d.Proxy.String()
}
