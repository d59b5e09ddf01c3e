package project

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

const (
	maxManifestBytes = 1 << 20
	maxFlowDepth     = 100
	maxAliasDepth    = 16
)

// document is a parsed manifest: what is needed to say where in it a value is.
type document struct {
	file    string
	anchors map[string]ast.Node
}

// node is a value in a document. A missing value is a node without one.
type node struct {
	doc   *document
	value ast.Node
}

// readYAML parses a file's only document. An empty file is a missing value.
func readYAML(file string) (node, error) {
	doc := &document{file: file, anchors: make(map[string]ast.Node)}
	b, err := readLimited(file)
	if err != nil {
		return node{}, &Error{File: file, Err: err}
	}
	if err := checkFlowDepth(b); err != nil {
		return node{}, &Error{File: file, Err: err}
	}
	parsed, err := parser.ParseBytes(b, 0)
	if err != nil {
		return node{}, &Error{File: file, Err: err}
	}
	if len(parsed.Docs) > 1 && parsed.Docs[1].Body != nil {
		return node{}, &Error{File: file, Err: errors.New("more than one document in the file")}
	}
	n := node{doc: doc}
	if len(parsed.Docs) > 0 && parsed.Docs[0].Body != nil {
		n.value = parsed.Docs[0].Body
		ast.Walk(doc, n.value)
	}
	return n, nil
}

// Visit notes the anchors of the document, for the aliases in it.
func (d *document) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AnchorNode); ok {
		d.anchors[a.Name.String()] = a.Value
	}
	return d
}

func readLimited(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxManifestBytes+1)) //nolint:forbidigo // bounded by the reader
	if err == nil && len(b) > maxManifestBytes {
		err = fmt.Errorf("manifest is larger than %d bytes", maxManifestBytes)
	}
	return b, err
}

// checkFlowDepth bounds the recursion of the parser.
func checkFlowDepth(b []byte) error {
	depth := 0
	for _, c := range b {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(depth-1, 0)
		}
		if depth > maxFlowDepth {
			return fmt.Errorf("brackets nest deeper than %d", maxFlowDepth)
		}
	}
	return nil
}

// errorf makes an error at the node's place.
func (n node) errorf(format string, args ...any) error { return n.wrap(fmt.Errorf(format, args...)) }

func (n node) unsupported(feature string) error {
	return n.wrap(&UnsupportedError{Feature: feature})
}

func (n node) wrap(err error) error {
	e := &Error{File: n.doc.file, Err: err}
	if n.value != nil && n.value.GetToken() != nil && n.value.GetToken().Position != nil {
		e.Line, e.Column = n.value.GetToken().Position.Line, n.value.GetToken().Position.Column
	}
	return e
}

func (n node) missing() bool {
	_, null := n.resolve().(*ast.NullNode)
	return n.value == nil || null
}

// resolve follows anchors, aliases and tags to the value behind them.
func (n node) resolve() ast.Node {
	v := n.value
	for range maxAliasDepth {
		switch w := v.(type) {
		case *ast.AnchorNode:
			v = w.Value
		case *ast.AliasNode:
			v = n.doc.anchors[w.Value.String()]
		case *ast.TagNode:
			v = w.Value
		default:
			return v
		}
	}
	return nil
}

// str is the value as text. A number or a boolean is no text.
func (n node) str() (string, error) {
	switch v := n.resolve().(type) {
	case *ast.StringNode:
		return v.Value, nil
	case *ast.LiteralNode:
		return v.Value.Value, nil
	}
	return "", n.errorf("expected a string, found %s", n.kind())
}

func (n node) integer() (int, error) {
	v, ok := n.resolve().(*ast.IntegerNode)
	if !ok {
		return 0, n.errorf("expected a whole number, found %s", n.kind())
	}
	switch i := v.Value.(type) {
	case int64:
		return int(i), nil
	case uint64:
		return int(min(i, 1<<31)), nil
	}
	return 0, n.errorf("number %s is out of range", v.String())
}

func (n node) isString() bool {
	switch n.resolve().(type) {
	case *ast.StringNode, *ast.LiteralNode:
		return true
	}
	return false
}

// kind names what is there, for messages.
func (n node) kind() string {
	switch n.resolve().(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.StringNode, *ast.LiteralNode:
		return "a string"
	case *ast.IntegerNode, *ast.FloatNode:
		return "a number"
	case *ast.BoolNode:
		return "a boolean"
	case *ast.NullNode, nil:
		return "nothing"
	}
	return "something else"
}

// items are the elements of a list; none if the value is missing.
func (n node) items() ([]node, error) {
	if n.missing() {
		return nil, nil
	}
	seq, ok := n.resolve().(*ast.SequenceNode)
	if !ok {
		return nil, n.errorf("expected a list, found %s", n.kind())
	}
	out := make([]node, len(seq.Values))
	for i, v := range seq.Values {
		out[i] = node{n.doc, v}
	}
	return out, nil
}

func (n node) strings() ([]string, error) {
	items, err := n.items()
	if err != nil {
		return nil, err
	}
	out := make([]string, len(items))
	for i, item := range items {
		if out[i], err = item.str(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// mapping is a mapping's entries by key, in their order.
type mapping struct {
	node
	keys   []string
	keyAt  map[string]node
	values map[string]node
}

// mapping reads the value as a mapping; a missing value is an empty one. A key
// that stands twice is an error.
func (n node) mapping() (mapping, error) {
	m := mapping{node: n, keyAt: make(map[string]node), values: make(map[string]node)}
	if n.missing() {
		return m, nil
	}
	var entries []*ast.MappingValueNode
	switch v := n.resolve().(type) {
	case *ast.MappingNode:
		entries = v.Values
	case *ast.MappingValueNode:
		entries = []*ast.MappingValueNode{v}
	default:
		return m, n.errorf("expected a mapping, found %s", n.kind())
	}
	for _, e := range entries {
		if err := m.add(e); err != nil {
			return m, err
		}
	}
	return m, nil
}

func (m *mapping) add(e *ast.MappingValueNode) error {
	at := node{m.doc, e.Key}
	if _, merge := e.Key.(*ast.MergeKeyNode); merge {
		return at.unsupported("a merge key ('<<')")
	}
	key := e.Key.String()
	if s, err := at.str(); err == nil {
		key = s
	}
	if _, twice := m.values[key]; twice {
		return at.errorf("key '%s' stands twice", key)
	}
	m.keys = append(m.keys, key)
	m.keyAt[key] = at
	m.values[key] = node{m.doc, e.Value}
	return nil
}

// get returns the value of a key, a missing node if there is none.
func (m mapping) get(key string) node {
	if v, ok := m.values[key]; ok {
		return v
	}
	return node{doc: m.doc}
}

func (m mapping) has(key string) bool { _, ok := m.values[key]; return ok }

// only refuses every key that is not known, and every one of later by name as
// not supported yet.
func (m mapping) only(known []string, later ...string) error {
	for _, key := range m.keys {
		if contains(known, key) {
			continue
		}
		if contains(later, key) {
			return m.keyAt[key].unsupported("'" + key + "'")
		}
		if near := nearest(key, append(append([]string{}, known...), later...)); near != "" {
			return m.keyAt[key].errorf("unknown key '%s': did you mean '%s'?", key, near)
		}
		return m.keyAt[key].errorf("unknown key '%s': known are %s", key, strings.Join(known, ", "))
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// nearest returns the one of known that is at most two edits away, and nearest.
func nearest(s string, known []string) string {
	best, bestAt := "", 3
	for _, k := range known {
		if d := editDistance(s, k); d < bestAt && d < len(k) {
			best, bestAt = k, d
		}
	}
	return best
}

func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
