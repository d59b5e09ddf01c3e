package agent

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/berth-cli/berth/internal/ic/cert"
)

// Provenance is how a root key became known.
type Provenance uint8

// How root keys become known. The zero value is none of them.
const (
	// Mainnet is the main network's key, built into this program.
	Mainnet Provenance = iota + 1
	// Local is the key of a development network that this program or this project's network descriptor runs.
	Local
	// Configured is a key written down in a manifest.
	Configured
	// Fetched is a key that the network itself sent or wrote into a file, believed on first use.
	Fetched
)

// String returns the name of p in lower case.
func (p Provenance) String() string {
	switch p {
	case Mainnet:
		return "mainnet"
	case Local:
		return "local"
	case Configured:
		return "configured"
	case Fetched:
		return "fetched"
	}
	return "unknown"
}

// RootKey is the root of trust of a network and how it became known. It is comparable; the zero value is no key.
type RootKey struct {
	der        string
	provenance Provenance
}

// MainnetRootKey returns the main network's key.
func MainnetRootKey() RootKey {
	return RootKey{der: string(cert.MainnetRootKey()), provenance: Mainnet}
}

// NewRootKey returns the key with the given DER form. The main network's key is [Mainnet]'s if someone wrote it down, and
// [ErrMainnetFetch] if a network claims it for its own: identities that sign for the main network would sign for whoever
// answers there.
func NewRootKey(der []byte, p Provenance) (RootKey, error) {
	if _, err := cert.ParsePublicKey(der); err != nil {
		return RootKey{}, fmt.Errorf("%s root key: %w", p, err)
	}
	isMainnet := bytes.Equal(der, cert.MainnetRootKey())
	switch {
	case p < Mainnet || p > Fetched:
		return RootKey{}, errors.New("root key of unknown provenance")
	case isMainnet && (p == Local || p == Fetched):
		return RootKey{}, fmt.Errorf("%s root key is the main network's: %w", p, ErrMainnetFetch)
	case isMainnet:
		p = Mainnet
	case p == Mainnet:
		return RootKey{}, errors.New("mainnet root key: not the main network's key")
	}
	return RootKey{der: string(der), provenance: p}, nil
}

// DER returns a copy of the key.
func (k RootKey) DER() []byte { return []byte(k.der) }

// Provenance returns how the key became known.
func (k RootKey) Provenance() Provenance { return k.provenance }

// Hex returns the key in hexadecimal, as manifests write it.
func (k RootKey) Hex() string { return hex.EncodeToString([]byte(k.der)) }

// String shows the end of the key, which differs between networks, and the provenance.
func (k RootKey) String() string {
	h := k.Hex()
	return fmt.Sprintf("…%s (%s)", h[max(0, len(h)-16):], k.provenance)
}

// FetchRootKey asks the network for its root key. Whoever answers at the address is believed, so this is for
// development networks only: for the main network's hosts it is refused with [ErrMainnetFetch]. Of the configuration
// the root key and the identity are not used.
func FetchRootKey(ctx context.Context, c Config) (RootKey, error) {
	c.Identity, c.RootKey = nil, MainnetRootKey() // nothing is signed or verified below
	a, err := New(c)
	if err != nil {
		return RootKey{}, err
	}
	if IsMainnetHost(a.base.Hostname()) {
		return RootKey{}, fmt.Errorf("fetch root key from %s: %w", a.URL(), ErrMainnetFetch)
	}
	status, err := a.Status(ctx)
	if err != nil {
		return RootKey{}, err
	}
	if len(status.RootKey) == 0 {
		return RootKey{}, fmt.Errorf("fetch root key from %s: %w: the status has no root key", a.URL(), ErrProtocol)
	}
	return NewRootKey(status.RootKey, Fetched)
}

// checkRoot refuses to speak with the main network under another root key: its answers could not be verified, and what
// is signed for it would be signed by the rules of another network.
func checkRoot(base *url.URL, key RootKey) error {
	if IsMainnetHost(base.Hostname()) && key.provenance != Mainnet {
		return &MainnetKeyError{URL: base.String(), Key: key}
	}
	return nil
}

// MainnetKeyError reports that an address of the main network was given together with another network's root key.
type MainnetKeyError struct {
	URL string  // of the main network
	Key RootKey // of another
}

// Error names the address and the key.
func (e *MainnetKeyError) Error() string {
	return fmt.Sprintf("%s serves the main network, whose root key is not %s: use root-key: mainnet", e.URL, e.Key)
}

// IsMainnetHost reports whether the host serves the main network.
func IsMainnetHost(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, domain := range []string{"ic0.app", "icp0.io", "icp-api.io", "internetcomputer.org", "icp.net"} {
		if host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}
