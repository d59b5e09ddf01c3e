package wasi_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/berth-cli/berth/wasi"
)

// meanwhile runs f again and again on another goroutine until the test is over.
func meanwhile(t *testing.T, f func()) {
	stop := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				f()
			}
		}
	})
	t.Cleanup(func() {
		close(stop)
		running.Wait()
	})
}

// While someone exchanges what two names mean, what is opened is a file or folder
// that is inside, and opening does not wait for a pipe.
func TestExchangedWhileOpened(t *testing.T) {
	for _, tt := range []struct{ name, victim, other string }{
		{"file and pipe", "file", "pipe"},
		{"folder and pipe", "sub", "pipe"},
		{"file and folder", "file", "sub"},
		{"folder and link out", "sub", "upwards"},
		{"folder and absolute link", "sub", "absolute"},
		{"file and link out", "file", "upwards-file"},
		{"file and link in", "file", "dangling-inside"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, _ := jail(t)
			if err := unix.Mkfifo(filepath.Join(dir, "pipe"), 0o666); err != nil {
				t.Fatal(err)
			}
			d := grant(t, dir, true)
			victim, other := filepath.Join(dir, tt.victim), filepath.Join(dir, tt.other)
			meanwhile(t, func() {
				if err := unix.Renameat2(unix.AT_FDCWD, victim, unix.AT_FDCWD, other, unix.RENAME_EXCHANGE); err != nil {
					t.Errorf("exchange: %v", err)
				}
			})
			for range 500 {
				checkOpened(t, d, 0, tt.victim)
				checkOpened(t, d, wasi.FollowLinks, tt.victim)
				checkOpened(t, d, wasi.FollowLinks, tt.victim+"/file")
			}
		})
	}
}

// checkOpened fails if a path can be opened and is neither file nor folder, or
// shows what is outside.
func checkOpened(t *testing.T, d *wasi.Descriptor, pf wasi.PathFlags, path string) {
	t.Helper()
	opened, err := d.OpenAt(pf, path, 0, wasi.FlagRead)
	if err != nil {
		return
	}
	defer opened.Close()
	typ, err := opened.Type()
	if err != nil || typ != wasi.TypeDirectory && typ != wasi.TypeRegularFile {
		t.Fatalf("%q is of type %d, %v", path, typ, err)
	}
	if b, _, err := opened.Read(100, 0); err == nil && strings.Contains(string(b), "secret") {
		t.Fatalf("%q shows %q", path, b)
	}
}

// What a name means changes just between looking at it and opening it.
func TestReplacedBeforeOpening(t *testing.T) {
	for _, tt := range []struct {
		name          string
		victim, other string
		once          bool // else what they mean is exchanged every time
		open          wasi.OpenFlags
		want          error
	}{
		{"file by file", "file", "sub/file", true, 0, nil},
		{"file by file again and again", "file", "sub/file", false, 0, wasi.CodeBusy},
		{"file by pipe", "file", "pipe", true, 0, wasi.CodeNotPermitted},
		{"folder by pipe", "sub", "pipe", true, 0, wasi.CodeNotDirectory},
		{"folder by folder", "sub", "sibling", true, 0, nil},
		{"folder by link in", "sub", "self", true, 0, wasi.CodeLoop},
		{"folder by link out", "sub", "upwards", true, 0, wasi.CodeNotPermitted},
		{"file by link out", "file", "upwards-file", true, 0, wasi.CodeNotPermitted},
		{"file by link in", "file", "inside", true, 0, wasi.CodeLoop},
		{"nothing by link in", "none", "dangling-inside", true, wasi.OpenCreate, wasi.CodeLoop},
		{"nothing by link out", "none", "dangling", true, wasi.OpenCreate, wasi.CodeLoop},
		{"nothing by pipe", "none", "pipe", true, wasi.OpenCreate, wasi.CodeNotPermitted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, secret := jail(t)
			if err := unix.Mkfifo(filepath.Join(dir, "pipe"), 0o666); err != nil {
				t.Fatal(err)
			}
			h := newHost(t, wasi.Config{Preopens: []wasi.Preopen{{Dir: dir, ReadWrite: true}}})
			victim, other := filepath.Join(dir, tt.victim), filepath.Join(dir, tt.other)
			h.SetLooked(func() {
				if tt.once {
					h.SetLooked(nil)
				}
				err := unix.Renameat2(unix.AT_FDCWD, victim, unix.AT_FDCWD, other, unix.RENAME_EXCHANGE)
				if errors.Is(err, os.ErrNotExist) {
					err = os.Rename(other, victim)
				}
				if err != nil {
					t.Error(err)
				}
			})
			var flags wasi.DescriptorFlags
			if tt.open != 0 {
				flags = wasi.FlagWrite
			}
			if _, err := preopens(t, h)[0].Descriptor.OpenAt(0, tt.victim, tt.open, flags); !errors.Is(err, tt.want) {
				t.Errorf("OpenAt(%q) = %v, want %v", tt.victim, err, tt.want)
			}
			for _, path := range []string{filepath.Join(dir, "sub", "new"), filepath.Join(secret, "new")} {
				if _, err := os.Lstat(path); err == nil {
					t.Errorf("%s was created through a link", path)
				}
			}
		})
	}
}
