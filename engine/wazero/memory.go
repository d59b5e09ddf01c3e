package wazero

import (
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/meter"
)

// memoryBudget counts all memories of a store, which meter bounds.
type memoryBudget struct {
	meter      *meter.Meter
	used, peak uint64
	all        []*linear
}

// take counts n more bytes, unless that is too many.
func (b *memoryBudget) take(n uint64) bool {
	if !b.meter.GrowMemory(b.used, n) {
		return false
	}
	b.used += n
	b.peak = max(b.peak, b.used)
	return true
}

// Allocate implements experimental.MemoryAllocator.
func (b *memoryBudget) Allocate(_, most uint64) experimental.LinearMemory {
	l := &linear{budget: b}
	l.region.reserve(min(most, b.meter.Config().MaxMemoryBytes))
	b.all = append(b.all, l)
	return l
}

func (b *memoryBudget) free() {
	for _, l := range b.all {
		l.bytes = nil
		l.region.release()
	}
	b.all, b.used = nil, 0
}

// linear is the bytes of one memory. It lives as long as its store: an instance
// whose start function trapped may have left functions behind that use it.
type linear struct {
	budget *memoryBudget
	region region
	bytes  []byte
}

// Reallocate implements experimental.LinearMemory. It returns nil to refuse.
func (l *linear) Reallocate(size uint64) []byte {
	grown := size - uint64(len(l.bytes))
	if size < uint64(len(l.bytes)) || !l.budget.take(grown) {
		return nil
	}
	bytes := l.region.resize(l.bytes, size)
	if bytes == nil {
		l.budget.used -= grown
		return nil
	}
	l.bytes = bytes
	return bytes
}

// Free implements experimental.LinearMemory; the store frees.
func (l *linear) Free() {}

// memory is a memory of a store.
type memory struct {
	source
	store  *store
	linear *linear
	api    api.Memory
	limits engine.Limits // declared
}

var _ engine.Memory = (*memory)(nil)

func (m *memory) ExternKind() engine.ExternKind { return engine.KindMemory }
func (m *memory) Is64() bool                    { return false }

func (m *memory) Bytes() []byte {
	if m.store.closed {
		return nil
	}
	return m.linear.bytes
}

func (m *memory) Grow(pages uint64) bool {
	if m.store.closed || pages > 1<<16 {
		return false
	}
	_, ok := m.api.Grow(uint32(pages))
	return ok
}
