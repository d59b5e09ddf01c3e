//go:build linux || darwin

package wasi_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/berth-cli/berth/wasi"
)

// Opening what is neither file nor folder is refused and does not wait: a pipe
// without a writer would do so for ever.
func TestSpecialFiles(t *testing.T) {
	dir, err := os.MkdirTemp("", "w") //nolint:usetesting // short, for the name of a socket
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := unix.Mkfifo(filepath.Join(dir, "pipe"), 0o666); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for name, target := range map[string]string{"to-pipe": "pipe", "to-socket": "socket"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	names := []string{"pipe", "socket", "to-pipe", "to-socket"}
	if err := unix.Mknod(filepath.Join(dir, "null"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))); err == nil {
		names = append(names, "null")
	}
	d := grant(t, dir, true)
	for _, name := range names {
		for _, of := range []wasi.OpenFlags{0, wasi.OpenCreate, wasi.OpenTruncate} {
			for _, df := range []wasi.DescriptorFlags{wasi.FlagWrite, wasi.FlagRead | wasi.FlagWrite} {
				if _, err := d.OpenAt(wasi.FollowLinks, name, of, df); !errors.Is(err, wasi.CodeNotPermitted) {
					t.Errorf("OpenAt(%q, %b, %b): %v, want %v", name, of, df, err, wasi.CodeNotPermitted)
				}
			}
		}
		if _, err := d.OpenAt(wasi.FollowLinks, name, 0, wasi.FlagRead); !errors.Is(err, wasi.CodeNotPermitted) {
			t.Errorf("OpenAt(%q): %v, want %v", name, err, wasi.CodeNotPermitted)
		}
		if _, err := d.OpenAt(wasi.FollowLinks, name, wasi.OpenDirectory, 0); !errors.Is(err, wasi.CodeNotDirectory) {
			t.Errorf("OpenAt(%q) as a folder: %v, want %v", name, err, wasi.CodeNotDirectory)
		}
	}
	for name, want := range map[string]wasi.DescriptorType{
		"pipe": wasi.TypeFIFO, "socket": wasi.TypeSocket, "to-pipe": wasi.TypeSymbolicLink,
	} {
		if st, err := d.StatAt(0, name); err != nil || st.Type != want {
			t.Errorf("StatAt(%q).Type = %v, %v, want %v", name, st.Type, err, want)
		}
	}
}

// A pipe as the granted folder is refused as well, and does not wait.
func TestPreopenOfAPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(pipe, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := wasi.New(wasi.Config{Preopens: []wasi.Preopen{{Dir: pipe, Guest: "p"}}}); err == nil {
		t.Error("New with a pipe as a folder succeeded")
	}
}

// Names in /proc lead anywhere without being links in the usual sense.
func TestMagicLinks(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has them")
	}
	d := grant(t, "/proc", false)
	for _, path := range []string{"self/root/etc/passwd", "self/cwd", "self/exe", "self/fd/0", "self/root"} {
		opened, err := d.OpenAt(wasi.FollowLinks, path, 0, wasi.FlagRead)
		if err == nil {
			t.Errorf("OpenAt(%q) = %v, want an error", path, opened)
		}
	}
	status, err := d.OpenAt(wasi.FollowLinks, "self/status", 0, wasi.FlagRead)
	if err != nil {
		t.Fatal(err)
	}
	if b, _, err := status.Read(5, 0); err != nil || string(b) != "Name:" { // a file of size 0
		t.Errorf("Read of /proc/self/status = %q, %v", b, err)
	}
}

// A name that is no text cannot be told, and does not hide those behind it.
func TestListingOfNoText(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a\xff"), nil, 0o666); err != nil {
		t.Skipf("this system has no such names: %v", err)
	}
	writeFiles(t, dir, "one", "two", "three")
	l, err := grant(t, dir, false).ReadDirectory()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	refused := 0
	for {
		e, err := l.Next()
		if errors.Is(err, wasi.CodeIllegalByteSequence) {
			refused++
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if e == nil {
			break
		}
		names = append(names, e.Name)
	}
	if len(names) != 3 || refused != 1 {
		t.Errorf("listing = %q with %d errors, want three names and one error", names, refused)
	}
}
