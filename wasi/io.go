package wasi

import (
	"context"
	"errors"

	"github.com/berth-cli/berth/component"
)

// streamFailure is the stream-error of wasi:io/streams.
type streamFailure interface {
	streamFailure(lastOperationFailed, closed)
}

type (
	lastOperationFailed struct{ Error component.Own[*Error] }
	closed              struct{}
)

func (lastOperationFailed) streamFailure(lastOperationFailed, closed) {}
func (closed) streamFailure(lastOperationFailed, closed)              {}

// streamed makes a guest's result of what a stream returned. Errors of other kinds
// end the guest.
func streamed[R any](h *Host, r R, err error) (component.Result[R, streamFailure], error) {
	if err == nil {
		return component.OK[streamFailure](r), nil
	}
	if errors.Is(err, ErrStreamClosed) {
		return component.Fail[R, streamFailure](closed{}), nil
	}
	failure, ok := errors.AsType[*streamError](err)
	if !ok {
		return component.Result[R, streamFailure]{}, err
	}
	e, err := h.newError(failure.Err)
	if err != nil {
		return component.Result[R, streamFailure]{}, err
	}
	return component.Fail[R, streamFailure](lastOperationFailed{component.NewOwn(e)}), nil
}

// unit makes a value of there being none.
func unit(err error) (component.Unit, error) { return component.Unit{}, err }

func addIO(l *component.Linker) {
	e := l.Instance("wasi:io/error@0.2")
	e.Resource("error", resource[*Error]())
	e.Func("[method]error.to-debug-string", self(func(e *Error) (string, error) { return e.debugString(), nil }))

	poll := l.Instance("wasi:io/poll@0.2")
	poll.Resource("pollable", resource[*Pollable]())
	poll.Func("[method]pollable.ready", self(func(p *Pollable) (bool, error) { return p.ready(), nil }))
	poll.Func("[method]pollable.block", component.Func1(
		func(ctx context.Context, p component.Borrow[*Pollable]) (component.Unit, error) {
			return unit(p.Value().block(ctx))
		}))
	poll.Func("poll", hostFunc1(func(h *Host, ctx context.Context, in []component.Borrow[*Pollable]) ([]uint32, error) {
		all := make([]*Pollable, len(in))
		for i, p := range in {
			all[i] = p.Value()
		}
		return h.poll(ctx, all)
	}))

	streams := l.Instance("wasi:io/streams@0.2")
	addInput(streams)
	addOutput(streams)
}

// inputFunc makes a host function of a method that reads.
func inputFunc[R any](f func(s *InputStream, ctx context.Context, n uint64) (R, error)) component.HostFunc {
	return component.Func2(func(ctx context.Context, s component.Borrow[*InputStream], n uint64) (component.Result[R, streamFailure], error) {
		r, err := f(s.Value(), ctx, n)
		return streamed(s.Value().host, r, err)
	})
}

func addInput(in *component.HostInstance) {
	in.Resource("input-stream", resource[*InputStream]())
	in.Func("[method]input-stream.read", inputFunc(
		func(s *InputStream, _ context.Context, n uint64) (component.LentBytes, error) { return s.read(n) }))
	in.Func("[method]input-stream.skip", inputFunc(
		func(s *InputStream, _ context.Context, n uint64) (uint64, error) { return s.skip(n) }))
	in.Func("[method]input-stream.blocking-read", inputFunc(
		func(s *InputStream, ctx context.Context, n uint64) (component.LentBytes, error) {
			return s.blockingRead(ctx, n)
		}))
	in.Func("[method]input-stream.blocking-skip", inputFunc((*InputStream).blockingSkip))
	in.Func("[method]input-stream.subscribe", self(func(s *InputStream) (component.Own[*Pollable], error) {
		return owned(s.subscribe())
	}))
}

// output0 makes a host function of a method without parameters that writes.
func output0[R any](f func(ctx context.Context, s *OutputStream) (R, error)) component.HostFunc {
	return component.Func1(func(ctx context.Context, s component.Borrow[*OutputStream]) (component.Result[R, streamFailure], error) {
		r, err := f(ctx, s.Value())
		return streamed(s.Value().host, r, err)
	})
}

// output1 makes a host function of a method with one parameter that writes.
func output1[A any](f func(ctx context.Context, s *OutputStream, a A) error) component.HostFunc {
	return component.Func2(func(ctx context.Context, s component.Borrow[*OutputStream], a A) (component.Result[component.Unit, streamFailure], error) {
		return streamed(s.Value().host, component.Unit{}, f(ctx, s.Value(), a))
	})
}

// splice makes a host function of a method that moves bytes.
func splice(f func(to *OutputStream, ctx context.Context, from *InputStream, n uint64) (uint64, error)) component.HostFunc {
	return component.Func3(func(ctx context.Context, s component.Borrow[*OutputStream], from component.Borrow[*InputStream], n uint64) (component.Result[uint64, streamFailure], error) {
		moved, err := f(s.Value(), ctx, from.Value(), n)
		return streamed(s.Value().host, moved, err)
	})
}

func addOutput(out *component.HostInstance) {
	out.Resource("output-stream", resource[*OutputStream]())
	out.Func("[method]output-stream.check-write", output0(
		func(_ context.Context, s *OutputStream) (uint64, error) { return s.checkWrite() }))
	out.Func("[method]output-stream.flush", output0(
		func(_ context.Context, s *OutputStream) (component.Unit, error) { return unit(s.flush()) }))
	out.Func("[method]output-stream.blocking-flush", output0(
		func(ctx context.Context, s *OutputStream) (component.Unit, error) { return unit(s.blockingFlush(ctx)) }))
	out.Func("[method]output-stream.write", output1(
		func(_ context.Context, s *OutputStream, p component.LentBytes) error { return s.write(p) }))
	out.Func("[method]output-stream.blocking-write-and-flush", output1(
		func(ctx context.Context, s *OutputStream, p component.LentBytes) error {
			return s.blockingWriteAndFlush(ctx, p)
		}))
	out.Func("[method]output-stream.write-zeroes", output1(
		func(_ context.Context, s *OutputStream, n uint64) error { return s.writeZeroes(n) }))
	out.Func("[method]output-stream.blocking-write-zeroes-and-flush", output1(
		func(ctx context.Context, s *OutputStream, n uint64) error {
			return s.blockingWriteZeroesAndFlush(ctx, n)
		}))
	out.Func("[method]output-stream.splice", splice(
		func(to *OutputStream, _ context.Context, from *InputStream, n uint64) (uint64, error) {
			return to.splice(from, n)
		}))
	out.Func("[method]output-stream.blocking-splice", splice((*OutputStream).blockingSplice))
	out.Func("[method]output-stream.subscribe", self(func(s *OutputStream) (component.Own[*Pollable], error) {
		return owned(s.subscribe())
	}))
}
