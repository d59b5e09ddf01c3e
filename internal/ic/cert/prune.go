package cert

import (
	"bytes"
	"slices"
)

// Prune returns the tree in which everything that the paths do not need is replaced by its digest; the root digest
// stays. What a path leads to is kept whole. For a path that leads nowhere, the labels beside the gap are kept without
// their content, so that the absence can be proved.
//
// t should itself be unpruned: an absence next to something already pruned cannot be proved and stays unknown.
func (t *Tree) Prune(paths ...Path) *Tree {
	if t.kind == kindEmpty || t.kind == kindLeaf || t.kind == kindPruned {
		if len(paths) == 0 {
			return prunedOf(t)
		}
		return t
	}
	if slices.ContainsFunc(paths, func(p Path) bool { return len(p) == 0 }) {
		return t
	}
	return t.rebuild(t.selectChildren(paths))
}

// wanted says what to keep of one labeled child: the label, or the label and what rest leads to below it.
type wanted struct {
	rest []Path
}

// selectChildren decides which of the labeled trees of this level the non-empty paths need.
func (t *Tree) selectChildren(paths []Path) map[*Tree]*wanted {
	var children []*Tree
	for _, c := range t.forest(nil) {
		if c.kind == kindLabeled {
			children = append(children, c)
		}
	}
	keep := make(map[*Tree]*wanted)
	touch := func(i int) *wanted {
		if i < 0 || i >= len(children) {
			return &wanted{}
		}
		c := children[i]
		if keep[c] == nil {
			keep[c] = &wanted{}
		}
		return keep[c]
	}
	for _, p := range paths {
		i, found := slices.BinarySearchFunc(children, p[0], func(c *Tree, l []byte) int { return bytes.Compare(c.label, l) })
		w := touch(i)
		if found {
			w.rest = append(w.rest, p[1:])
		} else {
			touch(i - 1)
		}
	}
	return keep
}

// rebuild replaces what is not in keep, keeping voids: a void between two labels, once a digest, would hide whether
// something lies between them.
func (t *Tree) rebuild(keep map[*Tree]*wanted) *Tree {
	switch t.kind {
	case kindFork:
		l, r := t.left.rebuild(keep), t.right.rebuild(keep)
		switch {
		case l == t.left && r == t.right:
			return t
		case hidden(l, t.left) && hidden(r, t.right):
			return prunedOf(t)
		}
		return Fork(l, r)
	case kindLabeled:
		w := keep[t]
		if w == nil {
			return prunedOf(t)
		}
		return Labeled(t.label, t.left.Prune(w.rest...))
	}
	return t
}

// hidden reports whether nothing of t is visible in its pruned form p.
func hidden(p, t *Tree) bool { return t.void || p.kind == kindPruned }

// prunedOf hides t unless it is void already.
func prunedOf(t *Tree) *Tree {
	if t.kind == kindPruned {
		return t
	}
	return Pruned(t.digest)
}
