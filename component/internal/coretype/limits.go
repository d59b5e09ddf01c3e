package coretype

import (
	"errors"
	"fmt"
	"math"
)

// check reports limits that no memory can have.
//
// Core specification, "Memory Types".
func (m Memory) check() error {
	bound := uint64(1) << (32 - m.PageBits)
	if m.Is64 {
		bound = uint64(1) << (64 - max(m.PageBits, 1))
	}
	if err := m.Limits.check(bound); err != nil {
		return err
	}
	if m.Shared && !m.HasMax {
		return errors.New("shared memory without a maximum size")
	}
	return nil
}

// bound is the most elements a table of this index type may have.
func (t Table) bound() uint64 {
	if t.Is64 {
		return math.MaxUint64
	}
	return math.MaxUint32
}

func (l Limits) check(bound uint64) error {
	if l.Min > bound || l.HasMax && l.Max > bound {
		return fmt.Errorf("size over %d", bound)
	}
	if l.HasMax && l.Min > l.Max {
		return fmt.Errorf("minimum size %d is over the maximum %d", l.Min, l.Max)
	}
	return nil
}
