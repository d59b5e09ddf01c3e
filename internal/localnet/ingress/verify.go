package ingress

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	k1 "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// The bytes before the key proper in the DER form of each kind of key.
const (
	derEd25519 = "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"
	derK256    = "\x30\x56\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x0a\x03\x42\x00"
	derP256    = "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00"
)

// Object ids 1.3.6.1.4.1.56387.1.1 (COSE, for WebAuthn) and .1.2 (canister
// signatures), tag and length included.
const (
	oidWebAuthn = "\x06\x0a\x2b\x06\x01\x04\x01\x83\xb8\x43\x01\x01"
	oidCanister = "\x06\x0a\x2b\x06\x01\x04\x01\x83\xb8\x43\x01\x02"
)

var errBadSignature = errors.New("it does not verify under the key")

// verify checks a signature under a DER key of any supported kind.
func verify(der, message, sig []byte) error {
	if key, ok := bytes.CutPrefix(der, []byte(derEd25519)); ok && len(key) == ed25519.PublicKeySize {
		if !ed25519.Verify(key, message, sig) {
			return errBadSignature
		}
		return nil
	}
	if key, ok := bytes.CutPrefix(der, []byte(derK256)); ok && len(key) == 65 {
		return verifyK256(key, message, sig)
	}
	if key, ok := bytes.CutPrefix(der, []byte(derP256)); ok && len(key) == 65 {
		return verifyP256(key, message, sig)
	}
	head := der[:min(len(der), 24)]
	switch {
	case bytes.Contains(head, []byte(oidWebAuthn)):
		return errors.New("unsupported signature scheme in the embedded development network: WebAuthn")
	case bytes.Contains(head, []byte(oidCanister)):
		return errors.New("unsupported signature scheme in the embedded development network: canister signature")
	}
	return fmt.Errorf("unsupported public key of %d bytes: Ed25519, ECDSA on secp256k1 and on P-256 are supported", len(der))
}

func verifyK256(point, message, sig []byte) error {
	pub, err := secp256k1.ParsePubKey(point)
	if err != nil {
		return fmt.Errorf("secp256k1 key: %w", err)
	}
	if len(sig) != 64 {
		return fmt.Errorf("secp256k1 signature of %d bytes, want 64", len(sig))
	}
	var r, s secp256k1.ModNScalar
	if r.SetByteSlice(sig[:32]) || s.SetByteSlice(sig[32:]) || r.IsZero() || s.IsZero() {
		return errors.New("secp256k1 signature out of range")
	}
	if s.IsOverHalfOrder() {
		return errors.New("secp256k1 signature is not normalized (high s)")
	}
	digest := sha256.Sum256(message)
	if !k1.NewSignature(&r, &s).Verify(digest[:], pub) {
		return errBadSignature
	}
	return nil
}

func verifyP256(point, message, sig []byte) error {
	pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return fmt.Errorf("P-256 key: %w", err)
	}
	if len(sig) != 64 {
		return fmt.Errorf("P-256 signature of %d bytes, want 64", len(sig))
	}
	digest := sha256.Sum256(message)
	r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
	if !ecdsa.Verify(pub, digest[:], r, s) {
		return errBadSignature
	}
	return nil
}
