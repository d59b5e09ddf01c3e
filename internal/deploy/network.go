package deploy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet"
	"github.com/berth-cli/berth/internal/project"
)

// NetworkConfig says how to reach an environment's network.
type NetworkConfig struct {
	ProjectDir  string
	Environment *project.Environment

	Signer agent.SignerRequest // who would like to sign
	Trust  agent.TrustPolicy   // for which networks they may

	// Engine gives the engine of the network inside the program, if it is needed.
	Engine func() (engine.Engine, error)

	Print func(canister principal.Principal, line string) // what canisters print; nil: nothing
	Log   *slog.Logger                                    // nil: silent

	// LockWait is how long to wait for another process that has the network inside
	// the program open. 0: 30 s. Waiting is told which it is, 0 if it cannot be told.
	LockWait time.Duration
	Waiting  func(pid int) // nil: nobody is told
}

// Network is the network of an environment, and the ids of its canisters there.
// It is safe for concurrent use.
type Network struct {
	Agent *agent.Agent

	// Withheld says that the identity asked for may not sign for this network,
	// so that the anonymous one does.
	Withheld bool

	firstID principal.Principal // a canister id of its subnet, of a network berth or icp-cli serves
	managed bool                // canisters can be created at will
	local   *localnet.Network   // where it runs in this process, else nil
	ids     IDs

	mu    sync.Mutex
	known map[string]principal.Principal
}

// inProcessURL is what the agent calls the network inside the program. Nothing
// listens there.
const inProcessURL = "http://localhost"

// OpenNetwork reaches the network of an environment: one that is somewhere else;
// one that "berth network start" or icp-cli runs for this project; else the one
// inside the program, for as long as the Network is open.
//
// The error may be an *agent.UntrustedNetworkError.
func OpenNetwork(ctx context.Context, cfg NetworkConfig) (*Network, error) {
	n := &Network{}
	var err error
	if cfg.Environment.Network.Mode == project.Connected {
		err = n.connect(ctx, cfg)
	} else {
		err = n.manage(ctx, cfg)
	}
	if err == nil {
		n.known, err = n.ids.Load()
	}
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// connect reaches a network somewhere else.
func (n *Network) connect(ctx context.Context, cfg NetworkConfig) error {
	n.ids = ConnectedIDs(cfg.ProjectDir, cfg.Environment.Name)
	if err := insideProject(cfg.ProjectDir, filepath.Dir(n.ids.File)); err != nil {
		return fmt.Errorf("open ids of environment '%s': %w", cfg.Environment.Name, err)
	}
	network := cfg.Environment.Network
	key, err := rootKey(ctx, network, cfg.Log)
	if err != nil {
		return fmt.Errorf("root key of network '%s': %w", network.Name, err)
	}
	return n.open(cfg, network.APIURL, key, nil)
}

func rootKey(ctx context.Context, network *project.Network, log *slog.Logger) (agent.RootKey, error) {
	switch network.KeyFrom {
	case project.MainnetKey:
		return agent.MainnetRootKey(), nil
	case project.ConfiguredKey:
		return agent.NewRootKey(network.RootKey, agent.Configured)
	}
	return agent.FetchRootKey(ctx, agent.Config{URL: network.APIURL, Log: log})
}

// manage reaches a network that berth or icp-cli runs, or runs one.
func (n *Network) manage(ctx context.Context, cfg NetworkConfig) error {
	dir := NetworkDir(cfg.ProjectDir, cfg.Environment.Network.Name)
	n.ids = OwnIDs(dir, cfg.Environment.Name)
	if err := insideProject(cfg.ProjectDir, stateDir(dir)); err != nil {
		return fmt.Errorf("open network '%s': %w", cfg.Environment.Network.Name, err)
	}
	running, err := FindRunning(cfg.ProjectDir, cfg.Environment.Network.Name)
	if err != nil {
		return err
	}
	if running == nil {
		return n.start(ctx, cfg, dir)
	}
	provenance := agent.Local
	if running.Foreign {
		n.ids = ManagedIDs(cfg.ProjectDir, cfg.Environment.Name)
		// The descriptor is a file that could have come with the project, so that
		// it may not claim the main network's key either.
		provenance = agent.Fetched
	}
	n.managed, n.firstID = !running.Foreign, running.FirstID
	key, err := agent.NewRootKey(running.RootKey, provenance)
	if err != nil {
		return fmt.Errorf("root key in %s: %w", running.File, err)
	}
	return n.open(cfg, running.URL, key, nil)
}

// start runs the network in this process.
func (n *Network) start(ctx context.Context, cfg NetworkConfig, dir string) error {
	eng, err := cfg.Engine()
	if err != nil {
		return err
	}
	n.local, err = openLocal(ctx, cfg, localnet.Config{Engine: eng, StateDir: stateDir(dir), Print: cfg.Print, Log: cfg.Log})
	if err != nil {
		return fmt.Errorf("open network '%s': %w", cfg.Environment.Network.Name, err)
	}
	// Nobody serves the network now: a descriptor is left over.
	if err := removeDescriptor(cfg.ProjectDir, cfg.Environment.Network.Name); err != nil {
		return err
	}
	n.managed, n.firstID = true, n.local.EffectiveCanisterID()
	key, err := agent.NewRootKey(n.local.RootKey(), agent.Local)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: inProcess{n.local.Handler()}}
	return n.open(cfg, inProcessURL, key, client)
}

// lockAtOnce is how long another process may have the network open before that is
// worth a word.
const lockAtOnce = 250 * time.Millisecond

// openLocal opens the network and waits for another process to leave it.
func openLocal(ctx context.Context, cfg NetworkConfig, local localnet.Config) (*localnet.Network, error) {
	local.LockWait = lockAtOnce
	n, err := localnet.Open(ctx, local)
	locked, ok := errors.AsType[*localnet.LockedError](err)
	if !ok || ctx.Err() != nil {
		return n, err
	}
	if cfg.Waiting != nil {
		cfg.Waiting(locked.PID)
	}
	local.LockWait = cfg.LockWait
	return localnet.Open(ctx, local)
}

// open makes the agent, for whoever may sign.
func (n *Network) open(cfg NetworkConfig, url string, key agent.RootKey, client *http.Client) error {
	signer, err := cfg.Trust.Signer(key, cfg.Signer)
	if err != nil {
		return err
	}
	n.Withheld = signer.Withheld
	n.Agent, err = agent.New(agent.Config{
		URL: url, RootKey: key, Identity: signer.Identity, Client: client, Log: cfg.Log,
	})
	return err
}

// NetworkDir is the folder of a network that berth runs for a project.
func NetworkDir(projectDir, network string) string {
	return filepath.Join(projectDir, ".berth", "networks", network)
}

func stateDir(networkDir string) string { return filepath.Join(networkDir, "state") }

// KnownIDs returns the ids of an environment's canisters without reaching its
// network.
func KnownIDs(projectDir string, env *project.Environment) (map[string]principal.Principal, error) {
	if env.Network.Mode == project.Connected {
		return ConnectedIDs(projectDir, env.Name).Load()
	}
	running, err := FindRunning(projectDir, env.Network.Name)
	if err != nil {
		return nil, err
	}
	if running != nil && running.Foreign {
		return ManagedIDs(projectDir, env.Name).Load()
	}
	return OwnIDs(NetworkDir(projectDir, env.Network.Name), env.Name).Load()
}

// Close ends the network if it runs in this process.
func (n *Network) Close() error {
	if n == nil || n.local == nil {
		return nil
	}
	return n.local.Close()
}

// InProcess reports whether the network runs in this process.
func (n *Network) InProcess() bool { return n.local != nil }

// ID returns the id of a canister. The error is *NoIDError.
func (n *Network) ID(environment, canister string) (principal.Principal, error) {
	if !n.has(canister) {
		return principal.Principal{}, n.noID(environment, canister)
	}
	return n.id(canister), nil
}

func (n *Network) noID(environment, canister string) error {
	return &NoIDError{Canister: canister, Environment: environment, File: n.ids.File, Managed: n.managed}
}

func (n *Network) id(canister string) principal.Principal {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.known[canister]
}

func (n *Network) has(canister string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, ok := n.known[canister]
	return ok
}

func (n *Network) all() map[string]principal.Principal {
	n.mu.Lock()
	defer n.mu.Unlock()
	return maps.Clone(n.known)
}

// register notes the id of a canister, for good.
func (n *Network) register(canister string, id principal.Principal) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.ids.Set(canister, id); err != nil {
		return err
	}
	n.known[canister] = id
	return nil
}
