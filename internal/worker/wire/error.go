package wire

import (
	"encoding/json"
	"errors"
	"strings"
)

// Error is an error as data: a tree of what Unwrap shows.
type Error struct {
	Kind   string          `json:",omitempty"` // of kinds; "" for one known by its text alone
	Fields json.RawMessage `json:",omitempty"` // the exported fields, but for the causes
	Text   string          `json:",omitempty"` // where there is no kind: what precedes the text of the cause
	Whole  bool            `json:",omitempty"` // the text ends without that of the cause
	Causes []*Error        `json:",omitempty"`
}

// ErrStopped is, in a worker, the cause of a run that was cancelled from outside.
var ErrStopped = errors.New("stopped")

// ErrTree is the error of data that is no error, or too deep or large a one.
var ErrTree = errors.New("error is malformed")

// The bounds of a tree.
const (
	maxDepth = 16
	maxNodes = 128
)

// EncodeError makes an error data; nil for nil.
func EncodeError(err error) *Error {
	nodes := maxNodes / 2
	return encode(err, maxDepth-1, &nodes)
}

func encode(err error, depth int, nodes *int) *Error {
	if err == nil {
		return nil
	}
	*nodes--
	e, causes := encodeKind(err)
	if e == nil {
		causes = unwrap(err)
	}
	if depth == 0 || *nodes <= len(causes) {
		return &Error{Text: err.Error(), Whole: true}
	}
	if e == nil {
		e = plain(err, causes)
	}
	for _, cause := range causes {
		e.Causes = append(e.Causes, encode(cause, depth-1, nodes))
	}
	return e
}

// plain is an error known by its text alone.
func plain(err error, causes []error) *Error {
	text := err.Error()
	if len(causes) == 1 {
		if head, ok := strings.CutSuffix(text, causes[0].Error()); ok {
			return &Error{Text: head}
		}
	}
	return &Error{Text: text, Whole: true}
}

func unwrap(err error) []error {
	switch e := err.(type) { //nolint:errorlint // this error, not one inside it
	case interface{ Unwrap() error }:
		if cause := e.Unwrap(); cause != nil {
			return []error{cause}
		}
	case interface{ Unwrap() []error }:
		return e.Unwrap()
	}
	return nil
}

// Decode makes data the error it was made from, nil for nil. stopped stands where
// ErrStopped did; if it is nil, nothing was stopped, and a text does. bad is ErrTree.
func (e *Error) Decode(stopped error) (err, bad error) {
	nodes := maxNodes
	return e.decode(stopped, maxDepth, &nodes)
}

func (e *Error) decode(stopped error, depth int, nodes *int) (err, bad error) {
	if e == nil {
		return nil, nil
	}
	*nodes--
	if depth == 0 || *nodes < 0 {
		return nil, ErrTree
	}
	causes := make([]error, 0, len(e.Causes))
	for _, c := range e.Causes {
		cause, bad := c.decode(stopped, depth-1, nodes)
		if bad != nil || cause == nil {
			return nil, ErrTree
		}
		causes = append(causes, cause)
	}
	if e.Kind == "" {
		return e.text(causes)
	}
	return decodeKind(e, causes, stopped)
}

func (e *Error) text(causes []error) (err, bad error) {
	if e.Whole {
		return &textError{text: e.Text, causes: causes}, nil
	}
	if len(causes) != 1 {
		return nil, ErrTree
	}
	return &textError{text: e.Text + causes[0].Error(), causes: causes}, nil
}

// textError is an error of a type that has no kind.
type textError struct {
	text   string
	causes []error
}

func (e *textError) Error() string   { return e.text }
func (e *textError) Unwrap() []error { return e.causes }
