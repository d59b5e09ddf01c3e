package identity_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/identity"
)

// block writes hexadecimal DER as PEM.
func block(t *testing.T, kind, der string) string {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(der, " ", ""))
	if err != nil {
		t.Fatalf("bad hex in test: %v", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
}

const (
	seedHex    = "1111111111111111111111111111111111111111111111111111111111111111"
	seedPublic = "d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737"
	pkcs8V1    = "302e 020100 300506032b6570 0422 0420" + seedHex
	pkcs8V2    = "3051 020101 300506032b6570 0422 0420" + seedHex + "8121 00" + seedPublic
	oldDfx     = "3053 020101 300506032b6570 0422 0420" + seedHex + "a123 0321 00" + seedPublic

	k256OID    = "06052b8104000a"
	p256OID    = "06082a8648ce3d030107"
	p384OID    = "06052b81040022"
	k256SEC1   = "3074 020101 0420" + goldenScalar + "a007" + k256OID + "a144 034200 04" + goldenPoint
	k256Plain  = "306b 020101 0420" + goldenScalar + "a144 034200 04" + goldenPoint
	k256Short  = "3054 020101 0420" + goldenScalar + "a007" + k256OID + "a124 032200 03" + goldenX
	k256PKCS8  = "308184 020100 3010 06072a8648ce3d0201" + k256OID + "046d" + k256Plain
	goldenTail = "8fbf83b7546ccc1b3781377776e9c4710fdf533ed9bcba8d8ebb32a14a2aba11"

	goldenX     = "80ef3bac9d68cf374cbc9c9943e180043a94c462ef8270274e57089d5dcdba1b"
	goldenPoint = goldenX + goldenTail
)

func TestParsePEM(t *testing.T) {
	curve := func(oid string) string { return block(t, "EC PARAMETERS", oid) }
	tests := []struct {
		name, text string
		want       identity.Algorithm
		secret     string
	}{
		{"Ed25519 PKCS#8 v1", block(t, "PRIVATE KEY", pkcs8V1), identity.Ed25519, seedHex},
		{"Ed25519 PKCS#8 v2", block(t, "PRIVATE KEY", pkcs8V2), identity.Ed25519, seedHex},
		{"Ed25519 of old dfx", block(t, "PRIVATE KEY", oldDfx), identity.Ed25519, seedHex},
		{"secp256k1 SEC 1", block(t, "EC PRIVATE KEY", k256SEC1), identity.Secp256k1, goldenScalar},
		{"secp256k1 SEC 1 after EC PARAMETERS", curve(k256OID) + block(t, "EC PRIVATE KEY", k256SEC1), identity.Secp256k1, goldenScalar},
		{"secp256k1 SEC 1, curve only in EC PARAMETERS", curve(k256OID) + block(t, "EC PRIVATE KEY", k256Plain), identity.Secp256k1, goldenScalar},
		{"secp256k1 SEC 1 with a compressed point", block(t, "EC PRIVATE KEY", k256Short), identity.Secp256k1, goldenScalar},
		{"secp256k1 PKCS#8", block(t, "PRIVATE KEY", k256PKCS8), identity.Secp256k1, goldenScalar},
		{"text before the block", "Key of Alice\n" + block(t, "PRIVATE KEY", pkcs8V1), identity.Ed25519, seedHex},
		{"scalar without its leading zeros", block(t, "EC PRIVATE KEY", "3012 020101 040107 a00a"+p256OID), identity.P256, strings.Repeat("00", 31) + "07"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k, err := identity.ParsePEM([]byte(tt.text))
			if err != nil {
				t.Fatalf("ParsePEM: %v", err)
			}
			want, err := identity.New(tt.want, secret(t, tt.secret))
			if err != nil {
				t.Fatal(err)
			}
			if k.Algorithm() != tt.want || k.Principal() != want.Principal() {
				t.Errorf("ParsePEM gives %v, want %v", k, want)
			}
		})
	}
}

// What Go's own library writes must read back.
func TestParsePEMOfStandardLibrary(t *testing.T) {
	p256, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), mustHex(t, seedHex))
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(p256)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		key  any
		want identity.Algorithm
	}{{p256, identity.P256}, {ed25519.NewKeyFromSeed(mustHex(t, seedHex)), identity.Ed25519}} {
		pkcs8, err := x509.MarshalPKCS8PrivateKey(tt.key)
		if err != nil {
			t.Fatal(err)
		}
		checkKey(t, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), tt.want)
	}
	checkKey(t, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: sec1}), identity.P256)
}

func checkKey(t *testing.T, text []byte, a identity.Algorithm) {
	t.Helper()
	want, err := identity.New(a, secret(t, seedHex))
	if err != nil {
		t.Fatal(err)
	}
	got, err := identity.ParsePEM(text)
	if err != nil || got.Principal() != want.Principal() {
		t.Errorf("ParsePEM = %v, %v; want %v", got, err, want)
	}
}

func TestParsePEMRefuses(t *testing.T) {
	curve := func(oid string) string { return block(t, "EC PARAMETERS", oid) }
	otherPoint := strings.Replace(k256SEC1, goldenTail, strings.Repeat("22", 32), 1)
	tests := []struct{ name, text, want string }{
		{"nothing", "", "no PEM block"},
		{"no PEM", "hello", "no PEM block"},
		{"parameters only", curve(k256OID), "no PEM block"},
		{"certificate", block(t, "CERTIFICATE", "3000"), `"CERTIFICATE": not a private key`},
		{"empty PKCS#8", block(t, "PRIVATE KEY", ""), "not a PKCS#8 structure"},
		{"PKCS#8 of two parts", block(t, "PRIVATE KEY", "3006 020100 020100"), "not a PKCS#8 structure"},
		{"bytes after PKCS#8", block(t, "PRIVATE KEY", pkcs8V1+"00"), "not a PKCS#8 structure"},
		{"RSA", block(t, "PRIVATE KEY", "3014 020100 300d 06092a864886f70d010101 0500 0400"), "1.2.840.113549.1.1.1"},
		{"seed of 31 bytes", block(t, "PRIVATE KEY", "302d 020100 300506032b6570 0421 041f"+seedHex[2:]), "seed is not 32 bytes"},
		{"another public key in v2", block(t, "PRIVATE KEY", strings.Replace(pkcs8V2, seedPublic, seedHex, 1)), "does not belong"},
		{"another point in SEC 1", block(t, "EC PRIVATE KEY", otherPoint), "does not belong"},
		{"the other point of that x", block(t, "EC PRIVATE KEY", strings.Replace(k256Short, "00 03", "00 02", 1)), "does not belong"},
		{"x alone", block(t, "EC PRIVATE KEY", "3053 020101 0420"+goldenScalar+"a007"+k256OID+"a123 032100"+goldenX), "does not belong"},
		{"y alone", block(t, "EC PRIVATE KEY", "3053 020101 0420"+goldenScalar+"a007"+k256OID+"a123 032100"+goldenTail), "does not belong"},
		{"zero scalar", block(t, "EC PRIVATE KEY", "3012 020101 040100 a00a"+p256OID), "out of range"},
		{"no curve", block(t, "EC PRIVATE KEY", k256Plain), "no curve named"},
		{"explicit curve", block(t, "EC PRIVATE KEY", "300c 020101 040107 a0043002 0500"), "by parameters"},
		{"EC PARAMETERS of another curve", curve(p256OID) + block(t, "EC PRIVATE KEY", k256SEC1), "declared prime256v1, key is on secp256k1"},
		{"unsupported EC PARAMETERS", curve(p384OID) + block(t, "EC PRIVATE KEY", k256Plain), "secp384r1 not supported"},
		{"unsupported curve with its long scalar", block(t, "EC PRIVATE KEY", "303e 020101 0430"+seedHex+seedHex[:32]+"a007"+p384OID), "secp384r1 not supported"},
		{"EC PARAMETERS with an absurd name", block(t, "EC PARAMETERS", "0682ea60"+strings.Repeat("01", 60_000)), "not the name of a curve"},
		{"absurd algorithm", block(t, "PRIVATE KEY", "3082ea6d 020100 3082ea64 0682ea60"+strings.Repeat("01", 60_000)+"0400"), "no algorithm"},
		{"EC PARAMETERS that are none", block(t, "EC PARAMETERS", "3000") + block(t, "EC PRIVATE KEY", k256Plain), "name of a curve"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k, err := identity.ParsePEM([]byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("ParsePEM = %v, %v; want an error with %q", k, err, tt.want)
			}
			if len(err.Error()) > 300 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			for _, s := range []string{seedHex, goldenScalar} {
				refuseSecret(t, err.Error(), mustHex(t, s))
			}
		})
	}
}

func TestParsePEMNamesEncryption(t *testing.T) {
	old := "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n"
	for name, text := range map[string]string{"PBES2": block(t, "ENCRYPTED PRIVATE KEY", "3000"), "old": old} {
		_, err := identity.ParsePEM([]byte(text))
		e, ok := errors.AsType[*identity.UnsupportedError](err)
		if !ok || e.Kind != "encrypted private key" || e.Advice == "" {
			t.Errorf("%s: ParsePEM = %v, want an *UnsupportedError that says what to do", name, err)
		}
	}
}

func FuzzParsePEM(f *testing.F) {
	for _, der := range []string{pkcs8V1, pkcs8V2, oldDfx, k256PKCS8} {
		b, _ := hex.DecodeString(strings.ReplaceAll(der, " ", ""))
		f.Add("PRIVATE KEY", b)
	}
	b, _ := hex.DecodeString(strings.ReplaceAll(k256SEC1, " ", ""))
	f.Add("EC PRIVATE KEY", b)
	f.Fuzz(func(t *testing.T, kind string, der []byte) {
		if strings.ContainsAny(kind, "\n\r-:") {
			return
		}
		k, err := identity.ParsePEM(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
		if (k == nil) == (err == nil) {
			t.Fatalf("ParsePEM = %v, %v", k, err)
		}
		if err != nil {
			return
		}
		public, err := identity.ParsePublicKey(k.PublicKey())
		if err != nil {
			t.Fatalf("a parsed key has no valid public key: %v", err)
		}
		sig, err := k.Sign(der)
		if err != nil || public.Verify(der, sig) != nil {
			t.Fatalf("a parsed key does not sign: %v", err)
		}
	})
}

func mustHex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func FuzzParsePublicKey(f *testing.F) {
	for _, a := range algorithms() {
		k, err := identity.New(a, [identity.SecretSize]byte{1})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(k.PublicKey(), make([]byte, 64))
	}
	f.Fuzz(func(t *testing.T, der, sig []byte) {
		k, err := identity.ParsePublicKey(der)
		if err != nil {
			if !errors.Is(err, identity.ErrPublicKey) || k.Algorithm() != "" {
				t.Errorf("ParsePublicKey(%x) = %v, %v", der, k, err)
			}
			return
		}
		if err := k.Verify(der, sig); err == nil && k.Algorithm() != identity.Ed25519 {
			t.Errorf("%x verifies for a key made up", sig)
		}
	})
}
