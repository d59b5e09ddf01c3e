package wazero

import (
	"encoding/binary"
	"errors"
	"io"
	"path/filepath"

	"github.com/berth-cli/berth/engine/cache"
)

// A module's entry in the authenticated cache is
//
//	4 bytes  length of the skeleton, little endian
//	4 bytes  length of the name
//	skeleton, see rewrite.Module.Skeleton
//	name     of wazero's file of the rewritten skeleton
//	code     wazero's file of the rewritten module
//
// entryHead is what comes before the code.
type entryHead struct {
	skeleton []byte
	name     string
}

const entryLengths = 8

// bytes returns the head as it is kept.
func (h entryHead) bytes() []byte {
	out := make([]byte, 0, entryLengths+len(h.skeleton)+len(h.name))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(h.skeleton)))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(h.name)))
	return append(append(out, h.skeleton...), h.name...)
}

var errEntry = errors.New("entry of another form")

// readHead reads the head of an entry, and leaves the code to be read.
func readHead(e *cache.Entry) (entryHead, error) {
	lengths := make([]byte, entryLengths)
	if _, err := io.ReadFull(e, lengths); err != nil {
		return entryHead{}, err
	}
	skeleton := int64(binary.LittleEndian.Uint32(lengths))
	name := int64(binary.LittleEndian.Uint32(lengths[4:]))
	if skeleton+name > e.Len() {
		return entryHead{}, errEntry
	}
	head := make([]byte, skeleton+name)
	if _, err := io.ReadFull(e, head); err != nil {
		return entryHead{}, err
	}
	h := entryHead{skeleton: head[:skeleton], name: string(head[skeleton:])}
	if h.name == "" || h.name != filepath.Base(h.name) {
		return entryHead{}, errEntry
	}
	return h, nil
}
