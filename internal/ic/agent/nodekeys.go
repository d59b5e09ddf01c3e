package agent

import (
	"context"
	"fmt"
	"time"

	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
)

const (
	// nodeKeysLife is how long the nodes of a subnet are believed to stay the same.
	nodeKeysLife = 5 * time.Minute
	// maxKnownCanisters bounds the canisters whose subnet is remembered; a full memory is emptied.
	maxKnownCanisters = 1024
)

// subnetNodes are the keys of the nodes of one subnet, from its certified state.
type subnetNodes struct {
	keys map[principal.Principal]identity.PublicKey
	read time.Time
}

// nodeKeys remembers the nodes by canister. The channel is the lock, so that waiting for it can be given up.
type nodeKeys struct {
	lock       chan struct{}
	byCanister map[principal.Principal]*subnetNodes
}

func newNodeKeys() nodeKeys {
	return nodeKeys{lock: make(chan struct{}, 1), byCanister: make(map[principal.Principal]*subnetNodes)}
}

// nodesOf returns the nodes of the canister's subnet, remembered or read. They are read anew if they are old, or not
// newer than after: the caller found these wanting.
func (a *Agent) nodesOf(ctx context.Context, canister principal.Principal, after time.Time) (*subnetNodes, error) {
	m := &a.shared.nodes
	select {
	case m.lock <- struct{}{}:
		defer func() { <-m.lock }()
	case <-ctx.Done():
		return nil, ended(ctx)
	}
	if n := m.byCanister[canister]; n != nil && n.read.After(after) && a.now().Sub(n.read) < nodeKeysLife {
		return n, nil
	}
	n, err := a.readNodes(ctx, canister)
	if err != nil {
		return nil, fmt.Errorf("read the keys of the subnet's nodes: %w", err)
	}
	if len(m.byCanister) >= maxKnownCanisters {
		clear(m.byCanister)
	}
	m.byCanister[canister] = n
	return n, nil
}

// readNodes reads the keys at /subnet/ID/node/*/public_key of the subnet that certifies for the canister. A subnet
// with a delegation has been checked to run the canister; the root subnet shows its ranges itself.
func (a *Agent) readNodes(ctx context.Context, canister principal.Principal) (*subnetNodes, error) {
	c, err := a.ReadState(ctx, canister, cert.NewPath("subnet"))
	if err != nil {
		return nil, err
	}
	if covers, err := c.Covers(canister); err != nil {
		return nil, err
	} else if covers == cert.Absent {
		return nil, &cert.CertificateError{Reason: cert.ReasonNotAuthorized,
			Detail: fmt.Sprintf("subnet %s does not run canister %s", c.Subnet(), canister)}
	}
	subnet := string(c.Subnet().Bytes())
	ids, _ := c.Labels(cert.NewPath("subnet", subnet, "node"))
	n := &subnetNodes{keys: make(map[principal.Principal]identity.PublicKey, len(ids)), read: a.now()}
	for _, id := range ids {
		node, err := principal.FromBytes(id)
		if err != nil {
			return nil, &SignatureError{Reason: BadNodeKey, Err: err}
		}
		der, _ := c.Lookup(cert.NewPath("subnet", subnet, "node", string(id), "public_key"))
		if n.keys[node], err = nodeKey(der); err != nil {
			return nil, &SignatureError{Reason: BadNodeKey, Node: node, Err: err}
		}
	}
	return n, nil
}

// nodeKey reads the key of a node, which is always of Ed25519.
func nodeKey(der []byte) (identity.PublicKey, error) {
	key, err := identity.ParsePublicKey(der)
	if err == nil && key.Algorithm() != identity.Ed25519 {
		err = fmt.Errorf("%w: key of %s, want %s", identity.ErrPublicKey, key.Algorithm(), identity.Ed25519)
	}
	return key, err
}
