package cert

import (
	"bytes"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// Delegation is the claim that a subnet may certify: SubnetID is its principal in bytes, Certificate the encoded
// certificate of the root subnet that shows the subnet's key and canister ranges.
type Delegation struct {
	SubnetID    []byte
	Certificate []byte
}

// Unverified is a certificate as it travels. Nothing in it can be believed or looked up: see [Verify].
type Unverified struct {
	Tree       *Tree
	Signature  []byte
	Delegation *Delegation // nil for a certificate signed with the root key
}

type wireDelegation struct {
	SubnetID    []byte `cbor:"subnet_id"`
	Certificate []byte `cbor:"certificate"`
}

type wireCertificate struct {
	Tree       cbor.RawMessage `cbor:"tree"`
	Signature  []byte          `cbor:"signature"`
	Delegation *wireDelegation `cbor:"delegation,omitempty"`
}

// SigningMessage returns what a subnet signs to certify the tree with the given root digest.
func SigningMessage(root Digest) []byte { return append([]byte("\x0dic-state-root"), root[:]...) }

// Encode returns the CBOR form of u with the self-describing tag.
func (u Unverified) Encode() []byte {
	pairs := uint64(2)
	if u.Delegation != nil {
		pairs++
	}
	b := appendHead([]byte(selfDescribed), majorMap, pairs)
	b = u.Tree.appendTo(appendText(b, "tree"))
	b = appendBytes(appendText(b, "signature"), u.Signature)
	if d := u.Delegation; d != nil {
		b = appendHead(appendText(b, "delegation"), majorMap, 2)
		b = appendBytes(appendText(b, "subnet_id"), d.SubnetID)
		b = appendBytes(appendText(b, "certificate"), d.Certificate)
	}
	return b
}

const (
	majorText = 3
	majorMap  = 5
)

func appendText(b []byte, s string) []byte {
	return append(appendHead(b, majorText, uint64(len(s))), s...)
}

// Decode reads a certificate from CBOR, with or without the self-describing tag, and checks that its tree is
// well-formed. Duplicate keys, indefinite lengths and trailing bytes are refused; unknown fields are ignored.
// The error is a *[CertificateError].
func Decode(raw []byte) (Unverified, error) {
	var w wireCertificate
	switch err := unmarshal(raw, &w); {
	case err != nil:
		return Unverified{}, &CertificateError{Reason: ReasonMalformed, Err: err}
	case len(w.Tree) == 0:
		return Unverified{}, refuse(ReasonMalformed, "no tree")
	case w.Signature == nil:
		return Unverified{}, refuse(ReasonMalformed, "no signature")
	}
	t, err := DecodeTree(w.Tree)
	if err != nil {
		return Unverified{}, err
	}
	u := Unverified{Tree: t, Signature: w.Signature}
	if w.Delegation != nil {
		u.Delegation = &Delegation{SubnetID: w.Delegation.SubnetID, Certificate: w.Delegation.Certificate}
	}
	return u, nil
}

// unmarshal decodes what the network sends: definite lengths, no duplicate keys, exact field names, and no tag but the
// self-describing one in front.
func unmarshal(raw []byte, v any) error {
	mode, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		MaxNestedLevels:   MaxDepth + 8,
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
	}.DecMode()
	if err != nil {
		return err
	}
	return mode.Unmarshal(bytes.TrimPrefix(raw, []byte(selfDescribed)), v)
}

// selfDescribed is the head of tag 55799.
const selfDescribed = "\xd9\xd9\xf7"

// DecodeNat reads a natural number in LEB128 that fits 64 bits, the form of numbers in the state tree.
func DecodeNat(b []byte) (uint64, error) {
	var n uint64
	for i, c := range b {
		if i == 9 && c > 1 || i > 9 {
			return 0, fmt.Errorf("number does not fit 64 bits")
		}
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			if i != len(b)-1 {
				return 0, fmt.Errorf("%d bytes after the number", len(b)-1-i)
			}
			return n, nil
		}
	}
	return 0, errTruncated
}

// AppendNat appends n in LEB128.
func AppendNat(b []byte, n uint64) []byte {
	for ; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}
