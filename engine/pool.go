package engine

import "sync/atomic"

// MemoryPool bounds the linear memory that several stores have together: see
// StoreConfig.Pool. It is safe for concurrent use.
type MemoryPool struct {
	max  uint64
	used atomic.Uint64
}

// NewMemoryPool returns a pool of so many bytes.
func NewMemoryPool(maxBytes uint64) *MemoryPool { return &MemoryPool{max: maxBytes} }

// Resize gives a store now bytes in place of the before bytes that it had. The
// error is *LimitError if the pool has not as many. It is for engines.
func (p *MemoryPool) Resize(before, now uint64) error {
	for {
		used := p.used.Load()
		want := used - before + now
		if now > before && (want < used || want > p.max) {
			return &LimitError{Limit: "Pool", Max: p.max, Want: want}
		}
		if p.used.CompareAndSwap(used, want) {
			return nil
		}
	}
}

// UsedBytes returns what the stores have together now.
func (p *MemoryPool) UsedBytes() uint64 { return p.used.Load() }
