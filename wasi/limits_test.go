package wasi_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/wasi"
)

// TestOutputLimit prints beyond the limit, on both streams: what is within it
// arrives, one byte more ends the guest, whether somebody listens or not.
func TestOutputLimit(t *testing.T) {
	for _, tt := range []struct {
		name   string
		stderr *bytes.Buffer
	}{{"written", new(bytes.Buffer)}, {"thrown away", nil}} {
		t.Run(tt.name, func(t *testing.T) {
			var stdout bytes.Buffer
			cfg := wasi.Config{Stdout: &stdout, Limits: wasi.Limits{MaxOutputBytes: 10}}
			if tt.stderr != nil {
				cfg.Stderr = tt.stderr
			}
			h := newHost(t, cfg)
			out, errs := stream(t, h.Stdout), stream(t, h.Stderr)
			for _, s := range []*wasi.OutputStream{out, errs} {
				if err := s.BlockingWriteAndFlush(t.Context(), []byte("12345")); err != nil {
					t.Fatal(err)
				}
			}
			err := errs.BlockingWriteAndFlush(t.Context(), []byte("6"))
			wantTrap(t, "one byte more", err, component.TrapLimit)
			limit, ok := errors.AsType[*component.LimitError](err)
			if !ok || *limit != (component.LimitError{Limit: "wasi.Limits.MaxOutputBytes", Max: 10, Want: 11}) {
				t.Errorf("error = %v, want the limit of output", err)
			}
			if err := h.Close(t.Context()); err != nil || stdout.String() != "12345" {
				t.Errorf("Close = %v, printed %q, want what was within the limit", err, stdout.String())
			}
			if tt.stderr != nil && tt.stderr.String() != "12345" {
				t.Errorf("printed %q on standard error, want what was within the limit", tt.stderr.String())
			}
		})
	}
}

func stream(t *testing.T, open func() (*wasi.OutputStream, error)) *wasi.OutputStream {
	t.Helper()
	s, err := open()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestPollableFlood asks for pollables and lets none go: the default limit ends it.
func TestPollableFlood(t *testing.T) {
	h := newHost(t, wasi.Config{})
	var err error
	n := 0
	for ; err == nil && n < 1<<20; n++ {
		_, err = h.SubscribeDuration(1)
	}
	wantTrap(t, "a flood of pollables", err, component.TrapLimit)
	if want := (wasi.Limits{}).WithDefaults().MaxPollables + 1; n != want {
		t.Errorf("refused at %d, want at %d", n, want)
	}
}

// TestDescriptorFlood opens a file over and over: beyond the default limit the
// guest gets the error code for it, and can go on with what it has.
func TestDescriptorFlood(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "file")
	h := newHost(t, wasi.Config{Preopens: []wasi.Preopen{{Dir: dir}}})
	d := preopens(t, h)[0].Descriptor
	var err error
	n := 0
	for ; err == nil && n < 1<<16; n++ {
		_, err = d.OpenAt(0, "file", 0, wasi.FlagRead)
	}
	if want := (wasi.Limits{}).WithDefaults().MaxDescriptors + 1; !errors.Is(err, wasi.CodeQuota) || n != want {
		t.Errorf("open %d = %v, want %v at %d", n, err, wasi.CodeQuota, want)
	}
	if _, err := d.Stat(); err != nil {
		t.Errorf("Stat of the folder afterwards = %v", err)
	}
}
