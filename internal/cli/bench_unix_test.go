//go:build unix

package cli_test

import (
	"os"
	"runtime"
	"syscall"
)

// peakMiB is the most memory a process that has ended took.
func peakMiB(p *os.ProcessState) float64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return float64(usage.Maxrss) / (1 << 20) // bytes there
	}
	return float64(usage.Maxrss) / (1 << 10)
}
