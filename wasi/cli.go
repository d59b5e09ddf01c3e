package wasi

import (
	"context"
	"fmt"
	"io"

	"github.com/berth-cli/berth/component"
)

// ExitError is how a guest that calls wasi:cli/exit ends: it comes back, inside
// others, from the call that entered the guest. Code 0 means success.
type ExitError struct{ Code uint8 }

func (e *ExitError) Error() string { return fmt.Sprintf("guest exited with code %d", e.Code) }

// connect makes the standard streams.
func (h *Host) connect(cfg Config) {
	h.stdin = emptySource{}
	if cfg.Stdin != nil {
		h.stdin = h.NewReaderSource(cfg.Stdin)
	}
	h.out = newOutQueue(h.Wake)
	h.stdout = printing{h.out.sinkOr("standard output", cfg.Stdout), h}
	h.stderr = printing{h.out.sinkOr("standard error", cfg.Stderr), h}
}

// sinkOr is sink, or discard if there is no writer.
func (q *outQueue) sinkOr(name string, w io.Writer) Sink {
	if w == nil {
		return discard{}
	}
	return q.sink(name, w)
}

// getStdin returns the standard input: each time another stream of the same bytes.
func (h *Host) getStdin() (*InputStream, error) { return h.NewInputStream(unclosed{h.stdin}) }

// getStdout returns the standard output.
func (h *Host) getStdout() (*OutputStream, error) { return h.NewOutputStream(h.stdout) }

// getStderr returns the standard error.
func (h *Host) getStderr() (*OutputStream, error) { return h.NewOutputStream(h.stderr) }

// unclosed is a Source that outlives its streams.
type unclosed struct{ Source }

func (unclosed) Close() error { return nil }

type (
	terminalInput  struct{}
	terminalOutput struct{}
)

func addCLI(l *component.Linker) {
	env := l.Instance("wasi:cli/environment@0.2")
	env.Func("get-environment", func0(func(h *Host) []EnvVar { return h.env }))
	env.Func("get-arguments", func0(func(h *Host) []string { return h.args }))
	env.Func("initial-cwd", func0(func(h *Host) *string {
		if h.initialDir == "" {
			return nil
		}
		return &h.initialDir
	}))

	exit := l.Instance("wasi:cli/exit@0.2")
	exit.Func("exit", component.Func1(func(_ context.Context, status component.Result[component.Unit, component.Unit]) (component.Unit, error) {
		if status.IsErr {
			return component.Unit{}, &ExitError{Code: 1}
		}
		return component.Unit{}, &ExitError{}
	}))
	exit.Func("exit-with-code", component.Func1(func(_ context.Context, code uint8) (component.Unit, error) {
		return component.Unit{}, &ExitError{Code: code}
	}))

	l.Instance("wasi:cli/stdin@0.2").Func("get-stdin", made0((*Host).getStdin))
	l.Instance("wasi:cli/stdout@0.2").Func("get-stdout", made0((*Host).getStdout))
	l.Instance("wasi:cli/stderr@0.2").Func("get-stderr", made0((*Host).getStderr))
	addTerminals(l)
}

func addTerminals(l *component.Linker) {
	l.Instance("wasi:cli/terminal-input@0.2").Resource("terminal-input", component.ResourceOf[terminalInput](nil))
	l.Instance("wasi:cli/terminal-output@0.2").Resource("terminal-output", component.ResourceOf[terminalOutput](nil))
	for _, t := range []struct {
		name string
		f    component.HostFunc
	}{
		{"stdin", terminal[terminalInput](func(t Terminal) bool { return t.Stdin })},
		{"stdout", terminal[terminalOutput](func(t Terminal) bool { return t.Stdout })},
		{"stderr", terminal[terminalOutput](func(t Terminal) bool { return t.Stderr })},
	} {
		l.Instance("wasi:cli/terminal-"+t.name+"@0.2").Func("get-terminal-"+t.name, t.f)
	}
}

// terminal answers whether a stream is a terminal.
func terminal[T any](is func(Terminal) bool) component.HostFunc {
	return func0(func(h *Host) *component.Own[T] {
		if !is(h.terminal) {
			return nil
		}
		var t T
		return component.Some(component.NewOwn(t))
	})
}
