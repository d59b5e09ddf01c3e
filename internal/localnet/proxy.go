package localnet

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/berth-cli/berth/internal/ic/principal"
)

// proxyCycles is what the proxy starts with.
const proxyCycles = 10_000_000_000_000

// ProxyID is the id of the canister InstallProxy makes, the last of the network's
// range.
func (n *Network) ProxyID() principal.Principal { return canisterID(proxyCounter).Principal }

// InstallProxy makes sure that the canister ProxyID is there, runs wasm and has
// exactly these controllers, of which there may be any number. A new one has
// 10 T cycles; one with another module is upgraded.
func (n *Network) InstallProxy(ctx context.Context, wasm []byte, controllers []principal.Principal) (principal.Principal, error) {
	err := n.do(ctx, func(ctx context.Context) error {
		id := canisterID(proxyCounter)
		m := &message{Kind: callMessage, Origin: origin{Kind: fromSystem}}
		c := n.canisters[id]
		if c == nil {
			s := defaultSettings(id)
			c = n.addCanister(id, m, s, newCycles(proxyCycles))
		}
		if want := toPIDs(controllers); !slices.Equal(want, c.Settings.Controllers) {
			c.Settings.Controllers = want
			c.changed()
			n.mutated = true
		}
		return n.installProxyCode(ctx, m, c, wasm)
	})
	if err != nil {
		return principal.Principal{}, fmt.Errorf("install proxy canister: %w", err)
	}
	return n.ProxyID(), nil
}

func (n *Network) installProxyCode(ctx context.Context, m *message, c *canister, wasm []byte) error {
	i := &installation{c: c, caller: m.From, arg: []byte("DIDL\x00\x00"), mode: modeInstall}
	if c.module != nil {
		if c.module.hash == sha256.Sum256(wasm) {
			return nil
		}
		i.mode, i.skipPre = modeUpgrade, true
	}
	if rej := n.install(ctx, m, i, wasm); rej != nil {
		return rej
	}
	return nil
}
