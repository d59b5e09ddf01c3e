//go:build linux || darwin

package wazero_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/berth-cli/berth/engine/wazero"
)

// leave makes a folder as an engine of a process has it that was killed, and
// returns it open.
func leave(t *testing.T) *os.File {
	t.Helper()
	parent := "/dev/shm"
	if _, err := os.Stat(parent); err != nil {
		parent = os.TempDir()
	}
	name, err := os.MkdirTemp(parent, "berth-wazero-*") //nolint:usetesting // where engines look for it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(name) })
	if err := os.WriteFile(filepath.Join(name, "code"), []byte("left behind"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestFoldersOfTheDead(t *testing.T) {
	if _, err := os.Stat("/dev/shm"); err != nil {
		t.Setenv("TMPDIR", t.TempDir())
	}
	dead, alive := leave(t), leave(t)
	if err := syscall.Flock(int(alive.Fd()), syscall.LOCK_EX); err != nil {
		t.Skip("no locks on folders: ", err)
	}
	newEngine(wazero.Config{Cache: openCache(t, t.TempDir(), nil)})(t)
	if _, err := os.Stat(dead.Name()); !os.IsNotExist(err) {
		t.Errorf("folder of a dead process: %v, want it removed", err)
	}
	if _, err := os.Stat(alive.Name()); err != nil {
		t.Errorf("folder of a process that runs: %v, want it kept", err)
	}
}

// TestFolderReplaced checks that nothing is compiled, and so loaded, where somebody put
// a folder in the place of the engine's.
func TestFolderReplaced(t *testing.T) {
	dir := t.TempDir()
	runCached(t, dir, answer(1))
	e := newEngine(wazero.Config{Cache: openCache(t, dir, nil)})(t)
	folder := wazero.CacheFolder(e.(*wazero.Engine))
	if folder == "" {
		t.Skip("no folder for compiled code here")
	}
	root := filepath.Dir(folder)
	if err := os.Rename(root, root+"-away"); err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(root + "-away")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(root)
	other, err := os.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := syscall.Flock(int(other.Fd()), syscall.LOCK_EX); err != nil {
		t.Skip("no locks on folders: ", err)
	}
	for _, n := range []int32{1, 2} { // kept, and new
		if _, err := e.Compile(t.Context(), answer(n)); err == nil || !strings.Contains(err.Error(), "was replaced by another") {
			t.Errorf("Compile = %v, want an error", err)
		}
	}
}
