package candid

import (
	"errors"
	"fmt"
)

// The causes this package's error types may carry.
var (
	ErrMagic     = errors.New("not a Candid message: it does not start with DIDL")
	ErrTruncated = errors.New("unexpected end of the message")
	ErrTrailing  = errors.New("bytes after the last argument")
	ErrTypeTable = errors.New("malformed type")
	ErrValue     = errors.New("malformed value")
	ErrRange     = errors.New("number out of range")
	ErrUTF8      = errors.New("text is not valid UTF-8")
	ErrDuplicate = errors.New("two fields with the same name or hash")
	ErrMissing   = errors.New("missing argument")
	ErrImport    = errors.New("imports are not supported")
)

// DecodeError says where a message cannot be decoded, and why.
type DecodeError struct {
	Offset int64  // in bytes, from the start of the message
	Path   string // to the value, such as "argument 1.Ok.result"; empty before values
	Err    error  // an error of this package: ErrX, *MismatchError, *LimitError
}

func (e *DecodeError) Error() string {
	return fmt.Sprintf("decode %sat byte %d: %v", spaced(e.Path), e.Offset, orMalformed(e.Err))
}

// Unwrap is the cause.
func (e *DecodeError) Unwrap() error { return e.Err }

// EncodeError says which value does not fit its type, and why.
type EncodeError struct {
	Path string // to the value, such as "argument 1.settings"
	Err  error
}

func (e *EncodeError) Error() string {
	return fmt.Sprintf("encode %s: %v", e.Path, orMalformed(e.Err))
}

// Unwrap is the cause.
func (e *EncodeError) Unwrap() error { return e.Err }

// MismatchError says that a value or type is not usable where another type is
// expected. Want is nil if nothing is expected, and Got if nothing is there.
type MismatchError struct {
	Want, Got *Type
	// Label is the tag that Want lacks, or the field that Got lacks; nil if the
	// types differ as such.
	Label *Label
}

func (e *MismatchError) Error() string {
	switch {
	case e.Label == nil:
		return fmt.Sprintf("want %s, got %s", orNothing(e.Want), orNothing(e.Got))
	case e.Want != nil && e.Want.Kind == KindVariant:
		return fmt.Sprintf("unknown tag %s, want %s", e.Label, e.Want)
	default:
		return fmt.Sprintf("no field %s, which is not optional", e.Label)
	}
}

// LimitError says that a message needs more than its [Quota] allows.
type LimitError struct {
	Limit string // the field of Quota
	Max   int    // its value
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("more than Quota.%s allows: %d", e.Limit, e.Max)
}

// SyntaxError says where a text is not well-formed, and why.
type SyntaxError struct {
	Line, Column int // from 1; the column counts characters
	Err          error
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %v", e.Line, e.Column, orMalformed(e.Err))
}

// Unwrap is the cause.
func (e *SyntaxError) Unwrap() error { return e.Err }

func spaced(s string) string {
	if s == "" {
		return ""
	}
	return s + " "
}

func orMalformed(err error) error {
	if err == nil {
		return errors.New("malformed")
	}
	return err
}

func orNothing(t *Type) string {
	if t == nil {
		return "nothing"
	}
	return t.String()
}

func asLimit(err error) (*LimitError, bool) { return errors.AsType[*LimitError](err) }
