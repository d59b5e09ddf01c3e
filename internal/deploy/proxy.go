package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/berth-cli/berth/guests"
	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/agent/mgmt"
	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/project"
)

const (
	// localProxyBytes is the id of the proxy canister of networks that berth runs,
	// the last of their range.
	localProxyBytes = "\x80\x00\x00\x00\x00\x1f\xff\xff\x01\x01"

	proxyCycles = 10_000_000_000_000

	// maxControllers is how many controllers a canister can have.
	maxControllers = 10
)

var errNoProxy = errors.New("only networks that berth runs have a proxy canister of their own")

// LocalProxyID is the id of the proxy canister that networks of ours have once it
// is asked for.
func LocalProxyID() principal.Principal {
	id, err := principal.FromBytes([]byte(localProxyBytes))
	if err != nil {
		panic(err) // the constant above is no id
	}
	return id
}

// EnsureProxy installs the proxy canister of a network that berth runs, unless it
// is there, and makes the identities its controllers, the anonymous one among
// them. identities are those the user has.
func (n *Network) EnsureProxy(ctx context.Context, identities []principal.Principal) (principal.Principal, error) {
	id := LocalProxyID()
	if !n.managed {
		return id, errNoProxy
	}
	controllers := proxyControllers(n.Agent.Identity().Principal(), identities)
	exists, err := n.exists(ctx, id)
	if err == nil && exists {
		err = n.admit(ctx, id, controllers)
	}
	if err == nil && !exists {
		err = n.installProxy(ctx, id, controllers)
	}
	if err != nil {
		return id, fmt.Errorf("install proxy canister: %w", err)
	}
	return id, nil
}

// proxyControllers are the anonymous identity, the one that signs, and as many of
// the others as there is room for.
func proxyControllers(signs principal.Principal, identities []principal.Principal) []principal.Principal {
	out := []principal.Principal{identity.Anonymous().Principal()}
	for _, id := range append([]principal.Principal{signs}, identities...) {
		if len(out) < maxControllers && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// anonymous is the management canister as the anonymous identity calls it, which
// controls the proxy of every network of ours.
func (n *Network) anonymous() *mgmt.Client {
	return mgmt.New(n.Agent.WithIdentity(identity.Anonymous()))
}

func (n *Network) installProxy(ctx context.Context, id principal.Principal, controllers []principal.Principal) error {
	cycles := candid.NatOf(proxyCycles)
	_, err := n.anonymous().ProvisionalCreate(ctx, mgmt.CreateRequest{
		EffectiveCanister: n.firstID, ID: &id, Cycles: &cycles, Settings: mgmt.Settings{Controllers: &controllers},
	})
	if err != nil {
		return err
	}
	return n.anonymous().Install(ctx, mgmt.InstallRequest{Canister: id, Mode: mgmt.ModeInstall, Wasm: guests.ProxyCanister()})
}

// admit makes whoever signs a controller of a proxy that was installed for others,
// and finishes an installation that was cut short.
func (n *Network) admit(ctx context.Context, id principal.Principal, controllers []principal.Principal) error {
	have, err := n.Agent.Controllers(ctx, id)
	if err != nil {
		return err
	}
	if !slices.Contains(have, n.Agent.Identity().Principal()) {
		if err := n.anonymous().UpdateSettings(ctx, id, mgmt.Settings{Controllers: &controllers}); err != nil {
			return err
		}
	}
	_, err = n.Agent.ModuleHash(ctx, id)
	if errors.Is(err, agent.ErrAbsent) {
		return n.anonymous().Install(ctx, mgmt.InstallRequest{Canister: id, Mode: mgmt.ModeInstall, Wasm: guests.ProxyCanister()})
	}
	return err
}

// admitProxy makes the local network's proxy a controller of canisters that were
// created without it, where whoever signs may do so: what goes through the proxy
// comes from those who control it, so nobody gains a right by it.
func (d *Deployer) admitProxy(ctx context.Context, canisters []*project.Canister) error {
	if d.Proxy == nil || *d.Proxy != LocalProxyID() || !d.Network.managed {
		return nil
	}
	for _, c := range canisters {
		if !d.Network.has(c.Name) {
			continue
		}
		if err := d.admitProxyTo(ctx, c); err != nil {
			return fmt.Errorf("make the proxy a controller of canister '%s': %w", c.Name, err)
		}
	}
	return nil
}

func (d *Deployer) admitProxyTo(ctx context.Context, c *project.Canister) error {
	id := d.Network.id(c.Name)
	have, err := d.Network.Agent.Controllers(ctx, id)
	if err != nil {
		return err
	}
	signs := d.Network.Agent.Identity().Principal()
	if slices.Contains(have, *d.Proxy) || !slices.Contains(have, signs) || len(have) == maxControllers {
		return nil
	}
	controllers := append(have, *d.Proxy)
	if err := mgmt.New(d.Network.Agent).UpdateSettings(ctx, id, mgmt.Settings{Controllers: &controllers}); err != nil {
		return err
	}
	d.Report.Notice(c.Name, fmt.Sprintf("the proxy %s is a controller from now on", d.Proxy))
	return nil
}
