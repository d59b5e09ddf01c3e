package identity

import (
	"fmt"

	"github.com/berth-cli/berth/internal/ic/principal"
)

// Identity is who sends a request.
type Identity interface {
	// Principal is the sender.
	Principal() principal.Principal
	// PublicKey is the DER form of the key, nil for the anonymous identity, whose requests carry no signature.
	PublicKey() []byte
	// Sign returns the signature of message in the form the network expects.
	// The anonymous identity cannot sign: [ErrAnonymous].
	Sign(message []byte) ([]byte, error)
}

// Algorithm is a signature scheme, by the name icp-cli's files use.
type Algorithm string

// The schemes that identities use.
const (
	Ed25519   Algorithm = "ed25519"
	Secp256k1 Algorithm = "secp256k1"
	P256      Algorithm = "prime256v1"
)

// Anonymous returns the identity without a key.
func Anonymous() Identity { return anonymous{} }

type anonymous struct{}

func (anonymous) Principal() principal.Principal      { return principal.Anonymous() }
func (anonymous) PublicKey() []byte                   { return nil }
func (anonymous) Sign(message []byte) ([]byte, error) { return nil, ErrAnonymous }
func (anonymous) String() string                      { return "anonymous" }

// Key is an identity with a private key. The private part lives only inside the signing function, out of reach of
// formatting and reflection.
type Key struct {
	algorithm Algorithm
	der       string
	principal principal.Principal
	sign      func(message []byte) ([]byte, error)
}

var (
	_ Identity = (*Key)(nil)
	_ Identity = anonymous{}
)

func newKey(a Algorithm, der []byte, sign func([]byte) ([]byte, error)) *Key {
	return &Key{algorithm: a, der: string(der), principal: principal.SelfAuthenticating(der), sign: sign}
}

// Algorithm returns the scheme of the key.
func (k *Key) Algorithm() Algorithm { return k.algorithm }

// Principal returns the self-authenticating principal of the key.
func (k *Key) Principal() principal.Principal { return k.principal }

// PublicKey returns the public key in DER.
func (k *Key) PublicKey() []byte { return []byte(k.der) }

// Sign signs message: Ed25519 as it is, the others over its SHA-256 as r and s of 32 bytes each. The zero Key gives
// [ErrBadSecret].
func (k *Key) Sign(message []byte) ([]byte, error) {
	if k.sign == nil {
		return nil, ErrBadSecret
	}
	return k.sign(message)
}

// String returns the scheme and the principal.
func (k *Key) String() string { return fmt.Sprintf("%s key of %s", k.algorithm, k.principal) }
