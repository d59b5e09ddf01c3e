// Package principal names the users and canisters of the Internet Computer.
//
// A principal is at most 29 opaque bytes. Programs pass the bytes around; people
// see the textual form, which carries a checksum:
//
//	p, err := principal.Parse("rwlgt-iiaaa-aaaaa-aaaaa-cai")
//	if err != nil { // a *principal.ParseError with the column of the typing error
//		return err
//	}
//	fmt.Printf("%x", p.Bytes()) // 00000000000000000101
//
// What the last byte of a principal means:
//
//	(no bytes)            the management canister, aaaaa-aa
//	… 01                  opaque: canisters, subnets of test networks
//	SHA-224(public key) 02   self-authenticating: users, nodes, subnets
//	… 03                  derived
//	04                    the anonymous user, 2vxsx-fae
//
// [Parse] and [FromBytes] take any input without panicking and allocate no more
// than a principal's size. A [Principal] is a comparable value, usable as a map key
// and safe for concurrent use.
//
// IC interface specification, "Principals".
package principal

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
)

// MaxLen is the length of the longest principal, in bytes.
const MaxLen = 29

const (
	selfAuthenticating = 0x02
	anonymous          = 0x04
)

// ErrTooLong is what is wrong with more than [MaxLen] bytes.
var ErrTooLong = errors.New("longer than 29 bytes")

// Principal is the identity of a user or a canister. The zero value is the
// management canister's. Two principals are the same exactly if they are ==.
type Principal struct {
	// The bytes from len on are zero, so that == compares what is meant.
	len   uint8
	bytes [MaxLen]byte
}

// FromBytes is the principal with the bytes b, which are copied. The error wraps
// [ErrTooLong] and is the only one.
func FromBytes(b []byte) (Principal, error) {
	if len(b) > MaxLen {
		return Principal{}, fmt.Errorf("principal of %d bytes: %w", len(b), ErrTooLong)
	}
	p := Principal{len: uint8(len(b))}
	copy(p.bytes[:], b)
	return p, nil
}

// Anonymous is who sends a request that carries no signature.
func Anonymous() Principal {
	return Principal{len: 1, bytes: [MaxLen]byte{anonymous}}
}

// Management is the management canister, which is not a canister but the
// network's own interface. It is the zero value.
func Management() Principal { return Principal{} }

// SelfAuthenticating is the principal of whoever holds the private half of a
// public key, given in DER.
func SelfAuthenticating(derPublicKey []byte) Principal {
	sum := sha256.Sum224(derPublicKey)
	p := Principal{len: MaxLen}
	copy(p.bytes[:], sum[:])
	p.bytes[len(sum)] = selfAuthenticating
	return p
}

// Bytes is a copy of the principal's bytes: none for the management canister.
func (p Principal) Bytes() []byte { return bytes.Clone(p.bytes[:p.len]) }

// IsAnonymous says whether p is [Anonymous].
func (p Principal) IsAnonymous() bool { return p == Anonymous() }

// IsManagement says whether p is [Management].
func (p Principal) IsManagement() bool { return p == Management() }

// IsSelfAuthenticating says whether p has the form that [SelfAuthenticating] makes.
func (p Principal) IsSelfAuthenticating() bool {
	return p.len == MaxLen && p.bytes[MaxLen-1] == selfAuthenticating
}

// Compare orders principals as byte strings: negative if p comes before q, zero if
// they are the same. Canister ranges of subnets are in this order.
func (p Principal) Compare(q Principal) int {
	return bytes.Compare(p.bytes[:p.len], q.bytes[:q.len])
}

// Less says whether p comes before q in the order of [Principal.Compare].
func (p Principal) Less(q Principal) bool { return p.Compare(q) < 0 }
