package wasi_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"github.com/berth-cli/berth/wasi"
)

func TestErrorCodeOf(t *testing.T) {
	wrap := func(err error) error { return &fs.PathError{Op: "open", Path: "x", Err: err} }
	for _, tt := range []struct {
		name string
		err  error
		want wasi.ErrorCode
	}{
		{"code", fmt.Errorf("more: %w", wasi.CodePipe), wasi.CodePipe},
		{"ENOENT", wrap(syscall.ENOENT), wasi.CodeNoEntry},
		{"EPERM", &os.LinkError{Op: "link", Old: "a", New: "b", Err: syscall.EPERM}, wasi.CodeNotPermitted},
		{"ELOOP", wrap(syscall.ELOOP), wasi.CodeLoop},
		{"EMFILE", wrap(syscall.EMFILE), wasi.CodeQuota},
		{"ENOTSUP", wrap(syscall.ENOTSUP), wasi.CodeUnsupported},
		{"ENOSPC", os.NewSyscallError("write", syscall.ENOSPC), wasi.CodeInsufficientSpace},
		{"EIO", wrap(syscall.EIO), wasi.CodeIO},
		{"closed", wrap(os.ErrClosed), wasi.CodeBadDescriptor},
		{"not there", wrap(fs.ErrNotExist), wasi.CodeNoEntry},
		{"there", wrap(fs.ErrExist), wasi.CodeExist},
		{"invalid", wrap(fs.ErrInvalid), wasi.CodeInvalid},
		{"unknown", errors.New("what"), wasi.CodeIO},
	} {
		if got := wasi.ErrorCodeOf(tt.err); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestErrorCodeNames(t *testing.T) {
	seen := map[string]bool{}
	for c := wasi.CodeAccess; c <= wasi.CodeCrossDevice; c++ {
		if seen[c.String()] || c.String() == "unknown" || c.Error() != c.String() {
			t.Errorf("code %d is named %q", c, c.String())
		}
		seen[c.String()] = true
	}
	if first, last := wasi.CodeAccess.String(), wasi.CodeCrossDevice.String(); first != "access" || last != "cross-device" {
		t.Errorf("names go from %q to %q", first, last)
	}
	if got := (wasi.CodeCrossDevice + 1).String(); got != "unknown" {
		t.Errorf("a code that is none is named %q", got)
	}
}

func TestZeroErrors(t *testing.T) {
	for _, err := range []error{&wasi.ExitError{}, &wasi.StreamError{}} {
		if err.Error() == "" {
			t.Errorf("%T says nothing", err)
		}
	}
}
