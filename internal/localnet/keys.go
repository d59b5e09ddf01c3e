package localnet

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"math/big"

	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/principal"
	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// seedBytes is the length of the secret all keys of a network come from.
const seedBytes = 32

// blsSuite is the domain separation tag of the Internet Computer's signatures.
const blsSuite = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"

// keys are the root key, which is also the only subnet's, and the only node's.
type keys struct {
	seed    [seedBytes]byte
	secret  *big.Int // of the root key
	rootDER []byte
	subnet  principal.Principal
	nodeKey ed25519.PrivateKey
	nodeDER []byte
	node    principal.Principal
}

// newSeed returns a random seed, or the one a caller wants.
func newSeed(want []byte) (seed [seedBytes]byte, err error) {
	if want == nil {
		_, err = rand.Read(seed[:])
		return seed, err
	}
	return sha256.Sum256(want), nil
}

// derive returns 32 bytes that depend on the seed and a purpose.
func derive(seed [seedBytes]byte, purpose string) []byte {
	h := hmac.New(sha256.New, seed[:])
	h.Write([]byte(purpose))
	return h.Sum(nil)
}

func newKeys(seed [seedBytes]byte) (*keys, error) {
	k := &keys{seed: seed}
	wide := append(derive(seed, "root key 0"), derive(seed, "root key 1")...)
	k.secret = new(big.Int).Mod(new(big.Int).SetBytes(wide), fr.Modulus())
	if k.secret.Sign() == 0 {
		return nil, fmt.Errorf("the seed gives no key")
	}
	_, _, _, g2 := bls.Generators()
	var pub bls.G2Affine
	pub.ScalarMultiplication(&g2, k.secret)
	k.rootDER = cert.EncodePublicKey(pub.Bytes())
	k.subnet = principal.SelfAuthenticating(k.rootDER)
	k.nodeKey = ed25519.NewKeyFromSeed(derive(seed, "node key"))
	k.nodeDER = append([]byte("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"), k.nodeKey.Public().(ed25519.PublicKey)...)
	k.node = principal.SelfAuthenticating(k.nodeDER)
	return k, nil
}

// sign signs with the root key.
//
// draft-irtf-cfrg-bls-signature-04, "CoreSign", signatures in G1.
func (k *keys) sign(message []byte) ([]byte, error) {
	p, err := bls.HashToG1(message, []byte(blsSuite))
	if err != nil {
		return nil, fmt.Errorf("hash to curve: %w", err)
	}
	p.ScalarMultiplication(&p, k.secret)
	sig := p.Bytes()
	return sig[:], nil
}

// certificate signs a tree and encodes what paths need of it.
func (k *keys) certificate(t *cert.Tree, paths []cert.Path) ([]byte, error) {
	sig, err := k.sign(cert.SigningMessage(t.Digest()))
	if err != nil {
		return nil, err
	}
	return cert.Unverified{Tree: t.Prune(paths...), Signature: sig}.Encode(), nil
}
