package ingress

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"slices"
)

// HashMap is the representation-independent hash of a map. Values are []byte,
// string, uint64, *big.Int not below zero, []any and map[string]any of the same.
//
// IC interface specification, "Representation-independent hashing of structured
// data".
func HashMap(m map[string]any) ([32]byte, error) {
	pairs := make([][]byte, 0, len(m))
	for k, v := range m {
		hv, err := hashValue(v)
		if err != nil {
			return [32]byte{}, fmt.Errorf("field %q: %w", k, err)
		}
		hk := sha256.Sum256([]byte(k))
		pairs = append(pairs, append(hk[:], hv[:]...))
	}
	slices.SortFunc(pairs, bytes.Compare)
	return sha256.Sum256(bytes.Join(pairs, nil)), nil
}

func hashValue(v any) ([32]byte, error) {
	switch v := v.(type) {
	case []byte:
		return sha256.Sum256(v), nil
	case string:
		return sha256.Sum256([]byte(v)), nil
	case uint64:
		return sha256.Sum256(binary.AppendUvarint(nil, v)), nil
	case *big.Int:
		return hashBig(v)
	case []any:
		return hashArray(v)
	case map[string]any:
		return HashMap(v)
	}
	return [32]byte{}, fmt.Errorf("a value of type %T has no hash", v)
}

func hashArray(a []any) ([32]byte, error) {
	h := sha256.New()
	for i, v := range a {
		hv, err := hashValue(v)
		if err != nil {
			return [32]byte{}, fmt.Errorf("element %d: %w", i, err)
		}
		h.Write(hv[:])
	}
	return [32]byte(h.Sum(nil)), nil
}

// hashBig hashes the shortest unsigned LEB128 form of v.
func hashBig(v *big.Int) ([32]byte, error) {
	if v.Sign() < 0 {
		return [32]byte{}, fmt.Errorf("a number is negative")
	}
	var out []byte
	rest := new(big.Int).Set(v)
	for {
		c := byte(new(big.Int).And(rest, big.NewInt(0x7f)).Uint64())
		rest.Rsh(rest, 7)
		if rest.Sign() == 0 {
			return sha256.Sum256(append(out, c)), nil
		}
		out = append(out, c|0x80)
	}
}
