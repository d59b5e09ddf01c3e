package agent

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/berth-cli/berth/internal/ic/cert"
)

// RequestID names a request: the hash of its content.
type RequestID [sha256.Size]byte

// String returns the id in hexadecimal, as the network's tools show it.
func (id RequestID) String() string { return hex.EncodeToString(id[:]) }

// field is one entry of a map that is hashed or sent. Absent optional fields have no entry.
type field struct {
	key   string
	value any // []byte, string, uint64, []any of these, or fields
}

// fields is a map in any order.
type fields []field

// hash is the representation-independent hash of a map: the hashes of keys and values in pairs, sorted, hashed.
//
// IC interface specification, "Request ids".
func (m fields) hash() [sha256.Size]byte {
	pairs := make([][]byte, 0, len(m))
	for _, f := range m {
		k, v := sha256.Sum256([]byte(f.key)), hashValue(f.value)
		pairs = append(pairs, append(k[:], v[:]...))
	}
	slices.SortFunc(pairs, bytes.Compare)
	return sha256.Sum256(bytes.Join(pairs, nil))
}

// hashValue hashes one value: bytes and text as they are, numbers in LEB128, arrays as the hash of their elements'
// hashes, maps as maps.
func hashValue(v any) [sha256.Size]byte {
	switch v := v.(type) {
	case []byte:
		return sha256.Sum256(v)
	case string:
		return sha256.Sum256([]byte(v))
	case uint64:
		return sha256.Sum256(cert.AppendNat(nil, v))
	case fields:
		return v.hash()
	case []any:
		h := sha256.New()
		for _, e := range v {
			d := hashValue(e)
			h.Write(d[:])
		}
		return [sha256.Size]byte(h.Sum(nil))
	}
	panic("agent: a value that no request contains") // unreachable: only this package builds fields
}

// plain is the map in the form that the CBOR encoder takes.
func (m fields) plain() map[string]any {
	out := make(map[string]any, len(m))
	for _, f := range m {
		if sub, ok := f.value.(fields); ok {
			out[f.key] = sub.plain()
		} else {
			out[f.key] = f.value
		}
	}
	return out
}
