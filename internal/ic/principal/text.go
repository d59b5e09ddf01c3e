package principal

import (
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
)

// The textual form of a principal:
//
//	em77e-bvlzu-aq
//	└ base32, lower case, no padding, in groups of five, of
//	  ┌─────────────┬───────────┐
//	  │ CRC-32      │ bytes     │
//	  │ 4, big end. │ 0 to 29   │
//	  └─────────────┴───────────┘
const (
	alphabet    = "abcdefghijklmnopqrstuvwxyz234567"
	checksumLen = 4
	groupLen    = 5
	// maxTextLen is 33 bytes in base32, and a dash between two groups.
	maxTextLen = 53 + 10
)

// The causes a [*ParseError] may carry.
var (
	ErrCharacter    = errors.New("character is not one of a-z, 2-7 and -")
	ErrTooShort     = errors.New("too short to hold a checksum")
	ErrChecksum     = errors.New("checksum does not match: mistyped or cut off")
	ErrNotCanonical = errors.New("not in canonical form, which has a dash after every fifth character")
)

// ParseError says why a text is not a principal.
type ParseError struct {
	Text   string // what was parsed
	Offset int    // in bytes, where in Text it goes wrong
	Err    error  // one of this package's errors
}

func (e *ParseError) Error() string {
	cause := "malformed"
	if e.Err != nil {
		cause = e.Err.Error()
	}
	text := e.Text
	if len(text) > maxTextLen+1 {
		text = text[:maxTextLen+1] + "…"
	}
	return fmt.Sprintf("principal %q at character %d: %s", text, e.Offset+1, cause)
}

// Unwrap is the cause.
func (e *ParseError) Unwrap() error { return e.Err }

// Parse reads the textual form of a principal. Upper case letters count as lower
// case; anything else must be exactly what [Principal.String] gives. The error is a
// [*ParseError].
func Parse(text string) (Principal, error) {
	p, offset, err := parse(text)
	if err != nil {
		return Principal{}, &ParseError{Text: text, Offset: offset, Err: err}
	}
	return p, nil
}

// parse also says where in text an error is.
func parse(text string) (Principal, int, error) {
	if len(text) > maxTextLen {
		return Principal{}, maxTextLen, ErrTooLong
	}
	for i := range len(text) {
		if !legal(text[i]) {
			return Principal{}, i, ErrCharacter
		}
	}
	lower := strings.ToLower(text) // ASCII by now, so offsets stay
	raw, err := encoding().DecodeString(strings.ReplaceAll(lower, "-", ""))
	if err != nil || len(raw) < checksumLen {
		return Principal{}, len(text), ErrTooShort
	}
	body := raw[checksumLen:]
	p, err := FromBytes(body)
	if err != nil {
		return Principal{}, maxTextLen, ErrTooLong
	}
	if binary.BigEndian.Uint32(raw) != crc32.ChecksumIEEE(body) {
		return Principal{}, 0, ErrChecksum
	}
	// Base32 has several texts for the same bytes, and so has any placing of
	// dashes. One principal has one name.
	if canonical := p.String(); canonical != lower {
		return Principal{}, commonPrefix(canonical, lower), ErrNotCanonical
	}
	return p, 0, nil
}

func legal(c byte) bool {
	return c == '-' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '2' <= c && c <= '7'
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func encoding() *base32.Encoding {
	return base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)
}

// String is the textual form, such as rwlgt-iiaaa-aaaaa-aaaaa-cai.
func (p Principal) String() string {
	body := p.bytes[:p.len]
	raw := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body))
	flat := encoding().EncodeToString(append(raw, body...))
	var b strings.Builder
	for len(flat) > groupLen {
		b.WriteString(flat[:groupLen] + "-")
		flat = flat[groupLen:]
	}
	b.WriteString(flat)
	return b.String()
}

// MarshalText is [Principal.String], for JSON and the like. The error is always nil.
func (p Principal) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is [Parse] into p, which an error leaves alone.
func (p *Principal) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*p = parsed
	return nil
}
