//go:build unix

package icpsync_test

import (
	"path/filepath"
	"syscall"
	"testing"
)

func makeFIFO(t *testing.T, box string) {
	if err := syscall.Mkfifo(filepath.Join(box, "fifo"), 0o666); err != nil {
		t.Fatal(err)
	}
}
