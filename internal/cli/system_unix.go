//go:build unix

package cli

import (
	"os/signal"
	"syscall"
)

// ignoreFileSizeSignal makes writing beyond a limit on the size of files an error,
// which can be told, and not the end of the process.
func ignoreFileSizeSignal() { signal.Ignore(syscall.SIGXFSZ) }

// errDiskQuota is the error of a user who may not use more of a disk.
const errDiskQuota = syscall.EDQUOT
