package wazero

// growSlice returns old with size bytes, the further ones zero. It grows its
// capacity by a quarter at least, so that growing page by page does not copy a
// memory each time.
func growSlice(old []byte, size uint64) []byte {
	if size > maxSlice {
		return nil
	}
	if old != nil && size <= uint64(cap(old)) {
		return old[:size]
	}
	grown := make([]byte, size, min(max(size, uint64(len(old))/4*5), maxSlice))
	copy(grown, old)
	return grown
}

// maxSlice is the most bytes a memory kept in a Go slice may have: 4 GiB, or 1 GiB
// on 32-bit systems.
const maxSlice = uint64(1) << (30 + 2*(^uint(0)>>63))
