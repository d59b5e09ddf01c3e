package wast

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// NodeKind says what a Node is.
type NodeKind uint8

// The kinds of nodes.
const (
	Atom NodeKind = iota + 1
	String
	List
)

// Node is an s-expression. Start and End are offsets in the source.
type Node struct {
	Kind       NodeKind
	Start, End int
	Text       string // the atom, or the decoded bytes of the string
	Children   []Node // of a list
}

// Head is the atom a list starts with, empty if there is none.
func (n Node) Head() string {
	if n.Kind == List && len(n.Children) > 0 && n.Children[0].Kind == Atom {
		return n.Children[0].Text
	}
	return ""
}

// SyntaxError says where a script is malformed.
type SyntaxError struct {
	Offset int // in bytes
	Msg    string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("at offset %d: %s", e.Offset, e.Msg) }

const maxDepth = 1000

// ReadAll reads the s-expressions of a source. The error is a *SyntaxError.
func ReadAll(src string) ([]Node, error) {
	r := reader{src: src}
	var nodes []Node
	for {
		if err := r.space(); err != nil {
			return nil, err
		}
		if r.pos == len(src) {
			return nodes, nil
		}
		n, err := r.node(0)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
}

type reader struct {
	src string
	pos int
}

func (r *reader) fail(at int, format string, args ...any) error {
	return &SyntaxError{Offset: at, Msg: fmt.Sprintf(format, args...)}
}

// space skips blanks and comments.
func (r *reader) space() error {
	for r.pos < len(r.src) {
		rest := r.src[r.pos:]
		switch {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			r.pos++
		case strings.HasPrefix(rest, ";;"):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			r.pos += end
		case strings.HasPrefix(rest, "(;"):
			if err := r.blockComment(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

// blockComment skips a comment, which may hold others.
func (r *reader) blockComment() error {
	start, depth := r.pos, 0
	for r.pos < len(r.src) {
		switch rest := r.src[r.pos:]; {
		case strings.HasPrefix(rest, "(;"):
			depth++
			r.pos += 2
		case strings.HasPrefix(rest, ";)"):
			depth--
			r.pos += 2
		default:
			r.pos++
		}
		if depth == 0 {
			return nil
		}
	}
	return r.fail(start, "comment does not end")
}

func (r *reader) node(depth int) (Node, error) {
	switch c := r.src[r.pos]; {
	case depth > maxDepth:
		return Node{}, r.fail(r.pos, "nested more than %d deep", maxDepth)
	case c == '(':
		return r.list(depth)
	case c == ')':
		return Node{}, r.fail(r.pos, "parenthesis that closes nothing")
	case c == '"':
		return r.str()
	default:
		return r.atom(), nil
	}
}

func (r *reader) list(depth int) (Node, error) {
	n := Node{Kind: List, Start: r.pos}
	r.pos++
	for {
		if err := r.space(); err != nil {
			return n, err
		}
		if r.pos == len(r.src) {
			return n, r.fail(n.Start, "list does not end")
		}
		if r.src[r.pos] == ')' {
			r.pos++
			n.End = r.pos
			return n, nil
		}
		child, err := r.node(depth + 1)
		if err != nil {
			return n, err
		}
		n.Children = append(n.Children, child)
	}
}

// atom reads to the next blank, parenthesis or semicolon. A string inside, as in
// $"a b", is part of the atom.
func (r *reader) atom() Node {
	start, quoted := r.pos, false
	for r.pos < len(r.src) {
		c := r.src[r.pos]
		if c == '"' {
			quoted = !quoted
		} else if !quoted && strings.IndexByte(" \t\r\n();", c) >= 0 {
			break
		}
		r.pos++
	}
	if r.pos == start { // a lone semicolon
		r.pos++
	}
	return Node{Kind: Atom, Start: start, End: r.pos, Text: r.src[start:r.pos]}
}

func (r *reader) str() (Node, error) {
	n := Node{Kind: String, Start: r.pos}
	var b []byte
	for r.pos++; r.pos < len(r.src); {
		switch c := r.src[r.pos]; c {
		case '"':
			r.pos++
			n.End, n.Text = r.pos, string(b)
			return n, nil
		case '\\':
			var err error
			if b, err = r.escape(b); err != nil {
				return n, err
			}
		default:
			b = append(b, c)
			r.pos++
		}
	}
	return n, r.fail(n.Start, "string does not end")
}

// escape appends what the escape sequence at the cursor stands for.
//
// Core specification, "Strings" (text format).
func (r *reader) escape(b []byte) ([]byte, error) {
	rest := r.src[r.pos:]
	if len(rest) < 2 {
		return b, r.fail(r.pos, "escape does not end")
	}
	if i := strings.IndexByte(`tnr"'\`, rest[1]); i >= 0 {
		r.pos += 2
		return append(b, "\t\n\r\"'\\"[i]), nil
	}
	if rest[1] == 'u' {
		return r.unicodeEscape(b)
	}
	if len(rest) < 3 {
		return b, r.fail(r.pos, "escape does not end")
	}
	v, err := strconv.ParseUint(rest[1:3], 16, 8)
	if err != nil {
		return b, r.fail(r.pos, "escape %q", rest[:3])
	}
	r.pos += 3
	return append(b, byte(v)), nil
}

func (r *reader) unicodeEscape(b []byte) ([]byte, error) {
	rest := r.src[r.pos+2:]
	end := strings.IndexByte(rest, '}')
	if !strings.HasPrefix(rest, "{") || end < 0 {
		return b, r.fail(r.pos, "escape without its number")
	}
	v, err := strconv.ParseUint(strings.ReplaceAll(rest[1:end], "_", ""), 16, 32)
	if err != nil || !utf8.ValidRune(rune(v)) {
		return b, r.fail(r.pos, "escape %q", rest[:end+1])
	}
	r.pos += 2 + end + 1
	return utf8.AppendRune(b, rune(v)), nil
}
