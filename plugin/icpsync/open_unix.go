//go:build unix

package icpsync

import "syscall"

// nonBlocking keeps the opening of a FIFO that took a file's place from waiting.
const nonBlocking = syscall.O_NONBLOCK
