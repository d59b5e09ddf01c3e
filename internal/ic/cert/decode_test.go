package cert_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/cert"
)

func TestDecodeTreeRefuses(t *testing.T) {
	deep := bytes.Repeat([]byte{0x83, 0x02, 0x40}, 10_000) // labeled in labeled in labeled …
	wide := bytes.Repeat([]byte{0x83, 0x01, 0x81, 0x00}, 10_000)
	tests := []struct {
		name   string
		in     string
		reason cert.Reason
		text   string
	}{
		{"empty input", "", cert.ReasonMalformed, "unexpected end"},
		{"not an array", "a0", cert.ReasonMalformed, "major type 5"},
		{"array without type", "80", cert.ReasonMalformed, "unexpected end"},
		{"unknown type", "8105", cert.ReasonMalformed, "type 5"},
		{"empty with content", "820000", cert.ReasonMalformed, "type 0 with 2 elements"},
		{"fork with one side", "82018100", cert.ReasonMalformed, "type 1 with 2 elements"},
		{"leaf of text", "820361" + "61", cert.ReasonMalformed, "major type 3"},
		{"short hash", "820441ff", cert.ReasonMalformed, "hash of 1 bytes"},
		{"truncated leaf", "82035820aa", cert.ReasonMalformed, "unexpected end"},
		{"leaf of claimed 2^64-1 bytes", "82035bffffffffffffffff", cert.ReasonMalformed, "unexpected end"},
		{"indefinite array", "9f00ff", cert.ReasonMalformed, "indefinite"},
		{"indefinite leaf", "82035f4161ff", cert.ReasonMalformed, "indefinite"},
		{"trailing byte", "810000", cert.ReasonMalformed, "1 bytes after"},
		{"nested 10 000 deep", hexOf(deep), cert.ReasonMalformed, "nested deeper"},
		{"forks 10 000 deep", hexOf(wide), cert.ReasonMalformed, "nested deeper"},
		{"labels out of order", hexOf(cert.Fork(label("b", leaf("")), label("a", leaf(""))).Encode()), cert.ReasonIllFormed, "increasing"},
		{"label twice", hexOf(cert.Fork(label("a", leaf("")), label("a", leaf(""))).Encode()), cert.ReasonIllFormed, "increasing"},
		{"label twice around a void", hexOf(cert.Fork(label("a", leaf("")), cert.Fork(cert.Empty(), label("a", leaf("")))).Encode()), cert.ReasonIllFormed, "increasing"},
		{"leaf beside label", hexOf(cert.Fork(leaf("v"), label("a", leaf(""))).Encode()), cert.ReasonIllFormed, "leaf"},
		{"leaf in a fork alone", hexOf(cert.Fork(leaf("v"), cert.Empty()).Encode()), cert.ReasonIllFormed, "leaf"},
		{"ill-formed below a label", hexOf(label("x", cert.Fork(leaf("v"), leaf("w"))).Encode()), cert.ReasonIllFormed, "leaf"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := cert.DecodeTree(unhex(t, tt.in))
			e, ok := errors.AsType[*cert.CertificateError](err)
			if !ok || e.Reason != tt.reason || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("DecodeTree: %v, want %s with %q", err, tt.reason, tt.text)
			}
		})
	}
}

func TestDecodeTreeBoundsNodes(t *testing.T) {
	b := cert.Empty()
	for range 18 { // a full binary tree of 2^19-1 nodes
		b = cert.Fork(b, b)
	}
	if _, err := cert.DecodeTree(b.Encode()); err == nil || !strings.Contains(err.Error(), "nodes") {
		t.Errorf("DecodeTree of 2^19-1 nodes: %v, want it refused", err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	const tree, sig = "647472656581" + "00", "697369676e617475726541aa"
	tests := []struct{ name, in, text string }{
		{"not a map", "80", "array"},
		{"duplicate key", "a3" + tree + sig + sig, "duplicate"},
		{"indefinite map", "bf" + tree + sig + "ff", "indefinite"},
		{"no tree", "a1" + sig, "no tree"},
		{"no signature", "a1" + tree, "no signature"},
		{"key in other case", "a26454726565" + "8100" + sig, "no tree"},
		{"trailing byte", "a2" + tree + sig + "00", "extraneous"},
		{"invalid text key", "a3" + tree + sig + "61ff00", "UTF-8"},
		{"deep unknown field", "a3" + tree + sig + "6178" + strings.Repeat("81", 10_000) + "00", "nested level"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := cert.Decode(unhex(t, tt.in))
			if err == nil || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("Decode(%s): %v, want an error with %q", tt.in, err, tt.text)
			}
		})
	}
}

func TestDecodeAccepts(t *testing.T) {
	const body = "a2" + "6474726565" + "8100" + "697369676e6174757265" + "41aa"
	for name, in := range map[string]string{
		"without tag":     body,
		"with tag":        "d9d9f7" + body,
		"null delegation": "a3" + body[2:] + "6a64656c65676174696f6e" + "f6",
		"unknown field":   "a3" + body[2:] + "6178" + "01",
	} {
		u, err := cert.Decode(unhex(t, in))
		if err != nil || u.Delegation != nil || u.Tree.Digest() != cert.Empty().Digest() {
			t.Errorf("%s: Decode = %+v, %v", name, u, err)
		}
	}
}

func TestDecodeNat(t *testing.T) {
	tests := []struct {
		in   string
		want uint64
		ok   bool
	}{
		{"00", 0, true}, {"7f", 127, true}, {"8001", 128, true},
		{"80808080808080808001", 1 << 63, true},
		{"ffffffffffffffffff01", 1<<64 - 1, true},
		{"ffffffffffffffffff02", 0, false},
		{"8080808080808080808001", 0, false},
		{"", 0, false}, {"80", 0, false}, {"0000", 0, false},
	}
	for _, tt := range tests {
		got, err := cert.DecodeNat(unhex(t, tt.in))
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("DecodeNat(%s) = %d, %v; want %d, ok %t", tt.in, got, err, tt.want, tt.ok)
		}
		if tt.ok && hexOf(cert.AppendNat(nil, tt.want)) != tt.in {
			t.Errorf("AppendNat(%d) = %x, want %s", tt.want, cert.AppendNat(nil, tt.want), tt.in)
		}
	}
}

func FuzzDecodeTree(f *testing.F) {
	f.Add(exampleTree().Encode())
	f.Add(exampleTree().Prune(cert.NewPath("a", "y"), cert.NewPath("ax")).Encode())
	f.Add([]byte{0x83, 0x01, 0x81, 0x00, 0x82, 0x03, 0x40})
	f.Fuzz(func(t *testing.T, in []byte) {
		tree, err := cert.DecodeTree(in)
		if err != nil {
			return
		}
		again, err := cert.DecodeTree(tree.Encode())
		if err != nil || again.Digest() != tree.Digest() {
			t.Errorf("encoding of a decoded tree does not decode to it: %v", err)
		}
		if p := tree.Prune(cert.NewPath("a", "y")); p.Digest() != tree.Digest() {
			t.Errorf("pruning changed the digest")
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(cert.Unverified{Tree: exampleTree(), Signature: []byte{1}}.Encode())
	f.Add(cert.Unverified{Tree: cert.Empty(), Signature: []byte{}, Delegation: &cert.Delegation{SubnetID: []byte{2}, Certificate: []byte{3}}}.Encode())
	f.Fuzz(func(t *testing.T, in []byte) {
		u, err := cert.Decode(in)
		if err != nil {
			return
		}
		again, err := cert.Decode(u.Encode())
		if err != nil || !bytes.Equal(again.Encode(), u.Encode()) {
			t.Errorf("encoding of a decoded certificate does not decode to it: %v", err)
		}
	})
}
