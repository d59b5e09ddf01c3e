package wasi_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/wasi"
)

// direct instantiates the guest that calls wasi:io itself.
func direct(t *testing.T, cfg wasi.Config) *component.Instance {
	t.Helper()
	h := newHost(t, cfg)
	in, err := linked(t, filepath.Join("testdata", "direct.wasm"), true).
		Instantiate(t.Context(), component.InstanceConfig{HostState: h})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return in
}

func TestGuestSplices(t *testing.T) {
	var out bytes.Buffer
	text := strings.Repeat("spliced ", 50_000)
	h := newHost(t, wasi.Config{Stdin: strings.NewReader(text), Stdout: &out})
	in, err := linked(t, filepath.Join("testdata", "direct.wasm"), true).
		Instantiate(t.Context(), component.InstanceConfig{HostState: h})
	if err != nil {
		t.Fatal(err)
	}
	splice, err := component.Bind0[uint8](in, "splice")
	if err != nil {
		t.Fatal(err)
	}
	if failure, err := splice(t.Context()); failure != 1 || err != nil {
		t.Errorf("splice ended with %d, %v, want 1 for closed", failure, err)
	}
	if err := errors.Join(in.Close(), h.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	if out.String() != text {
		t.Errorf("%d bytes were moved, want %d", out.Len(), len(text))
	}
}

func TestGuestWritesBeyondItsPermit(t *testing.T) {
	for _, tt := range []struct {
		more uint64
		trap bool
	}{{0, false}, {1, true}, {1 << 60, true}} {
		zeroes, err := component.Bind1[uint64, component.Unit](direct(t, wasi.Config{}), "zeroes")
		if err != nil {
			t.Fatal(err)
		}
		_, err = zeroes(t.Context(), tt.more)
		if tt.trap {
			wantTrap(t, "write of too many zeroes", err, component.TrapValue)
		} else if err != nil {
			t.Errorf("write of zeroes: %v", err)
		}
	}
}

func TestGuestPolls(t *testing.T) {
	for _, tt := range []struct {
		n, ready uint32
		trap     bool
	}{{1, 1, false}, {2, 2, false}, {0, 0, true}} {
		poll, err := component.Bind1[uint32, uint32](direct(t, wasi.Config{}), "poll")
		if err != nil {
			t.Fatal(err)
		}
		got, err := poll(t.Context(), tt.n)
		if tt.trap {
			wantTrap(t, "poll", err, component.TrapValue)
		} else if got != tt.ready || err != nil {
			t.Errorf("poll of %d: %d ready, %v, want %d", tt.n, got, err, tt.ready)
		}
	}
}

func TestGuestExitsWithCode(t *testing.T) {
	for _, code := range []uint8{0, 1, 3, 255} {
		exit, err := component.Bind1[uint8, component.Unit](direct(t, wasi.Config{}), "exit")
		if err != nil {
			t.Fatal(err)
		}
		_, err = exit(t.Context(), code)
		if e, ok := errors.AsType[*wasi.ExitError](err); !ok || e.Code != code {
			t.Errorf("exit-with-code(%d) = %v", code, err)
		}
	}
}

// A socket can be made, and nothing can be done with it.
func TestSockets(t *testing.T) {
	h := newHost(t, wasi.Config{})
	in, err := linked(t, filepath.Join("testdata", "sockets.wasm"), false).
		Instantiate(t.Context(), component.InstanceConfig{HostState: h})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	try, err := component.Bind0[uint32](in, "try")
	if err != nil {
		t.Fatal(err)
	}
	const ipv6, accessDenied, notSupported, notInProgress = 1, 1, 2, 7
	want := uint32(ipv6 | accessDenied<<8 | notInProgress<<16 | notSupported<<24)
	if got, err := try(t.Context()); got != want || err != nil {
		t.Errorf("try = %#x, %v, want %#x", got, err, want)
	}
}

// A guest without a Host in its state is told so, and ends.
func TestNoHost(t *testing.T) {
	in, err := linked(t, filepath.Join("testdata", "direct.wasm"), true).
		Instantiate(t.Context(), component.InstanceConfig{HostState: "something else"})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	poll, err := component.Bind1[uint32, uint32](in, "poll")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := poll(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "no wasi host") {
		t.Errorf("poll without a host: %v", err)
	}
}
