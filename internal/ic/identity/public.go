package identity

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	secpecdsa "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// PublicKey checks signatures. The zero value accepts none.
type PublicKey struct {
	algorithm Algorithm
	verify    func(message, sig []byte) bool
}

// ParsePublicKey reads a public key of one of the three schemes from its DER form, which must be exactly the one the
// specification gives. Anything else is [ErrPublicKey].
func ParsePublicKey(der []byte) (PublicKey, error) {
	for _, s := range []struct {
		algorithm Algorithm
		prefix    string
		size      int
		parse     func(raw []byte) (func(message, sig []byte) bool, error)
	}{
		{Ed25519, ed25519Prefix, ed25519.PublicKeySize, parseEd25519},
		{Secp256k1, secp256k1Prefix, 65, parseSecp256k1},
		{P256, p256Prefix, 65, parseP256},
	} {
		raw, ok := strings.CutPrefix(string(der), s.prefix)
		if !ok || len(raw) != s.size {
			continue
		}
		verify, err := s.parse([]byte(raw))
		if err != nil {
			return PublicKey{}, fmt.Errorf("%w: %s: %w", ErrPublicKey, s.algorithm, err)
		}
		return PublicKey{algorithm: s.algorithm, verify: verify}, nil
	}
	return PublicKey{}, fmt.Errorf("%w: %d bytes that are not DER of a known scheme", ErrPublicKey, len(der))
}

// Algorithm returns the scheme, "" for the zero value.
func (k PublicKey) Algorithm() Algorithm { return k.algorithm }

// Verify checks that sig is the key's signature of message; otherwise the error is [ErrSignature].
func (k PublicKey) Verify(message, sig []byte) error {
	if k.verify == nil || len(sig) != 2*SecretSize || !k.verify(message, sig) {
		return ErrSignature
	}
	return nil
}

func parseEd25519(raw []byte) (func(message, sig []byte) bool, error) {
	return func(m, sig []byte) bool { return ed25519.Verify(raw, m, sig) }, nil
}

func parseSecp256k1(raw []byte) (func(message, sig []byte) bool, error) {
	if raw[0] != 4 {
		return nil, errors.New("point is not uncompressed") // the library would take the hybrid forms too
	}
	key, err := secp256k1.ParsePubKey(raw)
	if err != nil {
		return nil, err
	}
	return func(m, sig []byte) bool {
		var r, s secp256k1.ModNScalar
		if r.SetByteSlice(sig[:32]) || s.SetByteSlice(sig[32:]) || s.IsOverHalfOrder() {
			return false // the network refuses a high s
		}
		digest := sha256.Sum256(m)
		return secpecdsa.NewSignature(&r, &s).Verify(digest[:], key)
	}, nil
}

func parseP256(raw []byte) (func(message, sig []byte) bool, error) {
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	if err != nil {
		return nil, err
	}
	return func(m, sig []byte) bool {
		digest := sha256.Sum256(m)
		return ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
	}, nil
}
