package identity_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/identity"
)

// A secp256k1 key that other agents test with too, and its public key.
const (
	goldenScalar = "0832ee76447151e443867529da9bcbc4b0c808b2283426b5b1074c833e58d781"
	goldenDER    = "3056301006072a8648ce3d020106052b8104000a0342000480ef3bac9d68cf374cbc9c9943e180043a94c462ef8270274e57089d5dcdba1b8fbf83b7546ccc1b3781377776e9c4710fdf533ed9bcba8d8ebb32a14a2aba11"
)

func secret(t *testing.T, s string) [identity.SecretSize]byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != identity.SecretSize {
		t.Fatalf("bad secret in test: %q", s)
	}
	return [identity.SecretSize]byte(b)
}

func algorithms() []identity.Algorithm {
	return []identity.Algorithm{identity.Ed25519, identity.Secp256k1, identity.P256}
}

func generate(t *testing.T, a identity.Algorithm) *identity.Key {
	t.Helper()
	k, err := identity.Generate(a)
	if err != nil {
		t.Fatalf("Generate(%s): %v", a, err)
	}
	return k
}

func TestGoldenKeys(t *testing.T) {
	tests := []struct {
		algorithm      identity.Algorithm
		secret         string
		der, principal string // "" is not compared
	}{
		{algorithm: identity.Ed25519, secret: strings.Repeat("00", 32),
			principal: "535yc-uxytb-gfk7h-tny7p-vjkoe-i4krp-3qmcl-uqfgr-cpgej-yqtjq-rqe"},
		{algorithm: identity.Secp256k1, secret: goldenScalar, der: goldenDER},
		// The scalar 1 gives the generator of the curve, which FIPS 186 lists.
		{algorithm: identity.P256, secret: strings.Repeat("00", 31) + "01",
			der: "3059301306072a8648ce3d020106082a8648ce3d03010703420004" +
				"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296" +
				"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"},
	}
	for _, tt := range tests {
		k, err := identity.New(tt.algorithm, secret(t, tt.secret))
		if err != nil {
			t.Errorf("New(%s): %v", tt.algorithm, err)
			continue
		}
		if got := hex.EncodeToString(k.PublicKey()); tt.der != "" && got != tt.der {
			t.Errorf("%s: PublicKey() = %s, want %s", tt.algorithm, got, tt.der)
		}
		if got := k.Principal().String(); tt.principal != "" && got != tt.principal {
			t.Errorf("%s: Principal() = %s, want %s", tt.algorithm, got, tt.principal)
		}
	}
}

func TestSignAndVerify(t *testing.T) {
	for _, a := range algorithms() {
		t.Run(string(a), func(t *testing.T) {
			k, other := generate(t, a), generate(t, a)
			public, err := identity.ParsePublicKey(k.PublicKey())
			if err != nil || public.Algorithm() != a {
				t.Fatalf("ParsePublicKey: %v, %v", public.Algorithm(), err)
			}
			message := []byte("\x0aic-request and an id")
			sig := sign(t, k, message)
			if err := public.Verify(message, sig); err != nil {
				t.Errorf("Verify: %v", err)
			}
			for name, bad := range map[string][]byte{
				"other key":   sign(t, other, message),
				"other text":  sign(t, k, []byte("x")),
				"short":       sig[:63],
				"long":        append(bytes.Clone(sig), 0),
				"zeros":       make([]byte, 64),
				"ones":        bytes.Repeat([]byte{0xff}, 64),
				"flipped bit": append([]byte{sig[0] ^ 1}, sig[1:]...),
			} {
				if err := public.Verify(message, bad); !errors.Is(err, identity.ErrSignature) {
					t.Errorf("%s: Verify = %v, want ErrSignature", name, err)
				}
			}
		})
	}
}

func sign(t *testing.T, k *identity.Key, message []byte) []byte {
	t.Helper()
	sig, err := k.Sign(message)
	if err != nil {
		t.Fatalf("Sign: %v", err)
	}
	return sig
}

// One signature in 128 has an r or s with a leading zero byte, which must be kept, and in its place: all are verified,
// as a misplaced one does not look short.
func TestSignaturesAlwaysHave64Bytes(t *testing.T) {
	for a, rounds := range map[identity.Algorithm]int{identity.P256: 10_000, identity.Secp256k1: 1_000} {
		k := generate(t, a)
		public, err := identity.ParsePublicKey(k.PublicKey())
		if err != nil {
			t.Fatal(err)
		}
		short := 0
		for i := range rounds {
			message := fmt.Append(nil, i)
			sig := sign(t, k, message)
			if len(sig) != 64 {
				t.Fatalf("%s: signature of %d bytes", a, len(sig))
			}
			if sig[0] == 0 || sig[32] == 0 {
				short++
			}
			if err := public.Verify(message, sig); err != nil {
				t.Fatalf("%s: signature %x does not verify", a, sig)
			}
		}
		if short == 0 {
			t.Errorf("%s: %d signatures, none with a leading zero", a, rounds)
		}
	}
}

func TestSecp256k1SignsLowAndRefusesHigh(t *testing.T) {
	k := generate(t, identity.Secp256k1)
	public, err := identity.ParsePublicKey(k.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		message := fmt.Append(nil, i)
		sig := sign(t, k, message)
		if sig[32] >= 0x80 {
			t.Fatalf("signature with a high s: %x", sig)
		}
		if err := public.Verify(message, negateS(sig)); !errors.Is(err, identity.ErrSignature) {
			t.Fatalf("Verify of the high twin: %v, want ErrSignature", err)
		}
	}
}

// negateS replaces s by n-s, which plain ECDSA accepts as well.
func negateS(sig []byte) []byte {
	order, _ := hex.DecodeString("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")
	out := bytes.Clone(sig)
	borrow := 0
	for i := 31; i >= 0; i-- {
		d := int(order[i]) - int(sig[32+i]) - borrow
		borrow = 0
		if d < 0 {
			d, borrow = d+256, 1
		}
		out[32+i] = byte(d)
	}
	return out
}

func TestNewRefusesBadSecrets(t *testing.T) {
	orders := map[identity.Algorithm]string{
		identity.Secp256k1: "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
		identity.P256:      "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
	}
	for a, order := range orders {
		for _, s := range []string{strings.Repeat("00", 32), order, strings.Repeat("ff", 32)} {
			if _, err := identity.New(a, secret(t, s)); !errors.Is(err, identity.ErrBadSecret) {
				t.Errorf("New(%s, %s): %v, want ErrBadSecret", a, s, err)
			}
		}
	}
	if _, err := identity.New("rsa", [32]byte{1}); !errors.Is(err, identity.ErrBadSecret) {
		t.Errorf("New(rsa): %v, want ErrBadSecret", err)
	}
	if _, err := (&identity.Key{}).Sign(nil); !errors.Is(err, identity.ErrBadSecret) {
		t.Errorf("zero Key: Sign: %v, want ErrBadSecret", err)
	}
	if _, err := identity.Generate("rsa"); err == nil {
		t.Errorf("Generate(rsa) succeeds")
	}
}

func TestParsePublicKeyRefuses(t *testing.T) {
	golden, _ := hex.DecodeString(goldenDER)
	offCurve := bytes.Clone(golden)
	offCurve[len(offCurve)-1] ^= 1
	hybrid := bytes.Clone(golden)
	hybrid[23] = 0x07 // y is odd, as in the hybrid form
	ed := generate(t, identity.Ed25519).PublicKey()
	for name, der := range map[string][]byte{
		"empty": nil, "cut": golden[:87], "long": append(bytes.Clone(golden), 0), "off the curve": offCurve,
		"hybrid point": hybrid, "ed25519 cut": ed[:43], "prefix of another": append(bytes.Clone(golden[:12]), ed...),
	} {
		if _, err := identity.ParsePublicKey(der); !errors.Is(err, identity.ErrPublicKey) {
			t.Errorf("%s: ParsePublicKey = %v, want ErrPublicKey", name, err)
		}
	}
	if err := (identity.PublicKey{}).Verify(nil, make([]byte, 64)); !errors.Is(err, identity.ErrSignature) {
		t.Errorf("zero PublicKey: Verify = %v, want ErrSignature", err)
	}
}

func TestAnonymous(t *testing.T) {
	id := identity.Anonymous()
	if got := id.Principal().String(); got != "2vxsx-fae" {
		t.Errorf("Principal() = %s", got)
	}
	if id.PublicKey() != nil {
		t.Errorf("PublicKey() = %x, want none", id.PublicKey())
	}
	if _, err := id.Sign(nil); !errors.Is(err, identity.ErrAnonymous) {
		t.Errorf("Sign: %v, want ErrAnonymous", err)
	}
}

// No way of printing a key, alone or inside something, may show its secret.
func TestFormattingShowsNoSecret(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, a := range algorithms() {
		var s [32]byte
		for i := range s {
			s[i] = byte(1 + rng.IntN(250))
		}
		k, err := identity.New(a, s)
		if err != nil {
			t.Fatal(err)
		}
		type holder struct{ id identity.Identity }
		for _, v := range []any{k, *k, holder{k}, &holder{k}, []identity.Identity{k}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
				refuseSecret(t, fmt.Sprintf(verb, v), s[:])
			}
		}
	}
}

// refuseSecret fails if text holds s or half of it in one of the forms that printing could give it.
func refuseSecret(t *testing.T, text string, s []byte) {
	t.Helper()
	for _, half := range [][]byte{s[:16], s[16:]} {
		list := strings.Trim(fmt.Sprint(half), "[]")
		for _, form := range []string{string(half), hex.EncodeToString(half), list, strings.ReplaceAll(list, " ", ", ")} {
			if strings.Contains(text, form) {
				t.Errorf("a secret shows in %q", text)
			}
		}
	}
}
