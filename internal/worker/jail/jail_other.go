//go:build !linux

package jail

import (
	"fmt"
	"runtime"
)

func unsupported() error { return fmt.Errorf("%s: %w", runtime.GOOS, ErrUnsupported) }

// Confine is ErrUnsupported on this system.
func Confine(Files) (abi int, err error) { return 0, unsupported() }

// Limit is ErrUnsupported on this system.
func Limit(Limits) error { return unsupported() }

// Seal is ErrUnsupported on this system.
func Seal(Stage) error { return unsupported() }
