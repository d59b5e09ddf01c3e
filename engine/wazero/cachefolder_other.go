//go:build !linux && !darwin

package wazero

import (
	"os"
	"path/filepath"
	"time"
)

// makeOwned makes a folder in parent and returns it.
func makeOwned(parent string) (string, *os.File, error) {
	root, err := os.MkdirTemp(parent, folderPattern)
	return root, nil, err
}

// staleAfter is how old a folder is that no process can be using: it is used while
// an engine is, but written to at each compilation.
const staleAfter = 7 * 24 * time.Hour

// sweep removes folders in parent that are old.
func sweep(parent string) {
	names, _ := filepath.Glob(filepath.Join(parent, folderPattern))
	for _, name := range names {
		if info, err := os.Lstat(name); err == nil && info.IsDir() && time.Since(info.ModTime()) > staleAfter {
			_ = os.RemoveAll(name)
		}
	}
}
