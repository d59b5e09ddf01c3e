package wasi

import (
	"context"
	"errors"
	"io"

	"github.com/berth-cli/berth/component"
)

// ErrStreamClosed is the error of a stream that is at its end or that failed
// before. A Sink returns it once it takes no more.
var ErrStreamClosed = errors.New("stream is closed")

// streamError is the failure of an operation on a stream, which is closed from
// then on.
type streamError struct{ Err error }

func (e *streamError) Error() string {
	if e.Err == nil {
		return "stream operation failed"
	}
	return "stream operation failed: " + e.Err.Error()
}

// Unwrap returns e.Err.
func (e *streamError) Unwrap() error { return e.Err }

const (
	// maxChunk is the most bytes one operation on a stream moves, whatever length
	// the guest asks for.
	maxChunk = 64 << 10
	// maxBlockingWrite is the most bytes of a write that flushes: the number
	// comes from wasi:io.
	maxBlockingWrite = 4096
)

// Source is where an input-stream's bytes come from. Its methods are called on
// the guest's goroutine and never wait.
type Source interface {
	// Read returns at most n bytes that are there now, n being positive. No bytes
	// and no error mean that there are none yet; io.EOF, that there are no more.
	// The bytes are valid until the guest's next call.
	Read(n int) ([]byte, error)
	// Ready says whether Read would return bytes or an error.
	Ready() bool
	// Close is called when the guest gives the stream up.
	Close() error
}

// Sink is where an output-stream's bytes go to. Its methods are called on the
// guest's goroutine and never wait.
type Sink interface {
	// Room returns how many bytes Write may be given now: 0 while it is full and
	// while a flush is under way. The error is why the last write failed, or
	// ErrStreamClosed.
	Room() (int, error)
	// Write takes p, which is at most as long as Room said and stays the
	// caller's.
	Write(p []byte) error
	// Flush begins to pass on what was written; Room returns 0 until it is done.
	Flush() error
	// Close is called when the guest gives the stream up. What was written is
	// still passed on.
	Close() error
}

// InputStream is a wasi:io input-stream: a resource for a guest, which alone reads
// from it.
type InputStream struct {
	host *Host
	src  Source
	err  error // ErrStreamClosed once the stream has ended
}

// NewInputStream returns the stream that reads src. The error ends the guest:
// Limits.MaxResources is reached.
func (h *Host) NewInputStream(src Source) (*InputStream, error) {
	if err := h.take(); err != nil {
		return nil, err
	}
	return &InputStream{host: h, src: src}, nil
}

// read returns at most n bytes, and fewer, even none, if no more are there now.
// They are valid until the guest's next call. The error is ErrStreamClosed or a
// *streamError.
func (s *InputStream) read(n uint64) ([]byte, error) {
	if s.err != nil {
		return nil, s.err
	}
	if n == 0 {
		return nil, nil
	}
	b, err := s.src.Read(toInt(n, maxChunk))
	if len(b) > 0 || err == nil {
		return b, nil
	}
	s.err = ErrStreamClosed
	if errors.Is(err, io.EOF) {
		return nil, ErrStreamClosed
	}
	return nil, &streamError{Err: err}
}

// blockingRead is read that waits until there is something to return.
func (s *InputStream) blockingRead(ctx context.Context, n uint64) ([]byte, error) {
	for {
		b, err := s.read(n)
		if len(b) > 0 || err != nil || n == 0 {
			return b, err
		}
		if err := s.host.block(ctx, s.ready); err != nil {
			return nil, err
		}
	}
}

// skip is read that returns only how many bytes it read.
func (s *InputStream) skip(n uint64) (uint64, error) {
	b, err := s.read(n)
	return uint64(len(b)), err
}

// blockingSkip is blockingRead that returns only how many bytes it read.
func (s *InputStream) blockingSkip(ctx context.Context, n uint64) (uint64, error) {
	b, err := s.blockingRead(ctx, n)
	return uint64(len(b)), err
}

// subscribe returns a pollable that is ready when read would return something.
func (s *InputStream) subscribe() (*Pollable, error) { return s.host.NewPollable(s.ready) }

func (s *InputStream) ready() bool { return s.err != nil || s.src.Ready() }

// close gives the stream up.
func (s *InputStream) close() error {
	s.host.release()
	s.err = ErrStreamClosed
	return s.src.Close()
}

// OutputStream is a wasi:io output-stream: a resource for a guest, which alone
// writes to it.
type OutputStream struct {
	host   *Host
	sink   Sink
	permit int   // bytes the guest may still write without asking
	err    error // ErrStreamClosed once the stream has ended
}

// NewOutputStream returns the stream that writes to sink. The error ends the
// guest: Limits.MaxResources is reached.
func (h *Host) NewOutputStream(sink Sink) (*OutputStream, error) {
	if err := h.take(); err != nil {
		return nil, err
	}
	return &OutputStream{host: h, sink: sink}, nil
}

// checkWrite returns how many bytes the guest may write now, and permits it.
// The error is ErrStreamClosed or a *streamError.
func (s *OutputStream) checkWrite() (uint64, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.sink.Room()
	if err != nil {
		return 0, s.fail(err)
	}
	s.permit = min(n, maxChunk)
	return uint64(s.permit), nil
}

// fail closes the stream. A trap ends the guest, too.
func (s *OutputStream) fail(err error) error {
	s.err, s.permit = ErrStreamClosed, 0
	if _, ok := errors.AsType[*component.Trap](err); ok {
		return err
	}
	if errors.Is(err, ErrStreamClosed) {
		return ErrStreamClosed
	}
	return &streamError{Err: err}
}

// write writes p. A guest that writes more than checkWrite permitted is ended.
func (s *OutputStream) write(p []byte) error {
	if len(p) > s.permit && s.err == nil {
		return misuse("write of %d bytes to a stream where check-write permits %d", len(p), s.permit)
	}
	return s.put(p)
}

func (s *OutputStream) put(p []byte) error {
	if s.err != nil {
		return s.err
	}
	if err := s.sink.Write(p); err != nil {
		return s.fail(err)
	}
	s.permit -= len(p)
	return nil
}

// writeZeroes is write of n zeroes.
func (s *OutputStream) writeZeroes(n uint64) error {
	if n > uint64(s.permit) && s.err == nil {
		return misuse("write of %d zeroes to a stream where check-write permits %d", n, s.permit)
	}
	if s.err != nil {
		return s.err
	}
	return s.put(make([]byte, n))
}

// flush begins to pass on what was written. checkWrite permits nothing until that
// is done.
func (s *OutputStream) flush() error {
	if s.err != nil {
		return s.err
	}
	s.permit = 0
	if err := s.sink.Flush(); err != nil {
		return s.fail(err)
	}
	return nil
}

// blockingFlush is flush that waits until it is done.
func (s *OutputStream) blockingFlush(ctx context.Context) error {
	if err := s.flush(); err != nil {
		return err
	}
	_, err := s.blockingCheck(ctx)
	return err
}

// blockingCheck waits until the guest may write.
func (s *OutputStream) blockingCheck(ctx context.Context) (int, error) {
	for {
		n, err := s.checkWrite()
		if n > 0 || err != nil {
			return int(n), err
		}
		if err := s.host.block(ctx, s.ready); err != nil {
			return 0, err
		}
	}
}

// blockingWriteAndFlush writes all of p, waiting as often as it takes, and
// flushes. A guest that hands over more than 4,096 bytes is ended.
func (s *OutputStream) blockingWriteAndFlush(ctx context.Context, p []byte) error {
	if len(p) > maxBlockingWrite {
		return misuse("blocking write of %d bytes, the most is %d", len(p), maxBlockingWrite)
	}
	for len(p) > 0 {
		n, err := s.blockingCheck(ctx)
		if err != nil {
			return err
		}
		n = min(n, len(p))
		if err := s.put(p[:n]); err != nil {
			return err
		}
		p = p[n:]
	}
	return s.blockingFlush(ctx)
}

// blockingWriteZeroesAndFlush is blockingWriteAndFlush of n zeroes.
func (s *OutputStream) blockingWriteZeroesAndFlush(ctx context.Context, n uint64) error {
	if n > maxBlockingWrite {
		return misuse("blocking write of %d zeroes, the most is %d", n, maxBlockingWrite)
	}
	return s.blockingWriteAndFlush(ctx, make([]byte, n))
}

// splice moves at most n bytes from src to s, as many as can be read and written
// now, and returns how many.
func (s *OutputStream) splice(src *InputStream, n uint64) (uint64, error) {
	room, err := s.checkWrite()
	if err != nil {
		return 0, err
	}
	b, err := src.read(min(n, room))
	if err != nil {
		return 0, err
	}
	return uint64(len(b)), s.put(b)
}

// blockingSplice is splice that first waits until s can be written to and src
// read from.
func (s *OutputStream) blockingSplice(ctx context.Context, src *InputStream, n uint64) (uint64, error) {
	if _, err := s.blockingCheck(ctx); err != nil {
		return 0, err
	}
	if err := s.host.block(ctx, src.ready); err != nil {
		return 0, err
	}
	return s.splice(src, n)
}

// subscribe returns a pollable that is ready when checkWrite would permit
// something or fail.
func (s *OutputStream) subscribe() (*Pollable, error) { return s.host.NewPollable(s.ready) }

func (s *OutputStream) ready() bool {
	if s.err != nil {
		return true
	}
	n, err := s.sink.Room()
	return n > 0 || err != nil
}

// close gives the stream up. What was written is still passed on.
func (s *OutputStream) close() error {
	s.host.release()
	s.err = ErrStreamClosed
	return s.sink.Close()
}
