package identity

import (
	"errors"
	"fmt"

	"github.com/berth-cli/berth/internal/ic/principal"
)

var (
	// ErrAnonymous means that the anonymous identity was asked to sign.
	ErrAnonymous = errors.New("the anonymous identity cannot sign")
	// ErrBadSecret means that a secret is not one of its scheme.
	ErrBadSecret = errors.New("not a valid private key")
	// ErrPublicKey means that bytes are not a public key of a known scheme.
	ErrPublicKey = errors.New("not a public key")
	// ErrSignature means that a signature does not belong to the key and the message.
	ErrSignature = errors.New("signature does not verify")
	// ErrVersion means that a file of the store was written by a newer icp-cli.
	ErrVersion = errors.New("modified by an incompatible new version of icp-cli")
)

// UnsupportedError reports an identity of a kind that exists but cannot be used here yet.
type UnsupportedError struct {
	Kind   string // what it is, for example "keyring identity"
	Advice string // what to do instead
}

// Error names the kind and what to do.
func (e *UnsupportedError) Error() string {
	s := e.Kind + " not supported yet"
	if e.Kind == "" {
		s = "kind of identity not supported yet"
	}
	if e.Advice != "" {
		s += ": " + e.Advice
	}
	return s
}

// KeyError reports a private key that cannot be read. It never shows key material.
type KeyError struct {
	Block  string // type of the PEM block, "" if there is none
	Detail string // what is wrong
}

// Error says what is wrong and in which block.
func (e *KeyError) Error() string {
	if e.Block == "" {
		return "read private key: " + e.Detail
	}
	return fmt.Sprintf("read private key: PEM block %q: %s", e.Block, e.Detail)
}

// CurveError reports that two places name different curves, or that a curve cannot be used.
type CurveError struct {
	Declared string // the curve declared around the key
	Actual   string // the curve of the key, "" if only the declared one is known
}

// Error names the curves.
func (e *CurveError) Error() string {
	if e.Actual == "" {
		return fmt.Sprintf("curve %s not supported: use %s, %s or %s", e.Declared, Ed25519, Secp256k1, P256)
	}
	return fmt.Sprintf("curves differ: declared %s, key is on %s", e.Declared, e.Actual)
}

// NotFoundError reports that the store has no identity of that name.
type NotFoundError struct {
	Name string
}

// Error names the identity.
func (e *NotFoundError) Error() string { return fmt.Sprintf("no identity found with name %q", e.Name) }

// LoadError reports an identity or a file of the store that cannot be read.
type LoadError struct {
	Name string // the identity, "" for a file that concerns all
	Path string // the file
	Err  error  // the cause
}

// Error says which identity, which file and why.
func (e *LoadError) Error() string {
	s := "read identities"
	if e.Name != "" {
		s = fmt.Sprintf("load identity %q", e.Name)
	}
	if e.Path != "" {
		s += fmt.Sprintf(" from %s", e.Path)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *LoadError) Unwrap() error { return e.Err }

// MismatchError reports a key file that holds another key than the store says.
type MismatchError struct {
	Recorded principal.Principal // what the list of identities says
	Actual   principal.Principal // what the key gives
}

// Error names both principals.
func (e *MismatchError) Error() string {
	return fmt.Sprintf("key is of %s, but the list of identities says %s", e.Actual, e.Recorded)
}
