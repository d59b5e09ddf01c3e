package identity

import (
	"bytes"
	"crypto/ed25519"
	"encoding/asn1"
	"fmt"
)

// parsePKCS8 reads an unencrypted PKCS#8 structure:
//
//	SEQUENCE { version, algorithm { OID, parameters? }, OCTET STRING key, [0] attributes?, [1] public key? }
//
// A public key, when there, must belong to the private key. dfx 0.3 and earlier wrote it as an explicitly tagged
// BIT STRING, which is accepted too.
//
// RFC 5208 and RFC 5958.
func parsePKCS8(der []byte) (*Key, error) {
	parts, ok := derSequence(der)
	if !ok || len(parts) < 3 {
		return nil, &KeyError{Detail: "not a PKCS#8 structure"}
	}
	algorithm, okAlgorithm := derElements(parts[1].Bytes)
	octets, okKey := universal(parts[2], asn1.TagOctetString)
	if !okAlgorithm || !okKey || len(algorithm) == 0 {
		return nil, &KeyError{Detail: "not a PKCS#8 structure"}
	}
	key, err := parsePKCS8Key(algorithm, octets)
	if err != nil {
		return nil, err
	}
	return withPublic(key, parts[3:])
}

func parsePKCS8Key(algorithm []asn1.RawValue, octets []byte) (*Key, error) {
	oid, ok := derOID(algorithm[0].FullBytes)
	switch {
	case ok && oid == oidEd25519:
		seed, ok := derOctets(octets)
		if !ok || len(seed) != SecretSize {
			return nil, &KeyError{Detail: fmt.Sprintf("Ed25519 seed is not %d bytes", SecretSize)}
		}
		return New(Ed25519, [SecretSize]byte(seed))
	case ok && oid == oidECKey:
		if len(algorithm) < 2 {
			return nil, &KeyError{Detail: "no curve named"}
		}
		curve, ok := derOID(algorithm[1].FullBytes)
		if !ok {
			return nil, &KeyError{Detail: "curve given by parameters, not by name"}
		}
		return parseSEC1(octets, curve)
	case ok:
		return nil, &KeyError{Detail: "algorithm " + oid + " is none of Ed25519, secp256k1, P-256"}
	}
	return nil, &KeyError{Detail: "no algorithm"}
}

// derOctets returns the content of the single OCTET STRING that b is.
func derOctets(b []byte) ([]byte, bool) {
	vs, ok := derElements(b)
	if !ok || len(vs) != 1 {
		return nil, false
	}
	return universal(vs[0], asn1.TagOctetString)
}

// withPublic returns key if it agrees with the public key among the trailing parts.
func withPublic(key *Key, parts []asn1.RawValue) (*Key, error) {
	if err := checkPublic(key, parts); err != nil {
		return nil, err
	}
	return key, nil
}

// checkPublic compares the public key among the trailing parts, if there is one, with the key.
func checkPublic(key *Key, parts []asn1.RawValue) error {
	v, ok := contextual(parts, 1)
	if !ok {
		return nil
	}
	content := v.Bytes
	if v.IsCompound { // explicit tag: a BIT STRING inside
		inner, ok := derElements(content)
		if !ok || len(inner) != 1 {
			return &KeyError{Detail: "public key is not a bit string"}
		}
		if content, ok = universal(inner[0], asn1.TagBitString); !ok {
			return &KeyError{Detail: "public key is not a bit string"}
		}
	}
	point, ok := bitString(content)
	if !ok {
		return &KeyError{Detail: "public key is not a bit string"}
	}
	if !key.hasPoint(point) {
		return &KeyError{Detail: "public key does not belong to the private key"}
	}
	return nil
}

// hasPoint reports whether point is the public key of k as files have it: whole, or of an elliptic curve only the x
// coordinate and whether y is odd.
func (k *Key) hasPoint(point []byte) bool {
	der := []byte(k.der)
	if k.algorithm == Ed25519 {
		return len(point) == ed25519.PublicKeySize && bytes.HasSuffix(der, point)
	}
	whole := der[len(der)-65:]
	compressed := append([]byte{2 | whole[64]&1}, whole[1:33]...)
	return bytes.Equal(point, whole) || bytes.Equal(point, compressed)
}

// parseSEC1 reads an elliptic curve key:
//
//	SEQUENCE { 1, OCTET STRING scalar, [0] curve?, [1] public key? }
//
// declared is the curve named around it, "" if none is; if both name one they must agree.
//
// SEC 1 C.4, RFC 5915.
func parseSEC1(der []byte, declared string) (*Key, error) {
	parts, ok := derSequence(der)
	if !ok || len(parts) < 2 {
		return nil, &KeyError{Detail: "not a SEC 1 structure"}
	}
	curve, err := agreeCurve(parts[2:], declared)
	if err != nil {
		return nil, err
	}
	scalar, isOctets := universal(parts[1], asn1.TagOctetString)
	secret, ok := padScalar(scalar)
	if !isOctets || !ok {
		return nil, &KeyError{Detail: "scalar is not 32 bytes"}
	}
	algorithm := Secp256k1
	if curve == oidP256 {
		algorithm = P256
	}
	key, err := New(algorithm, secret)
	if err != nil {
		return nil, &KeyError{Detail: "scalar is out of range"}
	}
	return withPublic(key, parts[2:])
}

// agreeCurve returns the supported curve of a key from its own name and the declared one.
func agreeCurve(parts []asn1.RawValue, declared string) (string, error) {
	curve := declared
	if v, ok := contextual(parts, 0); ok {
		own, ok := derOID(v.Bytes)
		if !ok {
			return "", &KeyError{Detail: "curve given by parameters, not by name"}
		}
		if declared != "" && own != declared {
			return "", &CurveError{Declared: curveName(declared), Actual: curveName(own)}
		}
		curve = own
	}
	switch {
	case curve == "":
		return "", &KeyError{Detail: "no curve named"}
	case curve != oidSecp256k1 && curve != oidP256:
		return "", &CurveError{Declared: curveName(curve)}
	}
	return curve, nil
}

// padScalar brings a big-endian scalar to 32 bytes: some writers drop leading zeros, others add one.
func padScalar(b []byte) (out [SecretSize]byte, ok bool) {
	for len(b) > SecretSize && b[0] == 0 {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > SecretSize {
		return out, false
	}
	copy(out[SecretSize-len(b):], b)
	return out, true
}
