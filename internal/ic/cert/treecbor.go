package cert

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Limits on a decoded tree. Real trees stay far below both: a level of a million canisters is 20 forks deep.
const (
	// MaxDepth is the deepest nesting of trees.
	MaxDepth = 1024
	// MaxNodes is the largest number of nodes.
	MaxNodes = 1 << 18
)

// Major types of CBOR that trees are made of.
const (
	majorUint  = 0
	majorBytes = 2
	majorArray = 4
)

// Encode returns the CBOR form of t, without the self-describing tag.
func (t *Tree) Encode() []byte { return t.appendTo(nil) }

func (t *Tree) appendTo(b []byte) []byte {
	switch t.kind {
	case kindEmpty:
		return append(b, 0x81, 0)
	case kindFork:
		return t.right.appendTo(t.left.appendTo(append(b, 0x83, 1)))
	case kindLabeled:
		return t.left.appendTo(appendBytes(append(b, 0x83, 2), t.label))
	case kindLeaf:
		return appendBytes(append(b, 0x82, 3), t.value)
	}
	return appendBytes(append(b, 0x82, 4), t.digest[:])
}

func appendBytes(b, s []byte) []byte { return append(appendHead(b, majorBytes, uint64(len(s))), s...) }

// appendHead appends the shortest head of the given major type and argument.
func appendHead(b []byte, major byte, n uint64) []byte {
	m := major << 5
	switch {
	case n < 24:
		return append(b, m|byte(n))
	case n < 1<<8:
		return append(b, m|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, m|25), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(b, m|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, m|27), n)
}

// DecodeTree reads a tree from CBOR, with or without the self-describing tag. Labels and leaves alias b.
// The tree is well-formed: labels of a level strictly increase, and a leaf has no neighbours.
// The error is a *[CertificateError] with [ReasonMalformed] or [ReasonIllFormed].
func DecodeTree(b []byte) (*Tree, error) {
	b = bytes.TrimPrefix(b, []byte(selfDescribed))
	r := treeReader{buf: b}
	t, err := r.tree(0)
	if err == nil && r.off != len(b) {
		err = fmt.Errorf("%d bytes after the tree", len(b)-r.off)
	}
	if err != nil {
		return nil, &CertificateError{Reason: ReasonMalformed, Detail: fmt.Sprintf("tree at byte %d", r.off), Err: err}
	}
	if why := t.illFormed(); why != "" {
		return nil, &CertificateError{Reason: ReasonIllFormed, Detail: why}
	}
	return t, nil
}

// treeReader reads definite-length CBOR. It is our own because a general decoder validates every nested item again,
// which is quadratic in the depth of the tree.
type treeReader struct {
	buf   []byte
	off   int
	nodes int
}

var (
	errTruncated  = errors.New("unexpected end")
	errIndefinite = errors.New("indefinite length or reserved head")
	errDepth      = fmt.Errorf("nested deeper than %d", MaxDepth)
	errNodes      = fmt.Errorf("more than %d nodes", MaxNodes)
)

func (r *treeReader) tree(depth int) (*Tree, error) {
	if depth > MaxDepth {
		return nil, errDepth
	}
	if r.nodes++; r.nodes > MaxNodes {
		return nil, errNodes
	}
	size, err := r.expect(majorArray)
	if err != nil {
		return nil, err
	}
	tag, err := r.expect(majorUint)
	if err != nil {
		return nil, err
	}
	switch {
	case tag == uint64(kindEmpty) && size == 1:
		return Empty(), nil
	case tag == uint64(kindFork) && size == 3:
		return r.fork(depth)
	case tag == uint64(kindLabeled) && size == 3:
		return r.labeled(depth)
	case tag == uint64(kindLeaf) && size == 2:
		v, err := r.bytes()
		if err != nil {
			return nil, err
		}
		return Leaf(v), nil
	case tag == uint64(kindPruned) && size == 2:
		return r.pruned()
	}
	return nil, fmt.Errorf("node of type %d with %d elements", tag, size)
}

func (r *treeReader) fork(depth int) (*Tree, error) {
	left, err := r.tree(depth + 1)
	if err != nil {
		return nil, err
	}
	right, err := r.tree(depth + 1)
	if err != nil {
		return nil, err
	}
	return Fork(left, right), nil
}

func (r *treeReader) labeled(depth int) (*Tree, error) {
	label, err := r.bytes()
	if err != nil {
		return nil, err
	}
	t, err := r.tree(depth + 1)
	if err != nil {
		return nil, err
	}
	return Labeled(label, t), nil
}

func (r *treeReader) pruned() (*Tree, error) {
	b, err := r.bytes()
	if err != nil {
		return nil, err
	}
	if len(b) != len(Digest{}) {
		return nil, fmt.Errorf("pruned node with a hash of %d bytes", len(b))
	}
	return Pruned(Digest(b)), nil
}

func (r *treeReader) bytes() ([]byte, error) {
	n, err := r.expect(majorBytes)
	if err != nil {
		return nil, err
	}
	if n > uint64(len(r.buf)-r.off) {
		return nil, errTruncated
	}
	b := r.buf[r.off : r.off+int(n) : r.off+int(n)]
	r.off += int(n)
	return b, nil
}

func (r *treeReader) expect(major byte) (uint64, error) {
	m, n, err := r.head()
	if err != nil {
		return 0, err
	}
	if m != major {
		return 0, fmt.Errorf("major type %d where %d belongs", m, major)
	}
	return n, nil
}

// head reads a major type and its argument.
func (r *treeReader) head() (major byte, n uint64, err error) {
	if r.off >= len(r.buf) {
		return 0, 0, errTruncated
	}
	first := r.buf[r.off]
	info := first & 31
	if info < 24 {
		r.off++
		return first >> 5, uint64(info), nil
	}
	if info > 27 {
		return 0, 0, errIndefinite
	}
	size := 1 << (info - 24)
	if len(r.buf)-r.off < 1+size {
		return 0, 0, errTruncated
	}
	for _, b := range r.buf[r.off+1 : r.off+1+size] {
		n = n<<8 | uint64(b)
	}
	r.off += 1 + size
	return first >> 5, n, nil
}
