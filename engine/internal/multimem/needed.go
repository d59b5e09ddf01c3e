package multimem

import (
	"bytes"

	"github.com/berth-cli/berth/engine/internal/wasmbin"
	"github.com/berth-cli/berth/internal/binread"
)

// Needed reports whether a module imports and declares more than one memory. It
// reads no further than that needs; of bytes that are no module it reports false.
func Needed(wasm []byte) bool {
	if !bytes.HasPrefix(wasm, []byte(wasmbin.Header)) {
		return false
	}
	r := binread.New(wasm[len(wasmbin.Header):], binread.Options{})
	memories := 0
	for r.Err() == nil && r.Len() > 0 {
		id := r.Byte()
		s := r.Sub(r.U32(), "")
		switch id {
		case wasmbin.SecImport:
			memories += importedMemories(s)
		case wasmbin.SecMemory:
			return memories+s.Count(2) > 1
		}
	}
	return memories > 1
}

func importedMemories(s *binread.Reader) int {
	m := module{typeCount: 1<<32 - 1}
	for range s.Count(4) {
		if m.importType(s); s.Err() != nil {
			return 0
		}
	}
	return len(m.memoryTypes)
}
