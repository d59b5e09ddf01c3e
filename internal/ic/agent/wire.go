package agent

import (
	"bytes"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// maxNesting bounds the nesting of an answer; certificates inside one are byte strings and have their own bound.
const maxNesting = 256

// decode reads an answer in CBOR: definite lengths, no duplicate keys, exact names, nothing after it. The
// self-describing tag may be missing, and big numbers may be bignums.
func decode(b []byte, v any) error {
	mode, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		MaxNestedLevels:   maxNesting,
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
	}.DecMode()
	if err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	if err := mode.Unmarshal(bytes.TrimPrefix(b, []byte(selfDescribed)), v); err != nil {
		return fmt.Errorf("%w: decode answer: %w", ErrProtocol, err)
	}
	return nil
}

// unverifiedCall is the answer to a call. Despite its name the status "replied" says only that a certificate is there.
type unverifiedCall struct {
	Status        string  `cbor:"status"`
	Certificate   []byte  `cbor:"certificate"`
	RejectCode    *uint64 `cbor:"reject_code"`
	RejectMessage string  `cbor:"reject_message"`
	ErrorCode     *string `cbor:"error_code"`
}

// unverifiedState is the answer to a read of the state.
type unverifiedState struct {
	Certificate []byte `cbor:"certificate"`
}

// unverifiedQuery is the answer to a query.
type unverifiedQuery struct {
	Status string `cbor:"status"`
	Reply  *struct {
		Arg []byte `cbor:"arg"`
	} `cbor:"reply"`
	RejectCode    *uint64         `cbor:"reject_code"`
	RejectMessage *string         `cbor:"reject_message"`
	ErrorCode     *string         `cbor:"error_code"`
	Signatures    []nodeSignature `cbor:"signatures"`
}

type nodeSignature struct {
	Timestamp uint64 `cbor:"timestamp"`
	Signature []byte `cbor:"signature"`
	Identity  []byte `cbor:"identity"`
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
