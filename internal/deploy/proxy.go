package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/berth-cli/berth/guests"
	"github.com/berth-cli/berth/internal/ic/agent/mgmt"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet"
	"github.com/berth-cli/berth/internal/project"
)

// localProxyBytes is the id of the proxy canister of networks that berth runs, the
// last of their range.
const localProxyBytes = "\x80\x00\x00\x00\x00\x1f\xff\xff\x01\x01"

// maxControllers is how many controllers a canister can have.
const maxControllers = 10

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

// EnsureProxy sees to it that the network's proxy canister can be used by whoever
// signs, and returns its id. identities are those the user has, who control it
// all, as does the anonymous one.
func (n *Network) EnsureProxy(ctx context.Context, identities []principal.Principal) (principal.Principal, error) {
	if n.local != nil {
		return installProxy(ctx, n.local, append(identities, n.Agent.Identity().Principal()))
	}
	if !n.managed {
		return principal.Principal{}, errNoProxy
	}
	return LocalProxyID(), n.admitToProxy(ctx)
}

// installProxy installs the proxy canister of a network in this process.
func installProxy(ctx context.Context, local *localnet.Network, identities []principal.Principal) (principal.Principal, error) {
	var controllers []principal.Principal
	for _, id := range append(identities, identity.Anonymous().Principal()) {
		if !slices.Contains(controllers, id) {
			controllers = append(controllers, id)
		}
	}
	slices.SortFunc(controllers, principal.Principal.Compare)
	return local.InstallProxy(ctx, guests.ProxyCanister(), controllers)
}

// admitToProxy makes whoever signs a controller of the proxy of a network that is
// served, which was installed for the identities there were then.
func (n *Network) admitToProxy(ctx context.Context) error {
	signs := n.Agent.Identity().Principal()
	have, err := n.Agent.Controllers(ctx, LocalProxyID())
	if err == nil && !slices.Contains(have, signs) {
		controllers := append(have, signs)
		m := mgmt.New(n.Agent.WithIdentity(identity.Anonymous()))
		err = m.UpdateSettings(ctx, LocalProxyID(), mgmt.Settings{Controllers: &controllers})
	}
	if err != nil {
		return fmt.Errorf("become a controller of the proxy canister: %w", err)
	}
	return nil
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
