package wasi_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/berth-cli/berth/wasi"
)

// missingFile fails as a file does that is gone.
type missingFile struct{}

func (missingFile) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: "/home/secret", Err: fs.ErrNotExist}
}

// gate is a writer that waits before each Write.
type gate struct {
	open chan struct{} // one value lets one Write pass, closing it all
	mu   sync.Mutex
	buf  bytes.Buffer
}

func newGate() *gate { return &gate{open: make(chan struct{})} }

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.buf.Write(p)
}

func (g *gate) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.buf.String()
}

func stdout(t testing.TB, h *wasi.Host) *wasi.OutputStream {
	t.Helper()
	s, err := h.Stdout()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A writer that does not take anything makes the guest wait, with no more than
// 64 KiB in memory, and nothing is lost.
func TestSlowWriterHoldsTheGuest(t *testing.T) {
	g := newGate()
	h, err := wasi.New(wasi.Config{Stdout: g})
	if err != nil {
		t.Fatal(err)
	}
	s := stdout(t, h)
	var sent strings.Builder
	for {
		n, err := s.CheckWrite()
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
		part := strings.Repeat("x", int(min(n, 1000)))
		if err := s.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
		sent.WriteString(part)
	}
	if sent.Len() != 64<<10 {
		t.Errorf("the queue took %d bytes, want %d", sent.Len(), 64<<10)
	}
	p, err := s.Subscribe()
	if err != nil {
		t.Fatal(err)
	}
	if p.Ready() {
		t.Error("a full stream is ready")
	}
	close(g.open)
	if err := p.Block(t.Context()); err != nil {
		t.Errorf("Block: %v", err)
	}
	if err := h.Close(t.Context()); err != nil {
		t.Errorf("Close: %v", err)
	}
	if got := g.String(); got != sent.String() {
		t.Errorf("%d bytes were written, want %d", len(got), sent.Len())
	}
}

// A flush is done when the writer has everything.
func TestFlushWaits(t *testing.T) {
	g := newGate()
	h := newHost(t, wasi.Config{Stdout: g})
	s := stdout(t, h)
	if _, err := s.CheckWrite(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Write([]byte("text")), s.Flush()); err != nil {
		t.Fatal(err)
	}
	if n, err := s.CheckWrite(); n != 0 || err != nil {
		t.Errorf("CheckWrite during a flush = %d, %v, want 0", n, err)
	}
	close(g.open)
	if err := s.BlockingFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := g.String(); got != "text" {
		t.Errorf("written after the flush: %q, want %q", got, "text")
	}
	if n, err := s.CheckWrite(); n != 64<<10 || err != nil {
		t.Errorf("CheckWrite after a flush = %d, %v, want all", n, err)
	}
}

// countWriter counts bytes and checks that they come in order.
type countWriter struct {
	n     int
	wrong bool
}

func (w *countWriter) Write(p []byte) (int, error) {
	for _, c := range p {
		w.wrong = w.wrong || c != byte(w.n%251)
		w.n++
	}
	return len(p), nil
}

func TestMuchOutput(t *testing.T) {
	const total = 100 << 20
	var w countWriter
	h, err := wasi.New(wasi.Config{Stdout: &w})
	if err != nil {
		t.Fatal(err)
	}
	s := stdout(t, h)
	line := make([]byte, 251*16) // 4,016 bytes
	for i := range line {
		line[i] = byte(i % 251)
	}
	sent := 0
	for sent < total {
		if err := s.BlockingWriteAndFlush(t.Context(), line); err != nil {
			t.Fatal(err)
		}
		sent += len(line)
	}
	if err := h.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.n != sent || w.wrong {
		t.Errorf("%d bytes arrived, in order %v, want %d", w.n, !w.wrong, sent)
	}
}

// Both streams may have one writer, which need not be safe for concurrent use, and
// sees what was printed in the order it was printed.
func TestOrderBetweenStreams(t *testing.T) {
	var buf bytes.Buffer
	h, err := wasi.New(wasi.Config{Stdout: &buf, Stderr: &buf})
	if err != nil {
		t.Fatal(err)
	}
	out := stdout(t, h)
	errs, err := h.Stderr()
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for i := range 2000 {
		s, text := out, "out "
		if i%3 == 0 {
			s, text = errs, "err "
		}
		for {
			n, err := s.CheckWrite()
			if err != nil {
				t.Fatal(err)
			}
			if n >= uint64(len(text)) {
				break
			}
		}
		if err := s.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		want.WriteString(text)
	}
	if err := h.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if buf.String() != want.String() {
		t.Errorf("order of output differs from that of printing")
	}
}

// failAfter fails once it has taken n bytes.
type failAfter struct {
	n   int
	err error
}

func (w *failAfter) Write(p []byte) (int, error) {
	if len(p) > w.n {
		return w.n, w.err
	}
	w.n -= len(p)
	return len(p), nil
}

func TestFailingWriter(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		name string
		w    io.Writer
		want error
	}{
		{"error", &failAfter{n: 3, err: broken}, broken},
		{"short write", &failAfter{n: 3}, io.ErrShortWrite},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var other bytes.Buffer
			h, err := wasi.New(wasi.Config{Stdout: tt.w, Stderr: &other})
			if err != nil {
				t.Fatal(err)
			}
			s := stdout(t, h)
			err = s.BlockingWriteAndFlush(t.Context(), []byte("12345"))
			if failure, ok := errors.AsType[*wasi.StreamError](err); !ok || !errors.Is(failure, tt.want) {
				t.Errorf("write = %v, want a StreamError of %v", err, tt.want)
			}
			e, err := h.Stderr()
			if err != nil {
				t.Fatal(err)
			}
			if err := e.BlockingWriteAndFlush(t.Context(), []byte("still works")); err != nil {
				t.Errorf("write to the other stream: %v", err)
			}
			err = h.Close(t.Context())
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), "2 bytes lost") {
				t.Errorf("Close = %v, want %v and 2 bytes lost", err, tt.want)
			}
			if other.String() != "still works" {
				t.Errorf("other stream got %q", other.String())
			}
		})
	}
}

// A writer that never returns does not hold Close beyond its context.
func TestCloseEndsWithContext(t *testing.T) {
	g := newGate()
	h, err := wasi.New(wasi.Config{Stdout: g})
	if err != nil {
		t.Fatal(err)
	}
	s := stdout(t, h)
	if _, err := s.CheckWrite(); err != nil {
		t.Fatal(err)
	}
	if err := s.Write([]byte("text")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = h.Close(ctx)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "4 bytes not written") {
		t.Errorf("Close = %v, want %v and 4 bytes", err, context.Canceled)
	}
	close(g.open)
}

func TestWriteAfterClose(t *testing.T) {
	h, err := wasi.New(wasi.Config{Stdout: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	s := stdout(t, h)
	if err := h.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CheckWrite(); !errors.Is(err, wasi.ErrStreamClosed) {
		t.Errorf("CheckWrite after Close: %v, want %v", err, wasi.ErrStreamClosed)
	}
}

// Time spent waiting for the writer is reported as such, other time is not.
func TestWaitingIsReported(t *testing.T) {
	var waits atomic.Int32
	g := newGate()
	close(g.open)
	h := newHost(t, wasi.Config{Stdout: g, Waiting: func(wait func()) { waits.Add(1); wait() }})
	s := stdout(t, h)
	if _, err := s.CheckWrite(); err != nil {
		t.Fatal(err)
	}
	if err := s.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if n := waits.Load(); n != 0 {
		t.Errorf("%d waits before any, want 0", n)
	}
	p, err := h.SubscribeDuration(1000)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Block(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Block(t.Context()); err != nil { // is ready by now
		t.Fatal(err)
	}
	if n := waits.Load(); n > 1 {
		t.Errorf("%d waits for one, want at most 1", n)
	}
}

func BenchmarkPrintLine(b *testing.B) {
	h := newHost(b, wasi.Config{Stdout: io.Discard})
	s := stdout(b, h)
	line := []byte(strings.Repeat("x", 79) + "\n")
	for b.Loop() {
		if err := s.BlockingWriteAndFlush(b.Context(), line); err != nil {
			b.Fatal(err)
		}
	}
}
