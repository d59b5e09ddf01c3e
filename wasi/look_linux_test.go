package wasi_test

import (
	"errors"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/berth-cli/berth/wasi"
)

// watch returns a function that says whether path was opened since. Looking at it
// does not count.
func watch(t *testing.T, path string) (opened func() bool) {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		t.Skipf("files cannot be watched: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Close(fd); err != nil {
			t.Error(err)
		}
	})
	if _, err := unix.InotifyAddWatch(fd, path, unix.IN_OPEN); err != nil {
		t.Fatal(err)
	}
	return func() bool {
		n, err := unix.Read(fd, make([]byte, 4096))
		if err != nil && !errors.Is(err, unix.EAGAIN) {
			t.Fatal(err)
		}
		return n > 0
	}
}

// A pipe, which stands for a device here, is not even opened, whatever the guest has
// done to its name since it looked at a file.
func TestPipeIsNotOpened(t *testing.T) {
	for _, tt := range []struct {
		name   string
		calls  uint64 // after the file was looked at
		before func(d *wasi.Descriptor) error
		path   string
	}{
		{"nothing was looked at", 9, nil, "pipe"},
		{"another was looked at", 1, nil, "pipe"},
		{"renamed", 1, func(d *wasi.Descriptor) error { return d.RenameAt("pipe", d, "file") }, "file"},
		{"removed and linked", 1, func(d *wasi.Descriptor) error {
			return errors.Join(d.UnlinkFileAt("file"), d.LinkAt(0, "pipe", d, "file"))
		}, "file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			writeFiles(t, dir, "file")
			if err := unix.Mkfifo(filepath.Join(dir, "pipe"), 0o666); err != nil {
				t.Fatal(err)
			}
			opened := watch(t, filepath.Join(dir, "pipe"))
			d := grant(t, dir, true)
			if _, err := d.StatAtCall(0, "file", statCall); err != nil {
				t.Fatal(err)
			}
			if tt.before != nil {
				if err := tt.before(d); err != nil {
					t.Fatal(err)
				}
			}
			_, err := d.OpenAtCall(0, tt.path, 0, wasi.FlagRead, statCall+tt.calls)
			if !errors.Is(err, wasi.CodeNotPermitted) || opened() {
				t.Errorf("OpenAtCall(%q) = %v, and it was opened: %v", tt.path, err, opened())
			}
		})
	}
}

// Nor is one that has the name in another folder.
func TestPipeOfOtherFolderIsNotOpened(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "file", "sub/")
	if err := unix.Mkfifo(filepath.Join(dir, "sub", "file"), 0o666); err != nil {
		t.Fatal(err)
	}
	opened := watch(t, filepath.Join(dir, "sub", "file"))
	d := grant(t, dir, false)
	sub, err := d.OpenAt(0, "sub", wasi.OpenDirectory, wasi.FlagRead)
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	if _, err := d.StatAtCall(0, "file", statCall); err != nil {
		t.Fatal(err)
	}
	if _, err := sub.OpenAtCall(0, "file", 0, wasi.FlagRead, statCall+1); !errors.Is(err, wasi.CodeNotPermitted) || opened() {
		t.Errorf("OpenAtCall = %v, and it was opened: %v", err, opened())
	}
}

// waitOnce makes the guest wait.
func waitOnce(t *testing.T, h *wasi.Host) {
	t.Helper()
	waited := 0
	p, err := h.NewPollable(func() bool { waited++; return waited > 2 })
	if err != nil {
		t.Fatal(err)
	}
	h.Wake()
	if err := errors.Join(p.Block(t.Context()), p.Close()); err != nil {
		t.Fatal(err)
	}
}

// Someone else's change of the name after it was looked at is noticed for as long as
// the guest's calls follow each other, and not made use of later.
func TestPipeInsteadOfFile(t *testing.T) {
	for _, tt := range []struct {
		name   string
		calls  uint64
		waits  bool
		opened bool
	}{
		{"at once", 1, false, true},
		{"at the latest", 4, false, true},
		{"too late", 5, false, false},
		{"before", 0, false, false},
		{"after waiting", 1, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			writeFiles(t, dir, "file")
			if err := unix.Mkfifo(filepath.Join(dir, "pipe"), 0o666); err != nil {
				t.Fatal(err)
			}
			h := newHost(t, wasi.Config{Preopens: []wasi.Preopen{{Dir: dir}}})
			d := preopens(t, h)[0].Descriptor
			if _, err := d.StatAtCall(0, "file", statCall); err != nil {
				t.Fatal(err)
			}
			opened := watch(t, filepath.Join(dir, "pipe"))
			replace(t, filepath.Join(dir, "pipe"), filepath.Join(dir, "file"))
			if tt.waits {
				waitOnce(t, h)
			}
			_, err := d.OpenAtCall(0, "file", 0, wasi.FlagRead, statCall+tt.calls)
			if got := opened(); !errors.Is(err, wasi.CodeNotPermitted) || got != tt.opened {
				t.Errorf("OpenAtCall = %v, and the pipe was opened: %v, want %v", err, got, tt.opened)
			}
		})
	}
}
