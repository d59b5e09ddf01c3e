package deploy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/agent/mgmt"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/project"
)

// Mode says how a module is installed.
type Mode string

// The modes.
const (
	Auto      Mode = "auto" // upgrade what has a module, install what has none
	Install   Mode = "install"
	Reinstall Mode = "reinstall"
	Upgrade   Mode = "upgrade"
)

// ParseMode reads a mode as users write it.
func ParseMode(text string) (Mode, error) {
	switch m := Mode(text); m {
	case Auto, Install, Reinstall, Upgrade:
		return m, nil
	}
	return "", fmt.Errorf("unknown mode %q: known are auto, install, reinstall, upgrade", text)
}

// NoCreateError says that canisters cannot be created on a network.
type NoCreateError struct{ Canister, Environment, File string }

func (e *NoCreateError) Error() string {
	return fmt.Sprintf("creating canister '%s' in environment '%s' is not supported yet: "+
		"create it with icp, then put its id into %s", e.Canister, e.Environment, e.File)
}

// management is the management canister as it is called, through the proxy if
// there is one.
func (d *Deployer) management() *mgmt.Client {
	if d.Proxy != nil {
		return mgmt.New(agent.ThroughProxy{Agent: d.Network.Agent, Proxy: *d.Proxy})
	}
	return mgmt.New(d.Network.Agent)
}

// Create gives every canister an id. On a network of our own, ids that it does not
// know are replaced: its state was removed, or the ids came from elsewhere.
func (d *Deployer) Create(ctx context.Context, canisters []*project.Canister) error {
	missing, err := d.missing(ctx, canisters)
	if err != nil {
		return err
	}
	if len(missing) == 0 {
		d.Report.Phase("All canisters already exist")
		return nil
	}
	d.Report.Phase("Creating canisters:")
	// One after the other, so that ids follow the order of the manifest.
	for _, c := range missing {
		if err := d.create(ctx, c); err != nil {
			return fmt.Errorf("create canister '%s': %w", c.Name, err)
		}
	}
	return nil
}

// refuseToCreate says before anything is built that a canister would have to be
// created where berth cannot.
func (d *Deployer) refuseToCreate(canisters []*project.Canister) error {
	if d.Environment.Network.Mode != project.Connected {
		return nil
	}
	ids := ConnectedIDs(d.Project.Dir, d.Environment.Name)
	known, err := ids.Load()
	if err != nil {
		return err
	}
	for _, c := range canisters {
		if _, ok := known[c.Name]; !ok {
			return &NoCreateError{Canister: c.Name, Environment: d.Environment.Name, File: ids.File}
		}
	}
	return nil
}

func (d *Deployer) missing(ctx context.Context, canisters []*project.Canister) ([]*project.Canister, error) {
	var missing []*project.Canister
	for _, c := range canisters {
		exists := d.Network.has(c.Name)
		if exists && d.Network.managed {
			var err error
			if exists, err = d.Network.exists(ctx, d.Network.id(c.Name)); err != nil {
				return nil, fmt.Errorf("look for canister '%s': %w", c.Name, err)
			}
		}
		if !exists && !d.Network.managed {
			return nil, &NoCreateError{Canister: c.Name, Environment: d.Environment.Name, File: d.Network.ids.File}
		}
		if !exists {
			missing = append(missing, c)
		}
	}
	return missing, nil
}

// exists asks the network whether it has a canister.
func (n *Network) exists(ctx context.Context, id principal.Principal) (bool, error) {
	_, err := n.Agent.Controllers(ctx, id)
	if errors.Is(err, agent.ErrAbsent) {
		return false, nil
	}
	// A network refuses to be asked about ids outside its range.
	if refused, ok := errors.AsType[*agent.HTTPError](err); ok && refused.Status/100 == 4 {
		return false, nil
	}
	return err == nil, err
}

func (d *Deployer) create(ctx context.Context, c *project.Canister) error {
	request := mgmt.CreateRequest{EffectiveCanister: d.Network.firstID}
	if d.Proxy != nil {
		// The proxy acts on the canister too, and the user must not lose it.
		controllers := []principal.Principal{*d.Proxy, d.Network.Agent.Identity().Principal()}
		request.Settings.Controllers = &controllers
	}
	id, err := mgmt.New(d.Network.Agent).ProvisionalCreate(ctx, request)
	if err != nil {
		return err
	}
	if err := d.Network.register(c.Name, id); err != nil {
		return fmt.Errorf("remember id %s: %w", id, err)
	}
	d.Report.Result(fmt.Sprintf("Created canister %s with ID %s", c.Name, id))
	return nil
}

// InstallAll installs the modules that were built.
func (d *Deployer) InstallAll(ctx context.Context, canisters []*project.Canister, modules map[string][]byte, mode Mode) error {
	d.Report.Phase("Installing canisters:")
	return d.phase(ctx, "install", canisters, func(ctx context.Context, c *project.Canister, out *output) (string, error) {
		out.Step("Installing")
		id := d.Network.id(c.Name)
		if err := d.install(ctx, id, modules[c.Name], mode); err != nil {
			return "", err
		}
		return fmt.Sprintf("Installed successfully: %s", id), nil
	})
}

// install installs a module. What runs is stopped for it and started again, also
// when the installation failed.
func (d *Deployer) install(ctx context.Context, id principal.Principal, wasm []byte, mode Mode) (err error) {
	m := d.management()
	status, err := m.CanisterStatus(ctx, id)
	if err != nil {
		return err
	}
	request := mgmt.InstallRequest{Canister: id, Wasm: wasm, Mode: installMode(mode, status.ModuleHash != nil)}
	if request.Mode == mgmt.ModeInstall {
		return m.Install(ctx, request)
	}
	if request.Mode == mgmt.ModeUpgrade {
		keep, err := mgmt.KeepsMemory(ctx, d.Network.Agent, id)
		if err != nil {
			return err
		}
		if keep {
			request.Memory = mgmt.PersistKeep
		}
	}
	if status.State == mgmt.Running {
		if err := m.Stop(ctx, id); err != nil {
			return err
		}
		defer func() { err = joined(err, restart(ctx, m, id)) }()
	}
	return m.Install(ctx, request)
}

// startWithin is how long the start of a canister may take that was stopped for an
// installation, also after an interrupt.
const startWithin = 10 * time.Second

func restart(ctx context.Context, m *mgmt.Client, id principal.Principal) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), startWithin)
	defer cancel()
	return m.Start(ctx, id)
}

// joined is errors.Join that leaves a lone error as it is.
func joined(a, b error) error {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return errors.Join(a, b)
}

func installMode(mode Mode, hasModule bool) mgmt.Mode {
	switch {
	case mode == Reinstall:
		return mgmt.ModeReinstall
	case mode == Upgrade, mode == Auto && hasModule:
		return mgmt.ModeUpgrade
	}
	return mgmt.ModeInstall
}
