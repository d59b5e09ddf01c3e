//go:build unix

package atomicfile

import (
	"errors"
	"os"
	"syscall"
)

func rename(oldName, newName string) error { return os.Rename(oldName, newName) }

// syncDir makes a rename in the folder lasting. File systems that cannot sync a
// folder need not.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		return nil
	}
	return err
}
