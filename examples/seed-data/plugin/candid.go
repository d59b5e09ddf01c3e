//go:build wasip1

package main

import (
	"encoding/base32"
	"encoding/binary"
	"strings"
)

// principalArg is the Candid of (principal "…"). The text comes from the host, so
// its checksum is not checked again.
func principalArg(text string) []byte {
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).
		DecodeString(strings.ToUpper(strings.ReplaceAll(text, "-", "")))
	if err != nil || len(raw) < 4 {
		panic("the host sent an identity that is no principal: " + text)
	}
	return appendSized([]byte("DIDL\x00\x01\x68\x01"), raw[4:])
}

// textsArg is the Candid of ("…", "…").
func textsArg(a, b string) []byte {
	out := appendSized([]byte("DIDL\x00\x02\x71\x71"), []byte(a))
	return appendSized(out, []byte(b))
}

func appendSized(out, data []byte) []byte {
	out = binary.AppendUvarint(out, uint64(len(data)))
	return append(out, data...)
}
