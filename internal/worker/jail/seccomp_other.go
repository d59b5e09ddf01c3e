//go:build linux && !(amd64 || arm64)

package jail

import (
	"fmt"
	"runtime"
)

// Seal is ErrUnsupported: there is no list of system calls for this processor.
func Seal(Stage) error {
	return fmt.Errorf("seccomp on %s: %w", runtime.GOARCH, ErrUnsupported)
}
