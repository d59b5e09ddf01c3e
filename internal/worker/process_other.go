//go:build !linux

package worker

import (
	"fmt"
	"os"
	"runtime"
	"syscall"

	"github.com/berth-cli/berth/plugin/icpsync"
)

const sigSys = syscall.Signal(-1) // none has that number

func supported() error { return fmt.Errorf("worker: %s: %w", runtime.GOOS, ErrUnsupported) }

func (l *Launcher) start(*icpsync.Inputs) (*process, error) { return nil, supported() }

func death(*os.ProcessState, uint64) *DeathError { return &DeathError{ExitCode: -1} }
