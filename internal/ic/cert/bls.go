package cert

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

const (
	// publicKeySize is a compressed point of G2.
	publicKeySize = 96
	// signatureSize is a compressed point of G1.
	signatureSize = 48
	// suite is the domain separation tag of hashing to G1.
	suite = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
	// derPrefix is everything of a SubjectPublicKeyInfo before the 96 bytes of the key: algorithm
	// 1.3.6.1.4.1.44668.5.3.1.2.1, curve 1.3.6.1.4.1.44668.5.3.2.1.
	derPrefix = "\x30\x81\x82\x30\x1d\x06\x0d\x2b\x06\x01\x04\x01\x82\xdc\x7c\x05\x03\x01\x02\x01" +
		"\x06\x0c\x2b\x06\x01\x04\x01\x82\xdc\x7c\x05\x03\x02\x01\x03\x61\x00"
)

// mainnetRootKeyHex is the root key of the Internet Computer's main network.
const mainnetRootKeyHex = "308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c05030201036100" +
	"814c0e6ec71fab583b08bd81373c255c3c371b2e84863c98a4f1e08b74235d14fb5d9c0cd546d9685f913a0c0b2cc534" +
	"1583bf4b4392e467db96d65b9bb4cb717112f8472e0d5a4d14505ffd7484b01291091c5f87b98883463f98091a0baaae"

// MainnetRootKey returns a copy of the DER root key of the main network.
func MainnetRootKey() []byte {
	key, err := hex.DecodeString(mainnetRootKeyHex)
	if err != nil {
		return nil // unreachable: the constant is hexadecimal, and a test verifies real certificates with it
	}
	return key
}

// PublicKey is a BLS12-381 public key that was checked to be a non-zero point of the right subgroup of G2.
// The zero value verifies nothing.
type PublicKey struct {
	point bls12381.G2Affine
	der   string
}

var (
	errKeyDER       = errors.New("not a BLS12-381 key in DER")
	errKeyInfinity  = errors.New("key is the point at infinity")
	errSigSize      = fmt.Errorf("signature is not %d bytes", signatureSize)
	errSigMismatch  = errors.New("signature does not match key and message")
	errKeyZeroValue = errors.New("no public key")
)

// ParsePublicKey reads a key from its DER form of 133 bytes.
func ParsePublicKey(der []byte) (PublicKey, error) {
	raw, ok := strings.CutPrefix(string(der), derPrefix)
	if !ok || len(raw) != publicKeySize {
		return PublicKey{}, errKeyDER
	}
	k := PublicKey{der: string(der)}
	if _, err := k.point.SetBytes([]byte(raw)); err != nil {
		return PublicKey{}, fmt.Errorf("decode BLS12-381 key: %w", err)
	}
	if k.point.IsInfinity() {
		return PublicKey{}, errKeyInfinity
	}
	return k, nil
}

// EncodePublicKey returns the DER form of a compressed G2 point of 96 bytes. It does not check the point.
func EncodePublicKey(point [publicKeySize]byte) []byte { return append([]byte(derPrefix), point[:]...) }

// DER returns a copy of the DER form of k, nil for the zero value.
func (k PublicKey) DER() []byte { return []byte(k.der) }

// Verify checks that sig, a compressed G1 point of 48 bytes, is k's signature of message.
//
// draft-irtf-cfrg-bls-signature-04, ciphersuite BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_.
func (k PublicKey) Verify(message, sig []byte) error {
	if k.der == "" {
		return errKeyZeroValue
	}
	if len(sig) != signatureSize {
		return errSigSize
	}
	var s bls12381.G1Affine
	if _, err := s.SetBytes(sig); err != nil {
		return fmt.Errorf("decode signature: %w", err)
	}
	h, err := bls12381.HashToG1(message, []byte(suite))
	if err != nil {
		return fmt.Errorf("hash message to curve: %w", err)
	}
	_, _, _, g2 := bls12381.Generators()
	// e(h, key) = e(s, g2), as one product: e(h, key) * e(-s, g2) = 1.
	s.Neg(&s)
	ok, err := bls12381.PairingCheck([]bls12381.G1Affine{h, s}, []bls12381.G2Affine{k.point, g2})
	if err != nil {
		return fmt.Errorf("pairing: %w", err)
	}
	if !ok {
		return errSigMismatch
	}
	return nil
}
