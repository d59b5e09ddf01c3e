package cert_test

import (
	"bytes"
	"fmt"
	"math/big"
	"testing"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"

	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/cert/certtest"
)

func TestBLSVerify(t *testing.T) {
	for i := range 10 {
		s := certtest.NewSigner(int64(i + 1))
		key, err := cert.ParsePublicKey(s.DER())
		if err != nil {
			t.Fatalf("ParsePublicKey: %v", err)
		}
		if !bytes.Equal(key.DER(), s.DER()) {
			t.Errorf("DER() differs from what was parsed")
		}
		message := fmt.Appendf(nil, "message %d", i)
		sig := s.Sign(message)
		if err := key.Verify(message, sig); err != nil {
			t.Errorf("Verify: %v", err)
		}
		if err := key.Verify(append(message, 'x'), sig); err == nil {
			t.Errorf("Verify accepts another message")
		}
		if err := key.Verify(message, certtest.NewSigner(99).Sign(message)); err == nil {
			t.Errorf("Verify accepts another key's signature")
		}
	}
	if err := (cert.PublicKey{}).Verify(nil, make([]byte, 48)); err == nil {
		t.Errorf("the zero PublicKey accepts a signature")
	}
}

func TestBLSVerifyRefusesBadSignatures(t *testing.T) {
	s := certtest.NewSigner(1)
	key, err := cert.ParsePublicKey(s.DER())
	if err != nil {
		t.Fatal(err)
	}
	message := []byte("m")
	sig := s.Sign(message)
	for name, bad := range map[string][]byte{
		"empty":            nil,
		"47 bytes":         sig[:47],
		"49 bytes":         append(bytes.Clone(sig), 0),
		"uncompressed":     uncompressedG1(t, sig),
		"infinity":         append([]byte{0xc0}, make([]byte, 47)...),
		"dirty infinity":   append([]byte{0xc0}, bytes.Repeat([]byte{1}, 47)...),
		"x not below p":    append([]byte{0x9f}, bytes.Repeat([]byte{0xff}, 47)...),
		"outside subgroup": outsideSubgroupG1(t),
		"negated":          append([]byte{sig[0] ^ 0x20}, sig[1:]...),
		"no flags":         append([]byte{sig[0] & 0x1f}, sig[1:]...),
	} {
		if err := key.Verify(message, bad); err == nil {
			t.Errorf("%s: Verify accepts it", name)
		}
	}
}

func TestParsePublicKeyRefuses(t *testing.T) {
	der := certtest.NewSigner(1).DER()
	prefix := der[:len(der)-96]
	with := func(point []byte) []byte { return append(bytes.Clone(prefix), point...) }
	for name, bad := range map[string][]byte{
		"empty":            nil,
		"prefix only":      prefix,
		"cut short":        der[:132],
		"too long":         append(bytes.Clone(der), 0),
		"other algorithm":  append([]byte{0x30, 0x81, 0x82, 0x30, 0x1e}, der[5:]...),
		"infinity":         with(append([]byte{0xc0}, make([]byte, 95)...)),
		"x not below p":    with(append([]byte{0x9f}, bytes.Repeat([]byte{0xff}, 95)...)),
		"outside subgroup": with(outsideSubgroupG2(t)),
		"no flags":         with(append([]byte{der[37] & 0x1f}, der[38:]...)),
	} {
		if _, err := cert.ParsePublicKey(bad); err == nil {
			t.Errorf("%s: ParsePublicKey accepts it", name)
		}
	}
}

func TestMainnetRootKeyParses(t *testing.T) {
	if _, err := cert.ParsePublicKey(cert.MainnetRootKey()); err != nil {
		t.Errorf("ParsePublicKey(MainnetRootKey()): %v", err)
	}
}

func uncompressedG1(t *testing.T, compressed []byte) []byte {
	t.Helper()
	var p bls12381.G1Affine
	if _, err := p.SetBytes(compressed); err != nil {
		t.Fatal(err)
	}
	raw := p.RawBytes()
	return raw[:]
}

// outsideSubgroupG1 returns a point of the curve y² = x³ + 4 that is not in the subgroup of prime order.
func outsideSubgroupG1(t *testing.T) []byte {
	t.Helper()
	for x := range uint64(1000) {
		var p bls12381.G1Affine
		p.X.SetUint64(x)
		var rhs, four fp.Element
		four.SetUint64(4)
		rhs.Square(&p.X).Mul(&rhs, &p.X).Add(&rhs, &four)
		if p.Y.Sqrt(&rhs) != nil && p.IsOnCurve() && !p.IsInSubGroup() {
			b := p.Bytes()
			return b[:]
		}
	}
	t.Fatal("no such point found")
	return nil
}

// outsideSubgroupG2 is the same on the twist y² = x³ + 4(1+u).
func outsideSubgroupG2(t *testing.T) []byte {
	t.Helper()
	for x := range int64(1000) {
		var p bls12381.G2Affine
		p.X.A0.SetBigInt(big.NewInt(x))
		rhs := p.X
		rhs.Square(&p.X).Mul(&rhs, &p.X)
		b := rhs
		b.A0.SetUint64(4)
		b.A1.SetUint64(4)
		rhs.Add(&rhs, &b)
		if rhs.Legendre() != 1 {
			continue
		}
		p.Y.Sqrt(&rhs)
		if p.IsOnCurve() && !p.IsInSubGroup() {
			out := p.Bytes()
			return out[:]
		}
	}
	t.Fatal("no such point found")
	return nil
}

func FuzzParsePublicKey(f *testing.F) {
	f.Add(cert.MainnetRootKey(), make([]byte, 48))
	s := certtest.NewSigner(3)
	f.Add(s.DER(), s.Sign([]byte("another message")))
	f.Fuzz(func(t *testing.T, der, sig []byte) {
		key, err := cert.ParsePublicKey(der)
		if err != nil {
			if len(key.DER()) != 0 {
				t.Errorf("ParsePublicKey(%x) gives a key with an error", der)
			}
			return
		}
		if !bytes.Equal(key.DER(), der) {
			t.Errorf("ParsePublicKey(%x).DER() = %x", der, key.DER())
		}
		if err := key.Verify([]byte("message"), sig); err == nil {
			t.Errorf("%x verifies for %x", sig, der)
		}
	})
}
