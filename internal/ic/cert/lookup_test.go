package cert_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/cert"
)

func path(s string) cert.Path {
	if s == "" {
		return nil
	}
	return cert.NewPath(strings.Split(s, "/")...)
}

func TestLookupExampleOfTheSpecification(t *testing.T) {
	pruned := exampleTree().Prune(path("a/y"), path("ax"), path("d"))
	tests := []struct {
		path  string
		want  cert.Status
		value string
	}{
		{"a/a", cert.Unknown, ""},
		{"a/y", cert.Found, "world"},
		{"aa", cert.Absent, ""},
		{"ax", cert.Absent, ""},
		{"b", cert.Unknown, ""},
		{"bb", cert.Unknown, ""},
		{"d", cert.Found, "morning"},
		{"e", cert.Absent, ""},
	}
	for _, tt := range tests {
		v, got := cert.LookupUnverified(pruned, path(tt.path))
		if got != tt.want || string(v) != tt.value {
			t.Errorf("lookup(%s) = %q, %v; want %q, %v", tt.path, v, got, tt.value, tt.want)
		}
	}
}

func TestLookupRules(t *testing.T) {
	hidden := cert.Pruned(leaf("").Digest())
	tests := []struct {
		name string
		tree *cert.Tree
		path string
		want cert.Status
	}{
		{"empty tree", cert.Empty(), "", cert.Absent},
		{"below an empty tree", cert.Empty(), "a", cert.Absent},
		{"pruned tree", hidden, "", cert.Unknown},
		{"below a pruned tree", hidden, "a", cert.Unknown},
		{"label instead of a value", label("a", leaf("v")), "", cert.Error},
		{"fork instead of a value", exampleTree(), "a", cert.Error},
		{"below a leaf", leaf("v"), "a", cert.Absent},
		{"pruned on the left", cert.Fork(hidden, label("c", leaf("v"))), "a", cert.Unknown},
		{"pruned on the left, to the right", cert.Fork(hidden, label("c", leaf("v"))), "d", cert.Absent},
		{"pruned on the right", cert.Fork(label("c", leaf("v")), hidden), "d", cert.Unknown},
		{"pruned on the right, to the left", cert.Fork(label("c", leaf("v")), hidden), "a", cert.Absent},
		{"void between labels", cert.Fork(label("a", leaf("v")), cert.Fork(cert.Empty(), label("c", leaf("v")))), "b", cert.Absent},
		{"pruned between labels", cert.Fork(label("a", leaf("v")), cert.Fork(hidden, label("c", leaf("v")))), "b", cert.Unknown},
	}
	for _, tt := range tests {
		if _, got := cert.LookupUnverified(tt.tree, path(tt.path)); got != tt.want {
			t.Errorf("%s: lookup(%q) = %v, want %v", tt.name, tt.path, got, tt.want)
		}
	}
}

func TestLabels(t *testing.T) {
	tests := []struct {
		name     string
		tree     *cert.Tree
		path     string
		want     string
		complete bool
	}{
		{"top", exampleTree(), "", "a b c d", true},
		{"below", exampleTree(), "a", "x y", true},
		{"of an absent path", exampleTree(), "q", "", true},
		{"of a leaf", exampleTree(), "b", "", true},
		{"with a pruned part", exampleTree().Prune(path("a/y")), "a", "y", false},
		{"of a pruned path", exampleTree().Prune(path("d")), "b", "", false},
	}
	for _, tt := range tests {
		labels, complete := cert.LabelsUnverified(tt.tree, path(tt.path))
		var got []string
		for _, l := range labels {
			got = append(got, string(l))
		}
		if strings.Join(got, " ") != tt.want || complete != tt.complete {
			t.Errorf("%s: labels(%q) = %q, %t; want %q, %t", tt.name, tt.path, got, complete, tt.want, tt.complete)
		}
	}
}

// Pruning keeps the digest, answers the paths asked for as the whole tree does, and never contradicts it elsewhere:
// where both know, they agree.
func TestPruneNeverContradicts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		full := randomTree(rng, 3)
		kept := []cert.Path{randomPath(rng), randomPath(rng)}
		pruned := full.Prune(kept...)
		if pruned.Digest() != full.Digest() {
			t.Fatalf("Prune changed the digest of %x", full.Encode())
		}
		if _, err := cert.DecodeTree(pruned.Encode()); err != nil {
			t.Fatalf("pruned tree: %v", err)
		}
		for i := range 40 {
			p := randomPath(rng)
			if i < len(kept) {
				p = kept[i]
			}
			wantValue, want := cert.LookupUnverified(full, p)
			value, got := cert.LookupUnverified(pruned, p)
			known := got != cert.Unknown || i < len(kept)
			if known && (got != want || string(value) != string(wantValue)) {
				t.Fatalf("lookup(%q) = %v in the pruned tree, %v in the whole one\nwhole %x\npruned %x", p, got, want, full.Encode(), pruned.Encode())
			}
		}
	}
}

func randomTree(rng *rand.Rand, depth int) *cert.Tree {
	if depth == 0 || rng.IntN(5) == 0 {
		return leaf(fmt.Sprint(rng.IntN(100)))
	}
	children := make(map[string]*cert.Tree)
	for range rng.IntN(5) {
		children[string(rune('a'+rng.IntN(6)))] = randomTree(rng, depth-1)
	}
	t := cert.Map(children)
	if rng.IntN(2) == 0 { // voids are allowed anywhere among labels
		t = cert.Fork(cert.Empty(), cert.Fork(t, cert.Empty()))
	}
	return t
}

func randomPath(rng *rand.Rand) cert.Path {
	p := make([]string, 1+rng.IntN(3))
	for i := range p {
		p[i] = string(rune('a' + rng.IntN(7)))
	}
	return cert.NewPath(p...)
}
