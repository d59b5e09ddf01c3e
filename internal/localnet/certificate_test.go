package localnet_test

import (
	"bytes"
	"crypto/sha256"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/fxamacker/cbor/v2"
)

// flatTree is what treeDigest finds out about a tree.
type flatTree struct {
	digest [32]byte
	labels [][]byte // on top, in order
	pruned int      // subtrees left out, at any depth
}

// readTree computes the digest of a tree in CBOR with no code but this, and checks
// that labels increase.
//
// IC interface specification, "Certificate".
func readTree(t *testing.T, v any) flatTree {
	t.Helper()
	part, _ := v.([]any)
	if len(part) == 0 {
		t.Fatalf("a tree is %v", v)
	}
	blob := func(i int) []byte { b, _ := part[i].([]byte); return b }
	domain := func(name string, parts ...[]byte) [32]byte {
		text := "ic-hashtree-" + name
		return sha256.Sum256(append(append([]byte{byte(len(text))}, text...), bytes.Join(parts, nil)...))
	}
	switch part[0] {
	case uint64(0):
		return flatTree{digest: domain("empty")}
	case uint64(1):
		l, r := readTree(t, part[1]), readTree(t, part[2])
		labels := slices.Concat(l.labels, r.labels)
		for i := 1; i < len(labels); i++ {
			if bytes.Compare(labels[i-1], labels[i]) >= 0 {
				t.Errorf("label %q is not before %q", labels[i-1], labels[i])
			}
		}
		return flatTree{domain("fork", l.digest[:], r.digest[:]), labels, l.pruned + r.pruned}
	case uint64(2):
		below := readTree(t, part[2])
		return flatTree{domain("labeled", blob(1), below.digest[:]), [][]byte{blob(1)}, below.pruned}
	case uint64(3):
		return flatTree{digest: domain("leaf", blob(1))}
	case uint64(4):
		return flatTree{digest: [32]byte(blob(1)), pruned: 1}
	}
	t.Fatalf("a tree begins with %v", part[0])
	return flatTree{}
}

// Row N11: whatever of the state a certificate shows, it shows the time, is well
// formed and of one root, and decides every path that was asked for.
func TestCertificatesAreOfOneRoot(t *testing.T) {
	n := open(t)
	wasm := append(bytes.Clone(universalWasm(t)), customSection("icp:public shown", "p")...)
	c := n.install(t, alice(t), wasm, nil)
	n.universal(t)
	pool := [][][]byte{
		path("time"), path("subnet"), path("subnet", n.SubnetID().Bytes()), path("subnet", n.SubnetID().Bytes(), "node"),
		path("subnet", n.SubnetID().Bytes(), "public_key"), path("api_boundary_nodes"),
		path("canister", c.Bytes(), "module_hash"), path("canister", c.Bytes(), "controllers"),
		path("canister", c.Bytes(), "metadata", "shown"), path("canister", c.Bytes(), "metadata", "absent"),
	}
	requests := [][][]byte{path("request_status", make([]byte, 32)), path("request_status", bytes.Repeat([]byte{0xff}, 32))}
	for range 20 {
		req := n.callContent(alice(t), c, "update", replyWith("x"))
		id := requestID(t, req)
		n.post(t, "/api/v4/canister/"+c.String()+"/call", encodeCBOR(t, envelope(t, alice(t), req)))
		requests = append(requests, path("request_status", id[:]), path("request_status", id[:], "reply"))
	}
	rng := rand.New(rand.NewPCG(1, 11))
	var root [32]byte
	for i := range 100 {
		paths := [][][]byte{requests[rng.IntN(len(requests))]}
		for _, p := range pool {
			if rng.IntN(3) == 0 {
				paths = append(paths, p)
			}
		}
		raw, _ := n.tryReadState(t, alice(t), "/api/v3/canister/"+c.String(), paths...).fields(t)["certificate"].([]byte)
		var parts struct {
			Tree any `cbor:"tree"`
		}
		if err := cbor.Unmarshal(raw, &parts); err != nil {
			t.Fatal(err)
		}
		tree := readTree(t, parts.Tree)
		if i == 0 {
			root = tree.digest
		}
		if tree.digest != root || tree.pruned == 0 {
			t.Fatalf("%q: root %x with %d subtrees left out, want root %x and some", paths, tree.digest, tree.pruned, root)
		}
		verified := n.verify(t, raw, c)
		if _, status := verified.Lookup(cert.NewPath("time")); status != cert.Found {
			t.Errorf("%q: time is %v", paths, status)
		}
		for _, p := range paths {
			if _, status := verified.Lookup(p); status == cert.Unknown {
				t.Errorf("%q: the certificate says nothing of %q", paths, p)
			}
		}
	}
}
