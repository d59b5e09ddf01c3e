// Package certtest signs certificates with keys of its own, for tests of programs that verify them.
//
//	root := certtest.NewSigner(1)
//	raw := root.Certificate(tree)
//	c, err := cert.Verify(raw, cert.Options{RootKey: root.DER(), …})
//
// Nothing here belongs into a program: the keys are derived from small numbers. Values are safe for concurrent use.
package certtest

import (
	"math/big"
	"time"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/principal"
)

const suite = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"

// Signer is a BLS12-381 key pair of a pretended subnet.
type Signer struct {
	secret big.Int
	der    []byte
}

// NewSigner returns the key with the given secret scalar, which must not be 0.
func NewSigner(secret int64) *Signer {
	s := &Signer{}
	// Any scalar is a key; multiplying spreads small ones so that signatures do not look like the generator.
	s.secret.Mul(big.NewInt(secret), new(big.Int).Lsh(big.NewInt(0x5eed), 200))
	_, _, _, g2 := bls12381.Generators()
	var public bls12381.G2Affine
	public.ScalarMultiplication(&g2, &s.secret)
	s.der = cert.EncodePublicKey(public.Bytes())
	return s
}

// DER returns the public key.
func (s *Signer) DER() []byte { return s.der }

// Subnet returns the id of the subnet that holds the key.
func (s *Signer) Subnet() principal.Principal { return principal.SelfAuthenticating(s.der) }

// Sign returns the signature of message.
func (s *Signer) Sign(message []byte) []byte {
	h, err := bls12381.HashToG1(message, []byte(suite))
	if err != nil {
		panic("certtest: hash to curve: " + err.Error())
	}
	var sig bls12381.G1Affine
	sig.ScalarMultiplication(&h, &s.secret)
	b := sig.Bytes()
	return b[:]
}

// Certificate signs t and returns the encoded certificate without a delegation.
func (s *Signer) Certificate(t *cert.Tree) []byte {
	return cert.Unverified{Tree: t, Signature: s.Sign(cert.SigningMessage(t.Digest()))}.Encode()
}

// Delegated signs t and returns the encoded certificate with the delegation.
func (s *Signer) Delegated(t *cert.Tree, d cert.Delegation) []byte {
	return cert.Unverified{Tree: t, Signature: s.Sign(cert.SigningMessage(t.Digest())), Delegation: &d}.Encode()
}

// Node is a tree being written down: a []byte or string is a leaf, a map of Node is a subtree, a *cert.Tree stands for
// itself.
type Node = any

// Tree builds a tree of the children.
func Tree(children map[string]Node) *cert.Tree {
	trees := make(map[string]*cert.Tree, len(children))
	for label, n := range children {
		trees[label] = tree(n)
	}
	return cert.Map(trees)
}

func tree(n Node) *cert.Tree {
	switch n := n.(type) {
	case []byte:
		return cert.Leaf(n)
	case string:
		return cert.Leaf([]byte(n))
	case map[string]Node:
		return Tree(n)
	case *cert.Tree:
		return n
	}
	panic("certtest: a node is a []byte, a string, a map or a tree")
}

// Time returns the leaf of /time for t.
func Time(t time.Time) []byte { return cert.AppendNat(nil, uint64(t.UnixNano())) }
