//go:build !((linux || darwin) && (amd64 || arm64))

package wazero

// region is the space of one memory: a Go slice.
type region struct{}

func (r *region) reserve(uint64) {}

// resize returns old with size bytes, the further ones zero. It may move.
func (r *region) resize(old []byte, size uint64) []byte { return growSlice(old, size) }

func (r *region) release() {}
