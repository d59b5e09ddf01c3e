package identity

import "encoding/asn1"

// Object identifiers in dotted form.
const (
	oidEd25519   = "1.3.101.112"
	oidECKey     = "1.2.840.10045.2.1"
	oidSecp256k1 = "1.3.132.0.10"
	oidP256      = "1.2.840.10045.3.1.7"
)

// derSequence returns the elements of the single SEQUENCE that b is. The causes of failures are not kept: they could
// describe key material.
func derSequence(b []byte) ([]asn1.RawValue, bool) {
	var seq asn1.RawValue
	rest, err := asn1.Unmarshal(b, &seq)
	if err != nil || len(rest) != 0 || seq.Class != asn1.ClassUniversal || seq.Tag != asn1.TagSequence || !seq.IsCompound {
		return nil, false
	}
	return derElements(seq.Bytes)
}

// derElements splits b into its DER values.
func derElements(b []byte) ([]asn1.RawValue, bool) {
	var out []asn1.RawValue
	for len(b) > 0 {
		var v asn1.RawValue
		rest, err := asn1.Unmarshal(b, &v)
		if err != nil {
			return nil, false
		}
		out, b = append(out, v), rest
	}
	return out, true
}

// universal returns the content of v if it is a primitive value of the given universal tag.
func universal(v asn1.RawValue, tag int) ([]byte, bool) {
	return v.Bytes, v.Class == asn1.ClassUniversal && v.Tag == tag && !v.IsCompound
}

// contextual returns the first of vs with the given context-specific tag.
func contextual(vs []asn1.RawValue, tag int) (asn1.RawValue, bool) {
	for _, v := range vs {
		if v.Class == asn1.ClassContextSpecific && v.Tag == tag {
			return v, true
		}
	}
	return asn1.RawValue{}, false
}

// maxOID bounds object identifiers, which errors repeat, in bytes.
const maxOID = 32

// derOID returns the single OBJECT IDENTIFIER that b is, in dotted form.
func derOID(b []byte) (string, bool) {
	if len(b) > maxOID {
		return "", false
	}
	var oid asn1.ObjectIdentifier
	rest, err := asn1.Unmarshal(b, &oid)
	return oid.String(), err == nil && len(rest) == 0
}

// bitString returns the bytes of a BIT STRING's content that has no unused bits.
func bitString(content []byte) ([]byte, bool) {
	if len(content) == 0 || content[0] != 0 {
		return nil, false
	}
	return content[1:], true
}

// curveName returns the common name of a curve, its number if we know none.
func curveName(oid string) string {
	switch oid {
	case oidSecp256k1:
		return string(Secp256k1)
	case oidP256:
		return string(P256)
	case "1.3.132.0.33":
		return "secp224r1"
	case "1.3.132.0.34":
		return "secp384r1"
	case "1.3.132.0.35":
		return "secp521r1"
	}
	return oid
}
