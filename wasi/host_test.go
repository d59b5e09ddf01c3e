package wasi_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/wasi"
)

// newHost returns a Host that is closed with the test.
func newHost(t testing.TB, cfg wasi.Config) *wasi.Host {
	t.Helper()
	h, err := wasi.New(cfg)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return h
}

// grant returns the descriptor of a granted folder.
func grant(t testing.TB, dir string, readWrite bool) *wasi.Descriptor {
	t.Helper()
	h := newHost(t, wasi.Config{Preopens: []wasi.Preopen{{Dir: dir, Guest: "/", ReadWrite: readWrite}}})
	return preopens(t, h)[0].Descriptor
}

func preopens(t testing.TB, h *wasi.Host) []wasi.Preopened {
	t.Helper()
	all, err := h.Preopens()
	if err != nil {
		t.Fatalf("Preopens: %v", err)
	}
	return all
}

// wantTrap fails unless err ends the guest for that reason.
func wantTrap(t testing.TB, what string, err error, kind component.TrapKind) {
	t.Helper()
	if trap, ok := errors.AsType[*component.Trap](err); !ok || trap.Kind != kind {
		t.Errorf("%s = %v, want a trap of kind %v", what, err, kind)
	}
}

// writeFiles makes files below dir, and folders for names with a slash at the end.
func writeFiles(t testing.TB, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		folder := filepath.Dir(path)
		if name[len(name)-1] == '/' {
			folder = path
		}
		if err := os.MkdirAll(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		if folder == path {
			continue
		}
		if err := os.WriteFile(path, []byte("content of "+name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		cfg  wasi.Config
	}{
		{"argument that is no text", wasi.Config{Args: []string{"a\xff"}}},
		{"variable that is no text", wasi.Config{Env: []wasi.EnvVar{{Name: "A", Value: "\xff"}}}},
		{"initial folder that is no text", wasi.Config{InitialDir: "\xff"}},
		{"missing folder", wasi.Config{Preopens: []wasi.Preopen{{Dir: file + "-not", Guest: "a"}}}},
		{"file as a folder", wasi.Config{Preopens: []wasi.Preopen{{Dir: file, Guest: "a"}}}},
		{"no folder", wasi.Config{Preopens: []wasi.Preopen{{Guest: "a"}}}},
		{"guest name that is no text", wasi.Config{Preopens: []wasi.Preopen{{Dir: ".", Guest: "\xff"}}}},
		{"guest name with a zero", wasi.Config{Preopens: []wasi.Preopen{{Dir: ".", Guest: "a\x00b"}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, err := wasi.New(tt.cfg)
			if err == nil {
				t.Errorf("New = %v, want an error", h)
			}
		})
	}
}

func TestNothingIsGranted(t *testing.T) {
	h := newHost(t, wasi.Config{})
	if got := preopens(t, h); len(got) != 0 {
		t.Errorf("Preopens = %v, want none", got)
	}
	in, err := h.Stdin()
	if err != nil {
		t.Fatal(err)
	}
	if b, err := in.Read(1); !errors.Is(err, wasi.ErrStreamClosed) {
		t.Errorf("Read of stdin = %q, %v, want %v", b, err, wasi.ErrStreamClosed)
	}
	out, err := h.Stdout()
	if err != nil {
		t.Fatal(err)
	}
	if err := out.BlockingWriteAndFlush(t.Context(), []byte("gone")); err != nil {
		t.Errorf("write to no stdout: %v", err)
	}
}

// A root given in Config is the caller's: it may be closed, and is not closed.
func TestPreopenRoot(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "sub/file")
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	h := newHost(t, wasi.Config{Preopens: []wasi.Preopen{
		{Root: root, Guest: "one"}, {Root: root, Guest: "one", ReadWrite: true},
	}})
	if err := root.Close(); err != nil {
		t.Fatal(err)
	}
	for i, p := range preopens(t, h) {
		if p.Guest != "one" {
			t.Errorf("name of preopen %d = %q, want %q", i, p.Guest, "one")
		}
		if _, err := p.Descriptor.StatAt(0, "sub/file"); err != nil {
			t.Errorf("StatAt in preopen %d: %v", i, err)
		}
		if flags, _ := p.Descriptor.Flags(); (flags&wasi.FlagMutateDirectory != 0) != (i == 1) {
			t.Errorf("flags of preopen %d = %b", i, flags)
		}
	}
}

func TestCloseClosesFiles(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "file")
	h, err := wasi.New(wasi.Config{Preopens: []wasi.Preopen{{Dir: dir}}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := preopens(t, h)[0].Descriptor.OpenAt(0, "file", 0, wasi.FlagRead)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := h.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if _, _, err := d.Read(1, 0); !errors.Is(err, wasi.CodeBadDescriptor) {
		t.Errorf("Read after Close: %v, want %v", err, wasi.CodeBadDescriptor)
	}
	if err := d.Close(); err != nil { // as when the guest's handles are dropped late
		t.Errorf("Close of a descriptor after the host: %v", err)
	}
}

func TestLimits(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "file", "sub/")
	h := newHost(t, wasi.Config{
		Preopens: []wasi.Preopen{{Dir: dir}},
		Limits:   wasi.Limits{MaxDescriptors: 3, MaxResources: 8, MaxPollables: 1, MaxRandomBytes: 16},
	})
	d := preopens(t, h)[0].Descriptor // resource 1
	var opened *wasi.Descriptor
	for range 2 {
		var err error
		if opened, err = d.OpenAt(0, "file", 0, wasi.FlagRead); err != nil { // resources 2, 3
			t.Fatal(err)
		}
	}
	listing, err := d.ReadDirectory() // resource 4, the third file
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"file", "sub"} {
		if _, err := d.OpenAt(0, path, 0, wasi.FlagRead); !errors.Is(err, wasi.CodeQuota) {
			t.Errorf("OpenAt(%q) of one more: %v, want %v", path, err, wasi.CodeQuota)
		}
	}
	if _, err := d.ReadDirectory(); !errors.Is(err, wasi.CodeQuota) {
		t.Errorf("ReadDirectory of one more: %v, want %v", err, wasi.CodeQuota)
	}
	want := component.LimitError{Limit: "wasi.Limits.MaxDescriptors", Max: 3, Want: 4}
	if got := h.Refused(); got == nil || *got != want {
		t.Errorf("Refused = %v, want %v", got, &want)
	}
	if err := listing.Close(); err != nil {
		t.Fatal(err)
	}
	for range 5 { // resources 4 to 8
		if _, err := opened.ReadStream(0); err != nil {
			t.Fatal(err)
		}
	}
	if err := opened.Close(); err != nil { // its streams keep the file open
		t.Fatal(err)
	}
	if _, err := h.Stdin(); err != nil { // in place of the descriptor
		t.Fatal(err)
	}
	p, err := h.SubscribeDuration(1)
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.SubscribeDuration(1)
	wantTrap(t, "SubscribeDuration", err, component.TrapLimit)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := h.SubscribeDuration(1); err != nil {
		t.Errorf("SubscribeDuration in place of one that was closed: %v", err)
	}
	_, err = h.Stdout()
	wantTrap(t, "Stdout", err, component.TrapLimit)
	_, err = h.Preopens()
	wantTrap(t, "Preopens", err, component.TrapLimit)
	_, err = d.OpenAt(0, "file", 0, wasi.FlagRead)
	wantTrap(t, "OpenAt", err, component.TrapLimit)
	_, err = h.RandomBytes(t.Context(), 17)
	wantTrap(t, "RandomBytes", err, component.TrapLimit)
	if limit, ok := errors.AsType[*component.LimitError](err); !ok || limit.Limit != "wasi.Limits.MaxRandomBytes" || limit.Max != 16 {
		t.Errorf("RandomBytes over the limit: %#v", limit)
	}
	_, err = h.InsecureBytes(t.Context(), 1<<63)
	wantTrap(t, "InsecureBytes", err, component.TrapLimit)
}
