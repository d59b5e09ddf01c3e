//go:build !unix

package cli

import "syscall"

// ignoreFileSizeSignal does nothing where there is no such signal.
func ignoreFileSizeSignal() {}

// errDiskQuota is the error of a disk that is full.
const errDiskQuota = syscall.ENOSPC
