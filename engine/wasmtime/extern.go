//go:build wasmtime

package wasmtime

import (
	"fmt"
	"math"

	wt "github.com/bytecodealliance/wasmtime-go/v39"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/meter"
)

// memory is a memory of a store.
type memory struct {
	store  *store
	limits engine.Limits // declared
	wt     *wt.Memory
}

var _ engine.Memory = (*memory)(nil)

func (m *memory) ExternKind() engine.ExternKind { return engine.KindMemory }
func (m *memory) Is64() bool                    { return m.limits.Is64 }

func (m *memory) Bytes() []byte {
	if m.store.closed {
		return nil
	}
	return m.wt.UnsafeData(m.store.ctx())
}

func (m *memory) Grow(pages uint64) bool {
	if m.store.closed || pages > math.MaxInt64/meter.PageSize || !m.store.mayGrow(pages) {
		return false
	}
	_, err := m.wt.Grow(m.store.ctx(), pages)
	return err == nil
}

// global is a global of a store.
type global struct {
	store *store
	t     engine.ExternType
	wt    *wt.Global
}

var _ engine.Global = (*global)(nil)

func (g *global) ExternKind() engine.ExternKind { return engine.KindGlobal }

// Get implements engine.Global. Of a vector it returns zero: wasmtime-go cannot read
// it.
func (g *global) Get() uint64 {
	if g.store.closed || g.t.Val == engine.V128 {
		return 0
	}
	return toBits(g.wt.Get(g.store.ctx()).Get())
}

// Set implements engine.Global.
func (g *global) Set(bits uint64) error {
	if !g.t.Mutable || !g.t.Val.IsNum() {
		return engine.ErrImmutable
	}
	if g.store.closed {
		return fmt.Errorf("store: %w", engine.ErrClosed)
	}
	v, err := toVal(g.t.Val, bits)
	if err != nil {
		return err
	}
	return g.wt.Set(g.store.ctx(), v)
}

// gauge is the fuel global of an instance.
type gauge struct{ *global }

// Set implements meter.Gauge. The global is a mutable i32, so it cannot fail.
func (g gauge) Set(bits uint64) { _ = g.global.Set(bits) }

// table is a table of a store.
type table struct {
	store *store
	t     engine.ExternType
	wt    *wt.Table
}

var _ engine.Table = (*table)(nil)

func (t *table) ExternKind() engine.ExternKind { return engine.KindTable }

func (t *table) Len() uint32 {
	if t.store.closed {
		return 0
	}
	return uint32(t.wt.Size(t.store.ctx()))
}

// Func implements engine.Table.
func (t *table) Func(i uint32, ft engine.FuncType) (engine.Func, error) {
	s := t.store
	if s.closed {
		return nil, fmt.Errorf("store: %w", engine.ErrClosed)
	}
	if i >= t.Len() || t.t.Val != engine.FuncRef {
		return nil, &engine.Trap{Code: engine.TrapTableOutOfBounds}
	}
	v, err := t.wt.Get(s.ctx(), uint64(i))
	if err != nil {
		return nil, fmt.Errorf("read table: %s", firstLines(err.Error()))
	}
	fn := v.Funcref()
	if fn == nil {
		return nil, &engine.Trap{Code: engine.TrapIndirectCallToNull}
	}
	got := fn.Type(s.ctx())
	defer got.Close()
	if !sameTypes(got.Params(), ft.Params) || !sameTypes(got.Results(), ft.Results) {
		return nil, &engine.Trap{Code: engine.TrapBadSignature}
	}
	return s.newFunction(ft, fn), nil
}

// sameTypes compares types as wasmtime-go can: it has no kind for vectors, of which
// no function from a table can be called.
func sameTypes(got []*wt.ValType, want []engine.ValType) bool {
	k, err := kinds(want)
	if err != nil || len(got) != len(k) {
		return false
	}
	for i := range got {
		if got[i].Kind() != k[i] {
			return false
		}
	}
	return true
}
