package wasi

import "context"

// What only guests call, for the tests: of streams, pollables and the Host.

func (e *Error) DebugString() string { return e.debugString() }

func (h *Host) InsecureBytes(ctx context.Context, n uint64) ([]byte, error) {
	return h.insecureBytes(ctx, n)
}

func (h *Host) Monotonic() uint64                                          { return h.monotonic() }
func (h *Host) Poll(ctx context.Context, in []*Pollable) ([]uint32, error) { return h.poll(ctx, in) }
func (h *Host) Preopens() ([]Preopened, error)                             { return h.openPreopens() }

func (h *Host) RandomBytes(ctx context.Context, n uint64) ([]byte, error) {
	return h.randomBytes(ctx, n)
}

func (h *Host) Stderr() (*OutputStream, error) { return h.getStderr() }
func (h *Host) Stdin() (*InputStream, error)   { return h.getStdin() }
func (h *Host) Stdout() (*OutputStream, error) { return h.getStdout() }

func (h *Host) SubscribeDuration(nanoseconds uint64) (*Pollable, error) {
	return h.subscribeDuration(nanoseconds)
}

func (h *Host) SubscribeInstant(when uint64) (*Pollable, error) { return h.subscribeInstant(when) }

func (s *InputStream) BlockingRead(ctx context.Context, n uint64) ([]byte, error) {
	return s.blockingRead(ctx, n)
}

func (s *InputStream) Close() error                             { return s.close() }
func (s *InputStream) Read(n uint64) ([]byte, error)            { return s.read(n) }
func (s *InputStream) Skip(n uint64) (uint64, error)            { return s.skip(n) }
func (s *OutputStream) BlockingFlush(ctx context.Context) error { return s.blockingFlush(ctx) }

func (s *OutputStream) BlockingSplice(ctx context.Context, src *InputStream, n uint64) (uint64, error) {
	return s.blockingSplice(ctx, src, n)
}

func (s *OutputStream) BlockingWriteAndFlush(ctx context.Context, p []byte) error {
	return s.blockingWriteAndFlush(ctx, p)
}

func (s *OutputStream) BlockingWriteZeroesAndFlush(ctx context.Context, n uint64) error {
	return s.blockingWriteZeroesAndFlush(ctx, n)
}

func (s *OutputStream) CheckWrite() (uint64, error)                       { return s.checkWrite() }
func (s *OutputStream) Close() error                                      { return s.close() }
func (s *OutputStream) Flush() error                                      { return s.flush() }
func (s *OutputStream) Splice(src *InputStream, n uint64) (uint64, error) { return s.splice(src, n) }
func (s *OutputStream) Subscribe() (*Pollable, error)                     { return s.subscribe() }
func (s *OutputStream) Write(p []byte) error                              { return s.write(p) }
func (s *OutputStream) WriteZeroes(n uint64) error                        { return s.writeZeroes(n) }
func (p *Pollable) Block(ctx context.Context) error                       { return p.block(ctx) }
func (p *Pollable) Close() error                                          { return p.close() }
func (p *Pollable) Ready() bool                                           { return p.ready() }
