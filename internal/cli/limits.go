package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/berth-cli/berth/plugin"
	"github.com/spf13/cobra"
)

// limitFlags are the flags that change what a program may spend.
type limitFlags struct {
	compute time.Duration
	memory  byteSize
	given   func(flag string) bool
}

const (
	computeFlag = "max-compute"
	memoryFlag  = "max-memory"
)

func (f *limitFlags) add(cmd *cobra.Command) {
	limits := plugin.DefaultLimits()
	f.given = cmd.Flags().Changed
	f.memory = byteSize(limits.MemoryBytes)
	cmd.Flags().DurationVar(&f.compute, computeFlag, limits.Compute, "time it may compute, waiting not counted")
	cmd.Flags().Var(&f.memory, memoryFlag, "memory it may have, such as 64MiB")
}

// programLimits are the limits of a program that is run: it may wait for its user.
func programLimits() plugin.Limits {
	limits := plugin.DefaultLimits()
	limits.Idle = plugin.Unlimited
	return limits
}

// apply changes limits as the flags say.
func (f *limitFlags) apply(limits *plugin.Limits) error {
	if f.compute <= 0 {
		return fmt.Errorf("--%s %v: %w", computeFlag, f.compute, errDuration)
	}
	if f.given(computeFlag) {
		limits.Compute = f.compute
	}
	if f.given(memoryFlag) {
		limits.MemoryBytes = uint64(f.memory)
	}
	return nil
}

// programKnob says what raises a limit of a program: a flag where there is one.
func programKnob(limit string) string {
	switch limit {
	case plugin.LimitCompute:
		return "--" + computeFlag
	case plugin.LimitMemory:
		return "--" + memoryFlag
	}
	return limitKnob(limit)
}

// byteSize is a flag of a number of bytes: "1048576", "64MiB", "2 GiB".
type byteSize uint64

// What the values of limits are.
var (
	errByteSize = errors.New("it is a number of bytes such as 64MiB")
	errDuration = errors.New("it is a time such as 90s or 10m")
	errCount    = errors.New("it is a number such as 5000")
)

// Set reads the flag.
func (b *byteSize) Set(text string) error {
	number := strings.TrimRight(text, "BGKMTbgikmt ")
	unit := strings.ToLower(strings.TrimSpace(text[len(number):]))
	shifts := map[string]int{"": 0, "b": 0, "k": 10, "kib": 10, "m": 20, "mib": 20, "g": 30, "gib": 30, "t": 40, "tib": 40}
	shift, known := shifts[unit]
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil || !known || n == 0 || n > 1<<62>>shift {
		return errByteSize
	}
	*b = byteSize(n << shift)
	return nil
}

// String writes the flag.
func (b *byteSize) String() string {
	return strings.ReplaceAll(plugin.FormatBytes(uint64(*b)), " ", "")
}

// Type is what help calls the flag's value.
func (*byteSize) Type() string { return "size" }
