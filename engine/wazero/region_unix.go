//go:build (linux || darwin) && (amd64 || arm64)

package wazero

import "syscall"

// region is address space for one memory: reserved whole and made accessible as the
// memory grows, so that growing copies nothing and untouched pages cost nothing. If
// the system gives none, it is a Go slice.
type region struct{ space []byte }

// reserve reserves size bytes of address space.
func (r *region) reserve(size uint64) {
	if size == 0 || size > 1<<32 {
		return
	}
	flags := syscall.MAP_ANON | syscall.MAP_PRIVATE | mapNoReserve
	if space, err := syscall.Mmap(-1, 0, int(size), syscall.PROT_NONE, flags); err == nil {
		r.space = space
	}
}

// resize returns old with size bytes, the further ones zero, or nil if there is no
// memory for it. It may move.
func (r *region) resize(old []byte, size uint64) []byte {
	if r.space == nil {
		return growSlice(old, size)
	}
	if size > uint64(len(r.space)) {
		return nil
	}
	if size == 0 {
		return r.space[:0]
	}
	if syscall.Mprotect(r.space[:size], syscall.PROT_READ|syscall.PROT_WRITE) != nil {
		return nil
	}
	return r.space[:size:size]
}

func (r *region) release() {
	if r.space != nil {
		_ = syscall.Munmap(r.space)
		r.space = nil
	}
}
