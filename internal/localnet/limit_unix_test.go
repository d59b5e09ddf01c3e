//go:build unix

package localnet_test

import (
	"os/signal"
	"strconv"
	"syscall"
	"testing"
)

// limitFileSize makes files of more bytes impossible, as a full disk does. 0: no
// limit.
func limitFileSize(t *testing.T, limit string) {
	t.Helper()
	n, err := strconv.ParseUint(limit, 10, 62)
	if err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
		t.Fatal(err)
	}
}
