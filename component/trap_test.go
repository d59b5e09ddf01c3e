package component_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine"
)

// hostileLinker is a host for testdata/hostile.wat whose fail returns err.
func hostileLinker(err error) *component.Linker {
	l := component.NewLinker()
	none := func(context.Context) (component.Unit, error) { return component.Unit{}, nil }
	l.Root().Func("sink", component.Func1(func(context.Context, []string) (component.Unit, error) {
		return component.Unit{}, nil
	}))
	l.Root().Func("fail", component.Func0(func(context.Context) (component.Unit, error) { return component.Unit{}, err }))
	l.Root().Func("tick", component.Func0(none))
	return l
}

func TestTraps(t *testing.T) {
	linked := world{component: "hostile", linker: hostileLinker(nil)}.link(t)
	for _, tt := range []struct {
		fn   string
		kind component.TrapKind
		code engine.TrapCode
		want string
	}{
		{"unreachable", component.TrapCore, engine.TrapUnreachable, "unreachable"},
		{"divide", component.TrapCore, engine.TrapDivideByZero, "divide by zero"},
		{"recurse", component.TrapCore, engine.TrapStackOverflow, "stack"},
		{"not-utf8", component.TrapValue, 0, "invalid utf-8"},
		{"beyond", component.TrapValue, 0, "out of bounds"},
		{"unaligned", component.TrapValue, 0, "unaligned pointer"},
		{"bad-result", component.TrapValue, 0, "unaligned pointer"},
		{"bad-char", component.TrapValue, 0, "char"},
		{"missing", component.TrapMissingImport, 0, "host does not implement test:none/missing@1.0.0#gone"},
		{"async", component.TrapUnsupported, 0, "canon thread.yield is not supported"},
		{"bomb", component.TrapLimit, 0, "limit MaxLiftBytes of 134217728 exceeded"},
	} {
		t.Run(tt.fn, func(t *testing.T) {
			in := instantiate(t, linked, component.InstanceConfig{})
			_, err := call(t, in, tt.fn)
			trap := wantTrap(t, tt.fn, err, tt.kind)
			if trap.Code != tt.code || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: code %v, %q; want %v, %q", tt.fn, trap.Code, err, tt.code, tt.want)
			}
			// An engine may have no frames left to tell of once the stack is used up.
			if len(trap.Frames) == 0 && tt.kind != component.TrapValue && tt.code != engine.TrapStackOverflow {
				t.Errorf("%s: no frames", tt.fn)
			}
			if _, err := call(t, in, "ok"); !errors.Is(err, component.ErrPoisoned) {
				t.Errorf("call after the trap: %v, want ErrPoisoned", err)
			}
		})
	}
}

// The error of a host function is no trap, and keeps its identity.
func TestHostError(t *testing.T) {
	want := &exitError{3}
	in := world{component: "hostile", linker: hostileLinker(want)}.start(t)
	_, err := call(t, in, "fail")
	he, ok := errors.AsType[*component.HostError](err)
	if !ok || he.Func != "fail" || he.Interface != "" {
		t.Fatalf("error %v, want a HostError", err)
	}
	if got, ok := errors.AsType[*exitError](err); !ok || got != want {
		t.Errorf("error %v does not hold %v", err, want)
	}
	if _, ok := errors.AsType[*component.Trap](err); ok {
		t.Errorf("error %v is a trap", err)
	}
	if _, err := call(t, in, "ok"); !errors.Is(err, component.ErrPoisoned) {
		t.Errorf("call after the error: %v, want ErrPoisoned", err)
	}
}

// A host function may say that the guest broke a rule.
func TestHostTrap(t *testing.T) {
	misuse := &component.Trap{Kind: component.TrapValue, Message: "more than was permitted"}
	in := world{component: "hostile", linker: hostileLinker(misuse)}.start(t)
	_, err := call(t, in, "fail")
	trap := wantTrap(t, "fail", err, component.TrapValue)
	if isType[*component.HostError](err) || trap.Message != misuse.Message || len(trap.Frames) == 0 || misuse.Frames != nil {
		t.Errorf("error %#v, want the trap with frames", err)
	}
}

type exitError struct{ code int }

func (*exitError) Error() string { return "exit" }

func TestHostPanic(t *testing.T) {
	l := hostileLinker(nil)
	l.Root().Func("fail", component.Func0(func(context.Context) (component.Unit, error) { panic(io.ErrClosedPipe) }))
	in := world{component: "hostile", linker: l}.start(t)
	_, err := call(t, in, "fail")
	if _, ok := errors.AsType[*engine.PanicError](err); !ok || !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("error %v, want a PanicError", err)
	}
}

// A context that ends interrupts the guest, in a loop of its own and between calls
// of the host.
func TestContextEnds(t *testing.T) {
	cause := errors.New("enough")
	for _, fn := range []string{"spin", "spin-in-host"} {
		in := world{component: "hostile", linker: hostileLinker(nil)}.start(t)
		f, err := in.Func(fn)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		timer := time.AfterFunc(10*time.Millisecond, func() { cancel(cause) })
		_, err = f.Call(ctx)
		timer.Stop()
		trap := wantTrap(t, fn, err, component.TrapInterrupted)
		if !errors.Is(trap, cause) || !errors.Is(trap, component.ErrInterrupted) {
			t.Errorf("%s: %v does not wrap %v", fn, trap, cause)
		}
		cancel(nil)
	}
}

func TestInterrupt(t *testing.T) {
	cause := errors.New("stop")
	l := hostileLinker(nil)
	var in *component.Instance
	l.Root().Func("tick", component.Func0(func(context.Context) (component.Unit, error) {
		in.Interrupt(cause)
		return component.Unit{}, nil
	}))
	in = world{component: "hostile", linker: l}.start(t)
	_, err := call(t, in, "spin-in-host")
	if trap := wantTrap(t, "spin-in-host", err, component.TrapInterrupted); !errors.Is(trap, cause) {
		t.Errorf("%v does not wrap %v", trap, cause)
	}
}

// A context that has ended does not enter the guest, which stays usable; one that
// ends between calls leaves the next call alone.
func TestContextEndedBefore(t *testing.T) {
	in := world{component: "hostile", linker: hostileLinker(nil)}.start(t)
	f, err := in.Func("ok")
	if err != nil {
		t.Fatal(err)
	}
	cause := errors.New("over")
	ctx, cancel := context.WithCancelCause(t.Context())
	if _, err := f.Call(ctx); err != nil {
		t.Fatal(err)
	}
	cancel(cause)
	if _, err := f.Call(ctx); !errors.Is(err, cause) {
		t.Errorf("call with an ended context: %v, want %v", err, cause)
	}
	for range 100 {
		if _, err := f.Call(t.Context()); err != nil {
			t.Fatalf("call after a context ended: %v", err)
		}
		runtime.Gosched()
	}
	if _, err := f.Call(context.Background()); err != nil {
		t.Errorf("call without an end: %v", err)
	}
}

// One goroutine at a time, and no way back in from a host function.
func TestBusy(t *testing.T) {
	l := hostileLinker(nil)
	var in *component.Instance
	var inner, closing error
	l.Root().Func("fail", component.Func0(func(ctx context.Context) (component.Unit, error) {
		f, err := in.Func("ok")
		if err == nil {
			_, inner = f.Call(ctx)
		}
		closing = in.Close()
		return component.Unit{}, err
	}))
	in = world{component: "hostile", linker: l}.start(t)
	if _, err := call(t, in, "fail"); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(inner, component.ErrBusy) || !errors.Is(closing, component.ErrBusy) {
		t.Errorf("inner call: %v; Close: %v; want ErrBusy", inner, closing)
	}
	if _, err := call(t, in, "ok"); err != nil {
		t.Errorf("call afterwards: %v", err)
	}
}

func TestFuel(t *testing.T) {
	in := world{component: "hostile", linker: hostileLinker(nil), config: component.InstanceConfig{Fuel: 10_000}}.start(t)
	_, err := call(t, in, "spin")
	trap := wantTrap(t, "spin", err, component.TrapCore)
	if trap.Code != engine.TrapOutOfFuel || !errors.Is(err, engine.ErrOutOfFuel) {
		t.Errorf("error %v, want out of fuel", err)
	}
}

func TestMaxMemoryBytes(t *testing.T) {
	linked := world{component: "hostile", linker: hostileLinker(nil)}.link(t)
	_, err := linked.Instantiate(t.Context(), component.InstanceConfig{MaxMemoryBytes: 1 << 20})
	if l, ok := errors.AsType[*engine.LimitError](err); !ok || l.Limit != "MaxMemoryBytes" {
		t.Errorf("20 pages in a megabyte: %v", err)
	}
	in := instantiate(t, linked, component.InstanceConfig{MaxMemoryBytes: 4 << 20})
	if s := in.Stats(); s.MemoryBytes != 20<<16 || s.PeakMemoryBytes != 20<<16 {
		t.Errorf("stats %+v", s)
	}
}

func TestZeroErrors(t *testing.T) {
	for _, err := range []error{
		&component.Trap{}, &component.DecodeError{}, &component.ValidationError{}, &component.UnsupportedError{},
		&component.LimitError{}, &component.BindError{}, &component.LinkError{}, &component.MissingImportError{},
		&component.HostError{},
	} {
		if err.Error() == "" {
			t.Errorf("%T says nothing", err)
		}
		_ = errors.Unwrap(err)
	}
	for k := component.TrapKind(0); k < 12; k++ {
		if k.String() == "" || (&component.Trap{Kind: k}).Error() == "" {
			t.Errorf("kind %d has no text", k)
		}
	}
}
