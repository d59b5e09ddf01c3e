package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/cache"
	"github.com/berth-cli/berth/internal/deploy"
	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/project"
	"github.com/berth-cli/berth/plugin"
	"github.com/spf13/cobra"
)

// app is what the commands of one invocation share.
type app struct {
	Streams
	console *console
	global  globalFlags

	engineOnce sync.Once
	engine     engine.Engine
	engineErr  error
	cache      *cache.Cache // a worker's; nil: this user's
	hostOnce   sync.Once
	host       *plugin.Host
	hostErr    error

	sources []string // folders whose source files a report of a trap may show
}

// globalFlags are the flags every command has.
type globalFlags struct {
	dir         string
	projectRoot string
	engine      string
	debug       bool
	quiet       bool
	verbose     bool
	json        bool // of the commands that have it
}

// environmentFlags are the flags of commands that work on an environment.
type environmentFlags struct {
	environment string
	identity    string
	trust       bool

	prints bool // what canisters print is shown, also without --verbose
}

func (f *environmentFlags) add(a *app, cmd *cobra.Command) {
	a.environmentFlag(cmd, &f.environment)
	flags := cmd.Flags()
	flags.StringVar(&f.identity, "identity", "", "who signs calls (default: icp-cli's default identity)")
	flags.BoolVar(&f.trust, "trust-network", false, "let the identity sign for a network that is not known, from now on")
}

func (a *app) environmentFlag(cmd *cobra.Command, name *string) {
	environment := a.getenv("ICP_ENVIRONMENT")
	if environment == "" {
		environment = project.LocalName
	}
	cmd.Flags().StringVarP(name, "environment", "e", environment, "environment to work on (or $ICP_ENVIRONMENT)")
}

// environment reads the project and finds one of its environments.
func (a *app) environment(name string) (*project.Project, *project.Environment, error) {
	p, err := a.project()
	if err != nil {
		return nil, nil, err
	}
	env, err := p.Environment(name)
	return p, env, err
}

// workingDir is the folder to start from: $PWD if it is the one the system says, so
// that a folder reached through a link has the parents its path shows.
func (a *app) workingDir() (string, error) {
	dir := a.Dir
	if dir == "" {
		var err error
		if dir, err = os.Getwd(); err != nil {
			return "", fmt.Errorf("find working folder: %w", err)
		}
	}
	if pwd := a.getenv("PWD"); filepath.IsAbs(pwd) && sameFolder(pwd, dir) {
		dir = pwd
	}
	if a.global.dir == "" {
		return dir, nil
	}
	if filepath.IsAbs(a.global.dir) {
		dir = a.global.dir
	} else {
		dir = filepath.Join(dir, a.global.dir)
	}
	// The project could be looked for above a folder that does not exist.
	if info, err := os.Stat(dir); err != nil {
		return "", fmt.Errorf("change folder: %w", err)
	} else if !info.IsDir() {
		return "", fmt.Errorf("change folder: %s: %w", dir, syscall.ENOTDIR)
	}
	return dir, nil
}

func sameFolder(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// project finds and reads the project.
func (a *app) project() (*project.Project, error) {
	override := a.global.projectRoot
	if override == "" {
		override = a.getenv("ICP_PROJECT_ROOT")
	}
	dir, err := a.workingDir()
	if err != nil {
		return nil, err
	}
	if override != "" {
		if !filepath.IsAbs(override) {
			override = filepath.Join(dir, override)
		}
		if dir, err = project.At(override); err != nil {
			return nil, fmt.Errorf("failed to locate project directory: %w", err)
		}
		return a.load(dir)
	}
	if dir, err = project.Locate(dir); err != nil {
		return nil, fmt.Errorf("failed to locate project directory: %w", err)
	}
	return a.load(dir)
}

// load reads the project in a folder.
func (a *app) load(dir string) (*project.Project, error) {
	a.sources = append(a.sources, dir)
	return project.Load(dir)
}

// icpHome is icp-cli's data folder.
func (a *app) icpHome() string {
	home, err := os.UserHomeDir()
	if h := a.getenv("HOME"); h != "" {
		home = h
	} else if err != nil {
		home = ""
	}
	return identity.DefaultHome(a.getenv, runtime.GOOS, home)
}

// packageDir is icp-cli's cache of what was downloaded.
func (a *app) packageDir() string { return filepath.Join(a.icpHome(), "pkg") }

// signer finds who would like to sign.
func (a *app) signer(name string) (agent.SignerRequest, error) {
	store := identity.OpenStore(a.icpHome())
	explicit := name != ""
	if !explicit {
		var err error
		if name, err = store.Default(); err != nil {
			return agent.SignerRequest{}, fmt.Errorf("load identity: %w", err)
		}
	}
	id, err := store.Load(name)
	if err != nil {
		return agent.SignerRequest{}, fmt.Errorf("load identity: %w", err)
	}
	return agent.SignerRequest{Identity: id, Name: name, Explicit: explicit}, nil
}

// network opens the environment's network.
func (a *app) network(ctx context.Context, p *project.Project, env *project.Environment, f environmentFlags) (*deploy.Network, error) {
	signer, err := a.signer(f.identity)
	if err != nil {
		return nil, err
	}
	consents, err := a.consents()
	if err != nil {
		return nil, err
	}
	cfg := deploy.NetworkConfig{
		ProjectDir: p.Dir, Environment: env, Signer: signer, Trust: agent.TrustPolicy{Consents: consents},
		Engine: a.engines, Log: a.log(),
		Waiting: func(pid int) { a.say("waiting for process %d, which uses the network of this project", pid) },
	}
	if f.prints || a.global.verbose || a.global.debug {
		cfg.Print = a.canisterPrint
	}
	n, err := deploy.OpenNetwork(ctx, cfg)
	if untrusted, ok := errors.AsType[*agent.UntrustedNetworkError](err); ok && f.trust {
		if err := a.consent(untrusted.Key); err != nil {
			return nil, err
		}
		cfg.Trust.Consents = append(cfg.Trust.Consents, untrusted.Key.Hex())
		n, err = deploy.OpenNetwork(ctx, cfg)
	}
	if err == nil && n.Withheld {
		a.console.warning(fmt.Sprintf("identity %q is not used on this network, the anonymous one is: a request "+
			"signed for a network that is not known can be replayed on the main network\n"+
			"--identity %s --trust-network allows it", signer.Name, signer.Name))
	}
	return n, err
}

// canisterPrint shows what a canister prints.
func (a *app) canisterPrint(c principal.Principal, line string) {
	a.say("[canister %s] %s", c, line)
}

// plugins is the host that plugins run on, made at first need.
func (a *app) plugins() (*plugin.Host, error) {
	a.hostOnce.Do(func() { a.host, a.hostErr = a.newHost(limitKnob, a.newCompiling().report) })
	return a.host, a.hostErr
}

// newHost makes a host that plugins run on. knob says what raises a limit.
func (a *app) newHost(knob func(limit string) string, progress func(component.Progress)) (*plugin.Host, error) {
	eng, err := a.engines()
	if err != nil {
		return nil, err
	}
	limits, err := a.budgets(plugin.DefaultLimits())
	if err != nil {
		return nil, err
	}
	cfg := limits.load
	cfg.Engine, cfg.Log, cfg.Knob, cfg.Progress = eng, a.log(), knob, progress
	return plugin.NewHost(cfg)
}

// engines is the engine of plugins and canisters, made at first need.
func (a *app) engines() (engine.Engine, error) {
	a.engineOnce.Do(func() { a.engine, a.engineErr = a.newEngine() })
	return a.engine, a.engineErr
}

// close frees what was made.
func (a *app) close() error {
	if a.engine == nil {
		return nil
	}
	return a.engine.Close()
}

// log is where libraries tell what they do: standard error with --debug.
func (a *app) log() *slog.Logger {
	if !a.global.debug {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(a.Err, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// say writes a line for people who want to know what goes on.
func (a *app) say(format string, args ...any) {
	if !a.global.quiet {
		a.console.line(fmt.Sprintf(format, args...))
	}
}

// printJSON writes a command's result on one line.
func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.Out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// jsonFlag adds --json, which also makes an error one of JSON.
func (a *app) jsonFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&a.global.json, "json", false, "print the result as JSON")
}
