//go:build linux && (amd64 || arm64)

package jail

import (
	"fmt"
	"runtime"
	"unsafe" // the kernel takes pointers

	"golang.org/x/sys/unix"
)

// Seal gives up, in all threads and for good, the system calls that the stage does
// not need. The error is ErrUnsupported if the kernel has no filters.
func Seal(stage Stage) error {
	if stage == Run {
		if err := noFiles(); err != nil {
			return fmt.Errorf("limit file size: %w", err)
		}
		// Nobody of the same user may look into the process, nor it into itself.
		if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
			return fmt.Errorf("hide process: %w", err)
		}
	}
	rules := filter(stage)
	prog := unix.SockFprog{Len: uint16(len(rules)), Filter: &rules[0]}
	// Both must happen on one thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up privileges: %w", err)
	}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&prog)))
	runtime.KeepAlive(rules)
	switch errno {
	case 0:
		return nil
	case unix.ENOSYS, unix.EINVAL:
		return fmt.Errorf("seccomp: %w: %w", ErrUnsupported, errno)
	}
	return fmt.Errorf("seccomp: %w", errno)
}
