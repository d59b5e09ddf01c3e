package wasi_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/wasi"
)

// fakeSink is a Sink that does as it is told.
type fakeSink struct {
	room     []int // what Room answers in turn, the last for ever
	written  bytes.Buffer
	flushes  int
	closed   bool
	writeErr error
	roomErr  error
}

func (s *fakeSink) Room() (int, error) {
	n := s.room[0]
	if len(s.room) > 1 {
		s.room = s.room[1:]
	}
	return n, s.roomErr
}

func (s *fakeSink) Write(p []byte) error {
	if s.writeErr != nil {
		return s.writeErr
	}
	s.written.Write(p)
	return nil
}

func (s *fakeSink) Flush() error { s.flushes++; return nil }
func (s *fakeSink) Close() error { s.closed = true; return nil }

// fakeSource is a Source that does as it is told.
type fakeSource struct {
	reads []string // what Read delivers in turn, "" for nothing yet
	err   error    // then
}

func (s *fakeSource) Read(n int) ([]byte, error) {
	if len(s.reads) == 0 {
		return nil, s.err
	}
	b := []byte(s.reads[0])
	s.reads = s.reads[1:]
	if len(b) > n {
		s.reads = append([]string{string(b[n:])}, s.reads...)
		b = b[:n]
	}
	return b, nil
}

func (s *fakeSource) Ready() bool  { return true }
func (s *fakeSource) Close() error { return nil }

func newOutput(t *testing.T, sink wasi.Sink) *wasi.OutputStream {
	t.Helper()
	s, err := newHost(t, wasi.Config{}).NewOutputStream(sink)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newInput(t *testing.T, src wasi.Source) *wasi.InputStream {
	t.Helper()
	s, err := newHost(t, wasi.Config{}).NewInputStream(src)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wasi:io/streams: "When the destination of a write is ... check-write gave permit
// of Ok(n) and contents has a length of less than or equal to n. Otherwise, this
// function will trap."
func TestWriteNeedsAPermit(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(s *wasi.OutputStream) error
		trap bool
	}{
		{"write of nothing unasked", func(s *wasi.OutputStream) error { return s.Write(nil) }, false},
		{"write unasked", func(s *wasi.OutputStream) error { return s.Write([]byte("x")) }, true},
		{"zeroes unasked", func(s *wasi.OutputStream) error { return s.WriteZeroes(1) }, true},
		{"write of all", func(s *wasi.OutputStream) error { s.CheckWrite(); return s.Write([]byte("12345678")) }, false},
		{"write of too much", func(s *wasi.OutputStream) error { s.CheckWrite(); return s.Write([]byte("123456789")) }, true},
		{"zeroes of all", func(s *wasi.OutputStream) error { s.CheckWrite(); return s.WriteZeroes(8) }, false},
		{"zeroes of too much", func(s *wasi.OutputStream) error { s.CheckWrite(); return s.WriteZeroes(1 << 62) }, true},
		{"two writes", func(s *wasi.OutputStream) error {
			s.CheckWrite()
			return errors.Join(s.Write([]byte("1234")), s.Write([]byte("5678")))
		}, false},
		{"two writes of too much", func(s *wasi.OutputStream) error {
			s.CheckWrite()
			return errors.Join(s.Write([]byte("1234")), s.Write([]byte("56789")))
		}, true},
		{"write after flush", func(s *wasi.OutputStream) error {
			s.CheckWrite()
			return errors.Join(s.Flush(), s.Write([]byte("1")))
		}, true},
		{"blocking write of 4096", func(s *wasi.OutputStream) error {
			return s.BlockingWriteAndFlush(context.Background(), make([]byte, 4096))
		}, false},
		{"blocking write of 4097", func(s *wasi.OutputStream) error {
			return s.BlockingWriteAndFlush(context.Background(), make([]byte, 4097))
		}, true},
		{"blocking zeroes of very many", func(s *wasi.OutputStream) error {
			return s.BlockingWriteZeroesAndFlush(context.Background(), 1<<62)
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.do(newOutput(t, &fakeSink{room: []int{8}}))
			if tt.trap {
				wantTrap(t, tt.name, err, component.TrapValue)
			} else if err != nil {
				t.Errorf("error %v, want none", err)
			}
		})
	}
}

func TestOutputFailure(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		name string
		sink *fakeSink
		do   func(s *wasi.OutputStream) error
	}{
		{"check", &fakeSink{room: []int{0}, roomErr: broken}, func(s *wasi.OutputStream) error { _, err := s.CheckWrite(); return err }},
		{"write", &fakeSink{room: []int{9}, writeErr: broken}, func(s *wasi.OutputStream) error { s.CheckWrite(); return s.Write([]byte("x")) }},
		{"blocking write", &fakeSink{room: []int{9}, writeErr: broken}, func(s *wasi.OutputStream) error {
			return s.BlockingWriteAndFlush(context.Background(), []byte("x"))
		}},
		{"flush", &fakeSink{room: []int{0}, roomErr: broken}, func(s *wasi.OutputStream) error { return s.BlockingFlush(context.Background()) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newOutput(t, tt.sink)
			err := tt.do(s)
			if failure, ok := errors.AsType[*wasi.StreamError](err); !ok || !errors.Is(failure.Err, broken) {
				t.Errorf("first: %v, want a StreamError of %v", err, broken)
			}
			if _, err := s.CheckWrite(); !errors.Is(err, wasi.ErrStreamClosed) {
				t.Errorf("CheckWrite then: %v, want %v", err, wasi.ErrStreamClosed)
			}
			if err := s.Write([]byte("x")); !errors.Is(err, wasi.ErrStreamClosed) {
				t.Errorf("Write then: %v, want %v", err, wasi.ErrStreamClosed)
			}
			if p, err := s.Subscribe(); err != nil || !p.Ready() {
				t.Errorf("a failed stream is not ready")
			}
		})
	}
}

func TestRead(t *testing.T) {
	s := newInput(t, &fakeSource{reads: []string{"abc", "", "de"}, err: io.EOF})
	for _, tt := range []struct {
		n    uint64
		want string
		err  error
	}{
		{0, "", nil}, {2, "ab", nil}, {1 << 63, "c", nil}, {9, "", nil}, {9, "de", nil},
		{9, "", wasi.ErrStreamClosed}, {0, "", wasi.ErrStreamClosed},
	} {
		if b, err := s.Read(tt.n); string(b) != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("Read(%d) = %q, %v, want %q, %v", tt.n, b, err, tt.want, tt.err)
		}
	}
}

func TestReadFailure(t *testing.T) {
	broken := errors.New("broken")
	s := newInput(t, &fakeSource{err: broken})
	_, err := s.Skip(1)
	if failure, ok := errors.AsType[*wasi.StreamError](err); !ok || !errors.Is(failure.Err, broken) {
		t.Errorf("Skip: %v, want a StreamError of %v", err, broken)
	}
	if _, err := s.BlockingRead(t.Context(), 1); !errors.Is(err, wasi.ErrStreamClosed) {
		t.Errorf("BlockingRead then: %v, want %v", err, wasi.ErrStreamClosed)
	}
}

func TestSplice(t *testing.T) {
	for _, tt := range []struct {
		name     string
		room     int
		src      *fakeSource
		n        uint64
		moved    uint64
		want     string
		blocking bool
		err      error
	}{
		{"all", 100, &fakeSource{reads: []string{"abc"}}, 100, 3, "abc", false, nil},
		{"as asked", 100, &fakeSource{reads: []string{"abc"}}, 2, 2, "ab", false, nil},
		{"as there is room", 1, &fakeSource{reads: []string{"abc"}}, 2, 1, "a", false, nil},
		{"no room", 0, &fakeSource{reads: []string{"abc"}}, 2, 0, "", false, nil},
		{"nothing there", 9, &fakeSource{reads: []string{""}}, 2, 0, "", false, nil},
		{"end", 9, &fakeSource{err: io.EOF}, 2, 0, "", false, wasi.ErrStreamClosed},
		{"blocking", 9, &fakeSource{reads: []string{"abc"}}, 9, 3, "abc", true, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sink := &fakeSink{room: []int{tt.room}}
			to, from := newOutput(t, sink), newInput(t, tt.src)
			var moved uint64
			var err error
			if tt.blocking {
				moved, err = to.BlockingSplice(t.Context(), from, tt.n)
			} else {
				moved, err = to.Splice(from, tt.n)
			}
			if moved != tt.moved || sink.written.String() != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("Splice = %d, %v, wrote %q, want %d, %v, %q", moved, err, &sink.written, tt.moved, tt.err, tt.want)
			}
		})
	}
}

func TestStdin(t *testing.T) {
	long := strings.Repeat("0123456789", 30_000)
	for _, tt := range []struct {
		name string
		r    io.Reader
		want string
	}{
		{"short", strings.NewReader("hello"), "hello"},
		{"long", strings.NewReader(long), long},
		{"byte by byte", iotest.OneByteReader(strings.NewReader("hello")), "hello"},
		{"data with end", iotest.DataErrReader(strings.NewReader("hello")), "hello"},
		{"empty", strings.NewReader(""), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := newHost(t, wasi.Config{Stdin: tt.r}).Stdin()
			if err != nil {
				t.Fatal(err)
			}
			var got []byte
			for err == nil {
				var b []byte
				b, err = s.BlockingRead(t.Context(), 1000)
				if len(b) > 1000 {
					t.Fatalf("BlockingRead(1000) returned %d bytes", len(b))
				}
				got = append(got, b...)
			}
			if string(got) != tt.want || !errors.Is(err, wasi.ErrStreamClosed) {
				t.Errorf("read %d bytes, then %v, want %d, then %v", len(got), err, len(tt.want), wasi.ErrStreamClosed)
			}
		})
	}
}

func TestStdinFailure(t *testing.T) {
	s, err := newHost(t, wasi.Config{Stdin: iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("ab")))}).Stdin()
	if err != nil {
		t.Fatal(err)
	}
	if b, err := s.BlockingRead(t.Context(), 9); string(b) != "a" || err != nil {
		t.Errorf("BlockingRead = %q, %v", b, err)
	}
	_, err = s.BlockingRead(t.Context(), 9)
	if failure, ok := errors.AsType[*wasi.StreamError](err); !ok || !errors.Is(failure, iotest.ErrTimeout) {
		t.Errorf("BlockingRead = %v, want a StreamError of %v", err, iotest.ErrTimeout)
	}
}

// countedReader counts calls.
type countedReader struct{ calls chan struct{} }

func (r countedReader) Read(p []byte) (int, error) {
	r.calls <- struct{}{}
	return 1, nil
}

// Input that the guest does not ask for stays where it is.
func TestStdinIsReadOnDemand(t *testing.T) {
	r := countedReader{make(chan struct{}, 100)}
	h := newHost(t, wasi.Config{Stdin: r})
	s, err := h.Stdin()
	if err != nil {
		t.Fatal(err)
	}
	if len(r.calls) != 0 {
		t.Error("stdin was read before the guest asked")
	}
	if _, err := s.BlockingRead(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if n := len(r.calls); n != 1 {
		t.Errorf("%d reads for one, want 1", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := h.Stdin() // the stream was closed, the input was not
	if err != nil {
		t.Fatal(err)
	}
	if b, err := again.BlockingRead(t.Context(), 1); len(b) != 1 || err != nil {
		t.Errorf("BlockingRead of a second stream = %q, %v", b, err)
	}
}

func TestBlockingEndsWithContext(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	s, err := newHost(t, wasi.Config{Stdin: r, Waiting: func(wait func()) { cancel(cause); wait() }}).Stdin()
	if err != nil {
		t.Fatal(err)
	}
	if b, err := s.BlockingRead(ctx, 1); !errors.Is(err, cause) {
		t.Errorf("BlockingRead = %q, %v, want %v", b, err, cause)
	}
}

func TestErrorHidesPaths(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		err        error
	}{
		{"code", "no-entry", wasi.CodeNoEntry},
		{"nothing", "unknown error", nil},
		{"other", "EOF", io.EOF},
	} {
		if got := (&wasi.Error{Err: tt.err}).DebugString(); got != tt.want {
			t.Errorf("%s: DebugString = %q, want %q", tt.name, got, tt.want)
		}
	}
	_, err := io.ReadAll(missingFile{})
	if got := (&wasi.Error{Err: err}).DebugString(); strings.Contains(got, "secret") {
		t.Errorf("DebugString = %q, which names a path of the host", got)
	}
}
