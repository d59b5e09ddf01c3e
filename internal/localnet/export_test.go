package localnet

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/berth-cli/berth/engine"
)

// FixChecksums makes the checksums of the records in a state file right, so that
// fuzzing gets beyond them.
func FixChecksums(b []byte) []byte {
	b = append([]byte(nil), b...)
	for at := len(journalMagic) + 1; at+recordHead <= len(b); {
		n := int(binary.LittleEndian.Uint32(b[at+1:]))
		if n > len(b)-at-recordHead {
			break
		}
		payload := b[at+recordHead:][:n]
		binary.LittleEndian.PutUint32(b[at+5:], crc32.Checksum(b[at:at+5], castagnoli()))
		binary.LittleEndian.PutUint32(b[at+9:], crc32.Checksum(payload, castagnoli()))
		at += recordHead + n
	}
	return b
}

// SystemAPI lists the functions canisters can import.
func SystemAPI() []string { return sortedKeys(newAPI()) }

// Signature is the type of one.
func Signature(name string, memory64 bool) (engine.FuncType, bool) {
	return newAPI().signature(name, memory64)
}
