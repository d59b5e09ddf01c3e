package jail

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Limit bounds what this process takes. It cannot be undone.
func Limit(l Limits) error {
	limits := []struct {
		name     string
		resource int
		most     uint64
	}{
		{"core dumps", unix.RLIMIT_CORE, 0},
		{"data", unix.RLIMIT_DATA, l.DataBytes},
		{"descriptors", unix.RLIMIT_NOFILE, l.Descriptors},
		{"locked memory", unix.RLIMIT_MEMLOCK, 0},
		{"message queues", unix.RLIMIT_MSGQUEUE, 0},
	}
	for _, r := range limits {
		if err := lower(r.resource, r.most); err != nil {
			return fmt.Errorf("limit %s: %w", r.name, err)
		}
	}
	if l.CPUSeconds == 0 {
		return nil
	}
	if err := lower(unix.RLIMIT_CPU, l.CPUSeconds); err != nil {
		return fmt.Errorf("limit processor time: %w", err)
	}
	return nil
}

// lower sets a limit, unless a lower one is set already.
func lower(resource int, most uint64) error {
	var now unix.Rlimit
	if err := unix.Prlimit(0, resource, nil, &now); err != nil {
		return err
	}
	most = min(most, now.Max)
	return unix.Prlimit(0, resource, &unix.Rlimit{Cur: most, Max: most}, nil)
}

// noFiles lets this process write to no file.
func noFiles() error { return lower(unix.RLIMIT_FSIZE, 0) }
