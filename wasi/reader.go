package wasi

import (
	"io"
	"sync"
)

// readerSource makes a Source of a reader that may block. It reads ahead only
// once the guest has asked, one chunk at a time.
type readerSource struct {
	host *Host
	r    io.Reader

	mu      sync.Mutex
	buf     []byte // read and not yet taken
	err     error  // what r ended with
	reading bool   // a Read of r is under way
	closed  bool
}

// NewReaderSource returns the Source of what r delivers. r is read on a goroutine
// of its own, at most 64 KiB ahead and not before the guest asks; it is never
// read again after the Source is closed.
func (h *Host) NewReaderSource(r io.Reader) Source { return &readerSource{host: h, r: r} }

func (s *readerSource) Read(n int) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.demand()
	if len(s.buf) == 0 {
		return nil, s.err
	}
	n = min(n, len(s.buf))
	b := s.buf[:n:n]
	s.buf = s.buf[n:]
	return b, nil
}

func (s *readerSource) Ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.demand()
	return len(s.buf) > 0 || s.err != nil
}

// demand starts a read if there is nothing to hand out. The caller holds s.mu.
func (s *readerSource) demand() {
	if len(s.buf) > 0 || s.err != nil || s.reading {
		return
	}
	if s.closed {
		s.err = io.EOF
		return
	}
	s.reading = true
	go s.fill()
}

// fill does one read and tells the guest of it.
func (s *readerSource) fill() {
	buf := make([]byte, maxChunk)
	n, err := s.r.Read(buf)
	s.mu.Lock()
	s.buf, s.err, s.reading = buf[:n:n], err, false
	s.mu.Unlock()
	s.host.Wake()
}

func (s *readerSource) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// emptySource is a Source at its end.
type emptySource struct{}

func (emptySource) Read(int) ([]byte, error) { return nil, io.EOF }
func (emptySource) Ready() bool              { return true }
func (emptySource) Close() error             { return nil }
