package identity

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	secpecdsa "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// SecretSize is the size of the secret of every scheme: the seed of Ed25519, the scalar of the others.
const SecretSize = 32

// DER of a public key up to the key itself.
const (
	ed25519Prefix   = "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"
	secp256k1Prefix = "\x30\x56\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x0a\x03\x42\x00"
	p256Prefix      = "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00"
)

// New makes a key of the given scheme from its secret: the seed of Ed25519, the big-endian scalar of the others.
// It returns [ErrBadSecret] for a scalar that is zero or not below the order of the curve, and for an unknown scheme.
func New(a Algorithm, secret [SecretSize]byte) (*Key, error) {
	switch a {
	case Ed25519:
		return newEd25519(secret), nil
	case Secp256k1:
		return newSecp256k1(secret)
	case P256:
		return newP256(secret)
	}
	return nil, fmt.Errorf("%w: unknown algorithm %q", ErrBadSecret, string(a))
}

// Generate makes a new random key.
func Generate(a Algorithm) (*Key, error) {
	for {
		var secret [SecretSize]byte
		if _, err := rand.Read(secret[:]); err != nil {
			return nil, fmt.Errorf("generate %s key: %w", a, err)
		}
		k, err := New(a, secret)
		if err == nil || a != Secp256k1 && a != P256 {
			return k, err
		}
	}
}

func newEd25519(seed [SecretSize]byte) *Key {
	private := ed25519.NewKeyFromSeed(seed[:])
	public := private[SecretSize:]
	return newKey(Ed25519, append([]byte(ed25519Prefix), public...), func(m []byte) ([]byte, error) {
		return ed25519.Sign(private, m), nil
	})
}

func newSecp256k1(secret [SecretSize]byte) (*Key, error) {
	var scalar secp256k1.ModNScalar
	if overflow := scalar.SetBytes(&secret); overflow != 0 || scalar.IsZero() {
		return nil, ErrBadSecret
	}
	private := secp256k1.NewPrivateKey(&scalar)
	der := append([]byte(secp256k1Prefix), private.PubKey().SerializeUncompressed()...)
	return newKey(Secp256k1, der, func(m []byte) ([]byte, error) {
		digest := sha256.Sum256(m)
		sig := secpecdsa.Sign(private, digest[:]) // deterministic, s in the lower half as the network demands
		r, s := sig.R(), sig.S()
		rb, sb := r.Bytes(), s.Bytes()
		return append(rb[:], sb[:]...), nil
	}), nil
}

func newP256(secret [SecretSize]byte) (*Key, error) {
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), secret[:])
	if err != nil {
		return nil, ErrBadSecret // the cause is dropped: it could describe the secret
	}
	point, err := private.PublicKey.Bytes()
	if err != nil {
		return nil, ErrBadSecret
	}
	return newKey(P256, append([]byte(p256Prefix), point...), func(m []byte) ([]byte, error) {
		digest := sha256.Sum256(m)
		r, s, err := ecdsa.Sign(rand.Reader, private, digest[:])
		if err != nil {
			return nil, fmt.Errorf("sign with P-256: %w", err)
		}
		sig := make([]byte, 2*SecretSize)
		r.FillBytes(sig[:SecretSize])
		s.FillBytes(sig[SecretSize:])
		return sig, nil
	}), nil
}
