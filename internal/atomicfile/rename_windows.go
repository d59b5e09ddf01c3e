package atomicfile

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// What Windows returns while a virus scanner or another process has the target
// open.
const (
	errSharingViolation = syscall.Errno(32)
	errLockViolation    = syscall.Errno(33)
)

// rename retries for about two seconds while another process holds the target.
func rename(oldName, newName string) error {
	for wait := time.Millisecond; ; wait *= 2 {
		err := os.Rename(oldName, newName)
		if err == nil || wait > time.Second || !held(err) {
			return err
		}
		time.Sleep(wait)
	}
}

func held(err error) bool {
	return errors.Is(err, syscall.ERROR_ACCESS_DENIED) || errors.Is(err, errSharingViolation) || errors.Is(err, errLockViolation)
}

// syncDir does nothing: Windows cannot sync a folder, and NTFS logs the rename.
func syncDir(string) error { return nil }
