package cert

import "bytes"

// Status is the answer to a lookup. The zero value is [Unknown].
type Status uint8

const (
	// Unknown means that the tree does not show whether the path exists: that part was pruned.
	Unknown Status = iota
	// Found means that a value is at the path.
	Found
	// Absent means that the tree proves that nothing is at the path.
	Absent
	// Error means that the path exists but leads to a subtree, not to a value.
	Error
)

// String returns the name of s in lower case.
func (s Status) String() string {
	switch s {
	case Unknown:
		return "unknown"
	case Found:
		return "found"
	case Absent:
		return "absent"
	case Error:
		return "error"
	}
	return "invalid status"
}

// lookup is lookup_path of the specification for well-formed trees.
func (t *Tree) lookup(path Path) ([]byte, Status) {
	t, status := t.descend(path)
	if status != Found {
		return nil, status
	}
	switch t.kind {
	case kindEmpty:
		return nil, Absent
	case kindLeaf:
		return t.value, Found
	case kindPruned:
		return nil, Unknown
	}
	return nil, Error
}

// descend returns the subtree at path.
func (t *Tree) descend(path Path) (*Tree, Status) {
	for _, label := range path {
		child, status := findLabel(label, t.forest(nil))
		if status != Found {
			return nil, status
		}
		t = child
	}
	return t, Found
}

// findLabel is find_label of the specification: a gap is proved only by what stands directly on both sides of it.
func findLabel(label []byte, trees []*Tree) (*Tree, Status) {
	if len(trees) == 0 || len(trees) == 1 && trees[0].kind == kindLeaf {
		return nil, Absent
	}
	leftProved := true // the beginning of the level, or a smaller label right before
	for _, t := range trees {
		if t.kind != kindLabeled {
			leftProved = false
			continue
		}
		switch c := bytes.Compare(label, t.label); {
		case c == 0:
			return t.left, Found
		case c < 0 && leftProved:
			return nil, Absent
		case c < 0:
			return nil, Unknown
		}
		leftProved = true
	}
	if leftProved {
		return nil, Absent
	}
	return nil, Unknown
}

// labels returns the labels at path in order, and whether the tree proves that there are no others.
func (t *Tree) labels(path Path) (labels [][]byte, complete bool) {
	t, status := t.descend(path)
	if status != Found {
		return nil, status == Absent
	}
	complete = true
	for _, c := range t.forest(nil) {
		if c.kind == kindLabeled {
			labels = append(labels, c.label)
		} else if c.kind == kindPruned {
			complete = false
		}
	}
	return labels, complete
}

// illFormed says in which way t breaks the rules that lookups rely on, or returns "".
// Labels strictly increase within a level, and a leaf stands alone.
func (t *Tree) illFormed() string {
	if t.kind == kindLeaf {
		return ""
	}
	var last []byte
	first := true
	for _, c := range t.forest(nil) {
		switch c.kind {
		case kindLeaf:
			return "leaf beside other trees"
		case kindLabeled:
			if !first && bytes.Compare(last, c.label) >= 0 {
				return "labels not strictly increasing"
			}
			first, last = false, c.label
			if why := c.left.illFormed(); why != "" {
				return why
			}
		}
	}
	return ""
}
