package atomicfile_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/berth-cli/berth/internal/atomicfile"
)

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// wantOnly checks that the folder holds that many files: no temporary ones.
func wantOnly(t *testing.T, dir string, n int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != n {
		t.Errorf("%d files in the folder (%v), want %d: %v", len(entries), err, n, entries)
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "file")
	for _, data := range []string{"one", "", strings.Repeat("two", 1<<16)} {
		if err := atomicfile.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := read(t, name); got != data {
			t.Errorf("file holds %d bytes, want %d", len(got), len(data))
		}
	}
	wantOnly(t, dir, 1)
}

func TestPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("windows has no permission bits")
	}
	name := filepath.Join(t.TempDir(), "file")
	for _, perm := range []os.FileMode{0o644, 0o600, 0o755} {
		if err := atomicfile.WriteFile(name, nil, perm); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != perm {
			t.Errorf("permissions %v, %v, want %v", info.Mode(), err, perm)
		}
	}
}

func TestFillFails(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "file")
	if err := atomicfile.WriteFile(name, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := atomicfile.Write(name, 0o600, func(w io.Writer) error {
		_, err := io.WriteString(w, "half")
		return errors.Join(err, io.ErrUnexpectedEOF)
	})
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), name) {
		t.Errorf("Write error = %v, want %v and the name", err, io.ErrUnexpectedEOF)
	}
	if got := read(t, name); got != "old" {
		t.Errorf("file holds %q, want the old contents", got)
	}
	wantOnly(t, dir, 1)
}

func TestReplacesSymlink(t *testing.T) {
	dir := t.TempDir()
	victim, link := filepath.Join(dir, "victim"), filepath.Join(dir, "link")
	if err := os.WriteFile(victim, []byte("untouched"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("victim", link); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	if err := atomicfile.WriteFile(link, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := read(t, victim); got != "untouched" {
		t.Errorf("the link's target holds %q: the link was followed", got)
	}
	if got := read(t, link); got != "new" {
		t.Errorf("file holds %q, want new", got)
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	if err := atomicfile.WriteFile(filepath.Join(dir, "absent", "file"), nil, 0o600); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("in a folder that is absent: %v, want ErrNotExist", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.WriteFile(filepath.Join(dir, "folder"), nil, 0o600); err == nil {
		t.Error("replaced a folder")
	}
	wantOnly(t, dir, 1)
}

func TestConcurrent(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			data := strings.Repeat(fmt.Sprint(i), 10_000)
			if err := atomicfile.WriteFile(name, []byte(data), 0o600); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got := read(t, name)
	if len(got) != 10_000 || strings.Trim(got, got[:1]) != "" {
		t.Errorf("file is a mix of writers: %d bytes, %q…", len(got), got[:10])
	}
}

func TestRename(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	for name, data := range map[string]string{a: "new", b: "old"} {
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := atomicfile.Rename(a, b); err != nil || read(t, b) != "new" {
		t.Errorf("Rename: %v, file holds %q", err, read(t, b))
	}
	if err := atomicfile.Rename(a, b); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Rename of an absent file: %v, want ErrNotExist", err)
	}
}
