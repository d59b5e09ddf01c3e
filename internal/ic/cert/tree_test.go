package cert_test

import (
	"encoding/hex"
	"testing"

	"github.com/berth-cli/berth/internal/ic/cert"
)

// The example of "Certification" in the specification: the tree, its digest, the form pruned to /a/y, /ax and /d.
const (
	exampleHex       = "8301830183024161830183018302417882034568656c6c6f810083024179820345776f726c6483024162820344676f6f648301830241638100830241648203476d6f726e696e67"
	exampleDigest    = "eb5c5b2195e62d996b84c9bcc8259d19a83786a2f59e0878cec84c811f669aa0"
	examplePrunedHex = "83018301830241618301820458201b4feff9bef8131788b0c9dc6dbad6e81e524249c879e9f10f71ce3749f5a63883024179820345776f726c6483024162820458207b32ac0c6ba8ce35ac82c255fc7906f7fc130dab2a090f80fe12f9c2cae83ba6830182045820ec8324b8a1f1ac16bd2e806edba78006479c9877fed4eb464a25485465af601d830241648203476d6f726e696e67"
)

func label(l string, t *cert.Tree) *cert.Tree { return cert.Labeled([]byte(l), t) }
func leaf(v string) *cert.Tree                { return cert.Leaf([]byte(v)) }

func exampleTree() *cert.Tree {
	return cert.Fork(
		cert.Fork(
			label("a", cert.Fork(cert.Fork(label("x", leaf("hello")), cert.Empty()), label("y", leaf("world")))),
			label("b", leaf("good")),
		),
		cert.Fork(label("c", cert.Empty()), label("d", leaf("morning"))),
	)
}

func TestExampleOfTheSpecification(t *testing.T) {
	tree := exampleTree()
	if got := tree.Digest().String(); got != exampleDigest {
		t.Errorf("Digest() = %s, want %s", got, exampleDigest)
	}
	if got := hex.EncodeToString(tree.Encode()); got != exampleHex {
		t.Errorf("Encode() = %s, want %s", got, exampleHex)
	}
	pruned := tree.Prune(cert.NewPath("a", "y"), cert.NewPath("ax"), cert.NewPath("d"))
	if got := hex.EncodeToString(pruned.Encode()); got != examplePrunedHex {
		t.Errorf("Prune().Encode() = %s, want %s", got, examplePrunedHex)
	}
	if got := pruned.Digest().String(); got != exampleDigest {
		t.Errorf("Prune().Digest() = %s, want %s", got, exampleDigest)
	}
}

func TestDecodeTreeRoundTrip(t *testing.T) {
	for _, in := range []string{exampleHex, examplePrunedHex, "8100", "820340", "8302408100"} {
		b := unhex(t, in)
		for _, raw := range [][]byte{b, append([]byte{0xd9, 0xd9, 0xf7}, b...)} {
			tree, err := cert.DecodeTree(raw)
			if err != nil {
				t.Errorf("DecodeTree(%x): %v", raw, err)
				continue
			}
			if got := hex.EncodeToString(tree.Encode()); got != in {
				t.Errorf("DecodeTree(%x).Encode() = %s, want %s", raw, got, in)
			}
		}
	}
}

func TestMapIsWellFormedAndOrdered(t *testing.T) {
	children := map[string]*cert.Tree{"z": leaf("1"), "": leaf("2"), "ab": leaf("3"), "a": leaf("4"), "\xff": leaf("5")}
	if _, err := cert.DecodeTree(cert.Map(children).Encode()); err != nil {
		t.Errorf("DecodeTree(Map(…)): %v", err)
	}
	if got, want := cert.Map(nil).Digest(), cert.Empty().Digest(); got != want {
		t.Errorf("Map(nil) has digest %s, want that of Empty %s", got, want)
	}
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatalf("bad hex in test: %v", err)
	}
	return b
}
