package localnet

// stableMemory is a canister's stable memory. Pages that were never written take
// no room.
type stableMemory struct {
	size  uint64 // in wasm pages
	pages map[uint64][]byte
	dirty pageSet // written since the last save

	// What the current message changed, to take it back.
	undoSize  uint64
	undoPages map[uint64][]byte // nil for a page that was absent
}

func newStableMemory() *stableMemory {
	return &stableMemory{pages: make(map[uint64][]byte), dirty: make(pageSet), undoPages: make(map[uint64][]byte)}
}

func (s *stableMemory) bytes() uint64 { return s.size * wasmPage }

// inBounds reports whether [off, off+n) is inside, without overflow.
func (s *stableMemory) inBounds(off, n uint64) bool {
	return n <= s.bytes() && off <= s.bytes()-n
}

// grow adds wasm pages and returns the old size, or false beyond the limit.
func (s *stableMemory) grow(add, limit uint64) (uint64, bool) {
	if add > limit || s.size > limit-add {
		return 0, false
	}
	old := s.size
	s.size += add
	return old, true
}

// read fills dst, which inBounds allowed.
func (s *stableMemory) read(dst []byte, off uint64) {
	for len(dst) > 0 {
		page, at := off/pageBytes, off%pageBytes
		n := min(uint64(len(dst)), pageBytes-at)
		if p := s.pages[page]; p != nil {
			copy(dst[:n], p[at:])
		} else {
			clear(dst[:n])
		}
		dst, off = dst[n:], off+n
	}
}

// write stores src, which inBounds allowed.
func (s *stableMemory) write(src []byte, off uint64) {
	for len(src) > 0 {
		page, at := off/pageBytes, off%pageBytes
		n := min(uint64(len(src)), pageBytes-at)
		if p := s.touch(page, src[:n]); p != nil {
			copy(p[at:], src[:n])
		}
		src, off = src[n:], off+n
	}
}

// touch returns a page to write to, remembering what it was. It returns nil if the
// page is absent and only zeroes are to be written.
func (s *stableMemory) touch(page uint64, data []byte) []byte {
	p := s.pages[page]
	if p == nil && isZero(data) {
		return nil
	}
	if _, known := s.undoPages[page]; known {
		return p
	}
	s.undoPages[page] = p
	fresh := make([]byte, pageBytes)
	copy(fresh, p)
	s.pages[page] = fresh
	return fresh
}

// commit makes the changes of the message final.
func (s *stableMemory) commit() {
	for page := range s.undoPages {
		s.dirty.add(page)
	}
	clear(s.undoPages)
	s.undoSize = s.size
}

// rollback takes the changes of the message back.
func (s *stableMemory) rollback() {
	for page, old := range s.undoPages {
		if old == nil {
			delete(s.pages, page)
		} else {
			s.pages[page] = old
		}
	}
	clear(s.undoPages)
	s.size = s.undoSize
}
