package agent

import (
	"fmt"
	"slices"

	"github.com/berth-cli/berth/internal/ic/identity"
)

// TrustPolicy decides who may sign for which network. A signature has no network in it: a request signed for a network
// of unknown hands can be sent to the main network while it is valid, and does there what it says. So a named identity
// signs only for the main network, for our own local one, and for networks whose root key the user has consented to.
//
// The zero value has no consents.
type TrustPolicy struct {
	// Consents are the root keys, in hexadecimal DER, that the user has allowed named identities to sign for.
	Consents []string
}

// SignerRequest says who would like to sign.
type SignerRequest struct {
	Identity identity.Identity
	Name     string // of the identity, for errors
	// Explicit means that the user asked for this identity, so that signing as nobody instead would be wrong.
	Explicit bool
}

// Signer is who signs.
type Signer struct {
	Identity identity.Identity
	// Withheld means that Identity is the anonymous one because the network is not trusted with the one asked for.
	Withheld bool
}

// Signer returns who may sign for the network with the given root key: the identity asked for where the network is
// trusted; else the anonymous one, or an *[UntrustedNetworkError] if the identity was asked for explicitly.
func (p TrustPolicy) Signer(key RootKey, r SignerRequest) (Signer, error) {
	switch {
	case r.Identity == nil || r.Identity.PublicKey() == nil:
		return Signer{Identity: identity.Anonymous()}, nil
	case p.Trusts(key):
		return Signer{Identity: r.Identity}, nil
	case r.Explicit:
		return Signer{}, &UntrustedNetworkError{Key: key, Identity: r.Name}
	}
	return Signer{Identity: identity.Anonymous(), Withheld: true}, nil
}

// Trusts reports whether named identities may sign for the network with the given root key.
func (p TrustPolicy) Trusts(key RootKey) bool {
	switch key.provenance {
	case Mainnet, Local:
		return true
	case Configured, Fetched:
		return slices.Contains(p.Consents, key.Hex())
	}
	return false
}

// UntrustedNetworkError reports that an identity was asked to sign for a network that the user has not consented to.
type UntrustedNetworkError struct {
	Key      RootKey // the network's root key
	Identity string  // name of the identity
}

// Error says what could happen and for which key.
func (e *UntrustedNetworkError) Error() string {
	return fmt.Sprintf("identity %q does not sign for the network with root key %s: "+
		"its requests would be valid on the main network too; use the anonymous identity or consent to this root key",
		e.Identity, e.Key)
}
