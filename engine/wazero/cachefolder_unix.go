//go:build linux || darwin

package wazero

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// makeOwned makes a folder in parent and returns it open and locked: the lock ends
// with the process, however that ends. Where there are no locks nothing is swept.
func makeOwned(parent string) (string, *os.File, error) {
	for range 8 {
		root, err := os.MkdirTemp(parent, folderPattern)
		if err != nil {
			return "", nil, err
		}
		f, err := os.Open(root)
		if err != nil {
			continue // swept before it was locked
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil || isAt(f, root) {
			return root, f, nil
		}
		f.Close()
	}
	return "", nil, errSwept
}

var errSwept = errors.New("new folders disappear")

// isAt reports whether f is what path names.
func isAt(f *os.File, path string) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(mine, there)
}

// sweep removes this user's folders in parent that no process owns.
func sweep(parent string) {
	names, _ := filepath.Glob(filepath.Join(parent, folderPattern))
	for _, name := range names {
		sweepOne(name)
	}
}

func sweepOne(name string) {
	info, err := os.Lstat(name)
	if err != nil || !info.IsDir() {
		return
	}
	if s, ok := info.Sys().(*syscall.Stat_t); !ok || int(s.Uid) != os.Geteuid() {
		return
	}
	f, err := os.Open(name)
	if err != nil {
		return
	}
	defer f.Close()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil && isAt(f, name) {
		_ = os.RemoveAll(name)
	}
}
