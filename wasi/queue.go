package wasi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

// maxQueued is the most bytes of one standard stream that wait for its writer.
const maxQueued = 64 << 10

// outQueue passes what a guest prints on to writers that may block: in order,
// nothing lost, on one goroutine that starts with the first byte.
type outQueue struct {
	wake func()

	mu      sync.Mutex
	changed sync.Cond // a segment was added, or the queue closed
	segs    []segment
	started bool
	closed  bool
	done    chan struct{} // closed when the goroutine has ended
	sinks   []*queueSink
}

// segment is bytes for one writer.
type segment struct {
	to *queueSink
	p  []byte
}

func newOutQueue(wake func()) *outQueue {
	q := &outQueue{wake: wake, done: make(chan struct{})}
	q.changed.L = &q.mu
	return q
}

// sink returns a Sink whose bytes end up in w.
func (q *outQueue) sink(name string, w io.Writer) *queueSink {
	s := &queueSink{q: q, name: name, w: w}
	q.sinks = append(q.sinks, s)
	return s
}

// add queues p for s. The caller holds q.mu.
func (q *outQueue) add(s *queueSink, p []byte) {
	if n := len(q.segs); n > 0 && q.segs[n-1].to == s {
		q.segs[n-1].p = append(q.segs[n-1].p, p...)
	} else {
		q.segs = append(q.segs, segment{to: s, p: append([]byte(nil), p...)})
	}
	s.queued += len(p)
	if !q.started {
		q.started = true
		go q.run()
	}
	q.changed.Signal()
}

// run writes segments until the queue is closed and empty.
func (q *outQueue) run() {
	defer close(q.done)
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		for len(q.segs) == 0 {
			if q.closed {
				return
			}
			q.changed.Wait()
		}
		seg := q.segs[0]
		q.segs = q.segs[1:]
		q.deliver(seg)
	}
}

// deliver writes one segment, with q.mu given up meanwhile. After a failure the
// rest of that stream is only counted.
func (q *outQueue) deliver(seg segment) {
	s := seg.to
	if s.err != nil {
		s.lost += len(seg.p)
	} else {
		q.mu.Unlock()
		n, err := s.w.Write(seg.p)
		if err == nil && n < len(seg.p) {
			err = io.ErrShortWrite
		}
		q.mu.Lock()
		if err != nil {
			s.err = err
			s.lost += len(seg.p) - max(n, 0)
		}
	}
	s.queued -= len(seg.p)
	q.wake()
}

// close waits until the queue is empty or ctx is done. The error tells of bytes
// that were not written.
func (q *outQueue) close(ctx context.Context) error {
	q.mu.Lock()
	q.closed = true
	started := q.started
	q.changed.Signal()
	q.mu.Unlock()
	if started {
		select {
		case <-q.done:
		case <-ctx.Done():
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	var errs []error
	for _, s := range q.sinks {
		errs = append(errs, s.result(ctx))
	}
	return errors.Join(errs...)
}

// queueSink is the Sink of a standard stream.
type queueSink struct {
	q    *outQueue
	name string
	w    io.Writer

	queued   int   // bytes waiting, guarded by q.mu like what follows
	flushing bool  // a flush is under way until queued is 0
	err      error // why w failed
	lost     int   // bytes given up after that
}

func (s *queueSink) Room() (int, error) {
	s.q.mu.Lock()
	defer s.q.mu.Unlock()
	return s.room()
}

func (s *queueSink) room() (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.q.closed {
		return 0, ErrStreamClosed
	}
	if s.flushing && s.queued > 0 {
		return 0, nil
	}
	s.flushing = false
	return max(maxQueued-s.queued, 0), nil
}

func (s *queueSink) Write(p []byte) error {
	s.q.mu.Lock()
	defer s.q.mu.Unlock()
	if _, err := s.room(); err != nil || len(p) == 0 {
		return err
	}
	s.q.add(s, p)
	return nil
}

func (s *queueSink) Flush() error {
	s.q.mu.Lock()
	defer s.q.mu.Unlock()
	s.flushing = true
	return nil
}

// Close does nothing: a standard stream lives as long as the Host.
func (s *queueSink) Close() error { return nil }

// result says what became of the bytes. The caller holds q.mu.
func (s *queueSink) result(ctx context.Context) error {
	switch {
	case s.err != nil:
		return fmt.Errorf("write %s: %w (%d bytes lost)", s.name, s.err, s.lost)
	case s.queued > 0:
		return fmt.Errorf("write %s: %w (%d bytes not written yet)", s.name, context.Cause(ctx), s.queued)
	}
	return nil
}

// discard is a Sink that takes everything and keeps nothing.
type discard struct{}

func (discard) Room() (int, error) { return maxChunk, nil }
func (discard) Write([]byte) error { return nil }
func (discard) Flush() error       { return nil }
func (discard) Close() error       { return nil }
