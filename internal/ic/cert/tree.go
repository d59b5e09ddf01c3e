package cert

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
)

// Digest is the SHA-256 root hash of a tree.
type Digest [sha256.Size]byte

// String returns d in hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// kind numbers the five constructors as the wire does.
type kind uint8

const (
	kindEmpty kind = iota
	kindFork
	kindLabeled
	kindLeaf
	kindPruned
)

// Tree is an immutable hash tree that nobody has vouched for: it has a digest, an encoding and can be pruned, but it
// cannot be asked for values (see [Certificate]). Make one with [Empty], [Leaf], [Labeled], [Fork], [Map], [Pruned]
// or [DecodeTree]; the zero value is not a tree.
type Tree struct {
	kind        kind
	void        bool // flattens to nothing: Empty, or a fork of voids
	left, right *Tree
	label       []byte
	value       []byte
	digest      Digest
}

// Empty returns the tree without content.
func Empty() *Tree {
	return &Tree{kind: kindEmpty, void: true, digest: hashOf("ic-hashtree-empty")}
}

// Leaf returns a tree holding value, which it keeps: the caller must not change it afterwards.
func Leaf(value []byte) *Tree {
	return &Tree{kind: kindLeaf, value: value, digest: hashOf("ic-hashtree-leaf", value)}
}

// Labeled returns t under label, which it keeps: the caller must not change it afterwards.
func Labeled(label []byte, t *Tree) *Tree {
	return &Tree{kind: kindLabeled, label: label, left: t, digest: hashOf("ic-hashtree-labeled", label, t.digest[:])}
}

// Fork returns the tree of which left and right are the halves. Labels of left must come before those of right
// for the result to be well-formed; [Map] takes care of that.
func Fork(left, right *Tree) *Tree {
	return &Tree{
		kind: kindFork, left: left, right: right, void: left.void && right.void,
		digest: hashOf("ic-hashtree-fork", left.digest[:], right.digest[:]),
	}
}

// Pruned returns the tree of which only the digest is known.
func Pruned(d Digest) *Tree { return &Tree{kind: kindPruned, digest: d} }

// Map returns a balanced, well-formed tree with the given children; the keys are raw label bytes.
// An empty map gives [Empty].
func Map(children map[string]*Tree) *Tree {
	return balanced(slices.Sorted(maps.Keys(children)), children)
}

func balanced(labels []string, children map[string]*Tree) *Tree {
	switch len(labels) {
	case 0:
		return Empty()
	case 1:
		return Labeled([]byte(labels[0]), children[labels[0]])
	}
	half := len(labels) / 2
	return Fork(balanced(labels[:half], children), balanced(labels[half:], children))
}

// Digest returns the root hash, computed when the tree was made.
func (t *Tree) Digest() Digest { return t.digest }

// hashOf is SHA-256 over the domain separator (its length in one byte, then the text) and the parts.
func hashOf(domain string, parts ...[]byte) (d Digest) {
	h := sha256.New()
	h.Write([]byte{byte(len(domain))})
	h.Write([]byte(domain))
	for _, p := range parts {
		h.Write(p)
	}
	h.Sum(d[:0])
	return d
}

// Path is a sequence of labels from the root.
type Path [][]byte

// NewPath makes a path of labels given as raw bytes in strings, so that text and ids mix:
// NewPath("subnet", string(id), "public_key").
func NewPath(labels ...string) Path {
	p := make(Path, len(labels))
	for i, l := range labels {
		p[i] = []byte(l)
	}
	return p
}

// forest appends the flattened forks of t to out: everything at this level that is not a fork or void.
func (t *Tree) forest(out []*Tree) []*Tree {
	switch t.kind {
	case kindEmpty:
		return out
	case kindFork:
		return t.right.forest(t.left.forest(out))
	}
	return append(out, t)
}
