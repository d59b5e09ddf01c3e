package agent

import (
	"crypto/sha256"
	"time"
)

// Map builds a map to hash from keys and values in turn.
func Map(pairs ...any) fields {
	var m fields
	for i := 0; i < len(pairs); i += 2 {
		m = append(m, field{pairs[i].(string), pairs[i+1]})
	}
	return m
}

// Hash is the representation-independent hash of m.
func Hash(m fields) [sha256.Size]byte { return m.hash() }

// Expiry is the expiry of a request made now.
func Expiry(now time.Time, window time.Duration) uint64 { return expiry(now, window) }

// Decode reads an answer.
func Decode(b []byte, v any) error { return decode(b, v) }

// DecodeQuery reads an answer to a query and returns the first timestamp and reject code in it.
func DecodeQuery(b []byte) (timestamp, rejectCode uint64, err error) {
	var u unverifiedQuery
	if err := decode(b, &u); err != nil {
		return 0, 0, err
	}
	if len(u.Signatures) > 0 {
		timestamp = u.Signatures[0].Timestamp
	}
	if u.RejectCode != nil {
		rejectCode = *u.RejectCode
	}
	return timestamp, rejectCode, nil
}

// SystemCanisters returns the listed ids.
func SystemCanisters() (ids []string) {
	for _, c := range systemCanisters() {
		ids = append(ids, c.id)
	}
	return ids
}
