package cli

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/berth-cli/berth/internal/deploy"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet"
	"github.com/berth-cli/berth/internal/project"
	"github.com/spf13/cobra"
)

func (a *app) networkCommand() *cobra.Command {
	return a.group("network", "Run a local network", a.networkStartCommand(), a.networkStatusCommand(), a.networkStopCommand())
}

// managedNetwork finds a network that berth can run.
func (a *app) managedNetwork(args []string) (*project.Project, *project.Network, error) {
	p, err := a.project()
	if err != nil {
		return nil, nil, err
	}
	name := project.LocalName
	if len(args) > 0 {
		name = args[0]
	}
	for _, n := range p.Networks {
		if n.Name == name && n.Mode == project.Managed {
			return p, n, nil
		}
		if n.Name == name {
			return nil, nil, fmt.Errorf("network '%s' is somewhere else: berth does not run it", name)
		}
	}
	return nil, nil, fmt.Errorf("project does not contain a network named '%s'", name)
}

// runningNetwork finds a network that berth can run, and who runs it; running is nil
// if nobody does.
func (a *app) runningNetwork(args []string) (p *project.Project, n *project.Network, running *deploy.Running, err error) {
	p, n, err = a.managedNetwork(args)
	if err == nil {
		running, err = deploy.FindRunning(p.Dir, n.Name)
	}
	return p, n, running, err
}

func (a *app) networkStartCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "start [NAME]",
		Short: "Serve the local network until interrupted",
		Long: "Serve the local network of the project on a loopback address, for browsers and other tools, until\n" +
			"it is interrupted or \"berth network stop\" is run. Without it each command runs the network itself.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.startNetwork(cmd.Context(), args) },
	}
}

func (a *app) startNetwork(ctx context.Context, args []string) error {
	p, n, running, err := a.runningNetwork(args)
	if err != nil {
		return err
	}
	if running != nil {
		return fmt.Errorf("network '%s' runs already, at %s (process %d)", n.Name, running.URL, running.PID)
	}
	eng, err := a.engines()
	if err != nil {
		return err
	}
	cfg := localnet.Config{
		Engine: eng, Log: a.log(),
		Print: a.canisterPrint,
	}
	identities, err := a.knownPrincipals()
	if err != nil {
		return err
	}
	debug.SetGCPercent(serverGC)
	err = deploy.Serve(ctx, p.Dir, n, cfg, identities, func(url string) {
		fmt.Fprintln(a.Out, url)
		a.say("network '%s' runs; ends with Ctrl-C or `berth network stop`", n.Name)
	})
	if ctx.Err() != nil && err == nil {
		return nil
	}
	return err
}

func (a *app) networkStatusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "status [NAME]", Short: "Show where the local network is", Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.networkStatus(args) },
	}
	a.jsonFlag(cmd)
	return cmd
}

// networkState is what network status prints.
type networkState struct {
	Network string `json:"network"`
	Running bool   `json:"running"`
	By      string `json:"by,omitempty"`
	URL     string `json:"api_url,omitempty"`
	RootKey string `json:"root_key,omitempty"`
	PID     int    `json:"pid,omitempty"`
	Proxy   string `json:"proxy_canister_principal,omitempty"`
}

func (a *app) networkStatus(args []string) error {
	_, n, running, err := a.runningNetwork(args)
	if err != nil {
		return err
	}
	state := networkState{Network: n.Name, Proxy: deploy.LocalProxyID().String()}
	if running != nil {
		state.Running, state.By = true, "berth"
		state.URL, state.PID, state.RootKey = running.URL, running.PID, hex.EncodeToString(running.RootKey)
		if running.Foreign {
			state.By, state.Proxy = "icp-cli", ""
		}
	}
	if a.global.json {
		return a.printJSON(state)
	}
	if !state.Running {
		fmt.Fprintf(a.Out, "network '%s' is not served: each command runs it itself\n", n.Name)
		return nil
	}
	fmt.Fprintf(a.Out, "network '%s' runs at %s (%s, process %d)\n", n.Name, state.URL, state.By, state.PID)
	return nil
}

func (a *app) networkStopCommand() *cobra.Command {
	return &cobra.Command{
		Use: "stop [NAME]", Short: "Stop the local network that is served", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.stopNetwork(cmd.Context(), args) },
	}
}

// How long a network that was told to stop may take, and how often it is looked at.
const (
	stopWithin = 10 * time.Second
	stopEvery  = 20 * time.Millisecond
)

func (a *app) stopNetwork(ctx context.Context, args []string) error {
	p, n, running, err := a.runningNetwork(args)
	if err != nil {
		return err
	}
	if running == nil || running.Foreign {
		return fmt.Errorf("berth does not serve network '%s'", n.Name)
	}
	process, err := os.FindProcess(running.PID)
	if err == nil {
		err = terminate(process)
	}
	if err != nil {
		return fmt.Errorf("stop process %d: %w", running.PID, err)
	}
	return a.awaitStop(ctx, p.Dir, n.Name, running.PID)
}

func (a *app) awaitStop(ctx context.Context, projectDir, network string, pid int) error {
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	for {
		running, err := deploy.FindRunning(projectDir, network)
		if err != nil {
			return err
		}
		if running == nil || running.PID != pid {
			a.say("network '%s' has stopped", network)
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for process %d to end: %w", pid, context.Cause(ctx))
		case <-time.After(stopEvery):
		}
	}
}

// terminate asks a process to end, or ends it where it cannot be asked.
func terminate(p *os.Process) error {
	if runtime.GOOS == "windows" {
		return p.Kill()
	}
	return p.Signal(syscall.SIGTERM)
}

// localProxy is the proxy canister of a network of ours, for all identities the
// user has.
func (a *app) localProxy(ctx context.Context, n *deploy.Network) (principal.Principal, error) {
	known, err := a.knownPrincipals()
	if err != nil {
		return principal.Principal{}, err
	}
	return n.EnsureProxy(ctx, known)
}

// knownPrincipals are the principals of all identities whose principal is known.
func (a *app) knownPrincipals() ([]principal.Principal, error) {
	entries, err := identity.OpenStore(a.icpHome()).List()
	if err != nil {
		return nil, err
	}
	var known []principal.Principal
	for _, e := range entries {
		if id, err := principal.Parse(e.Principal); err == nil && e.Principal != "" {
			known = append(known, id)
		}
	}
	return known, nil
}
