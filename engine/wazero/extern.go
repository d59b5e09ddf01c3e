package wazero

import (
	"github.com/tetratelabs/wazero/api"

	"github.com/berth-cli/berth/engine"
)

// global is a global of a store.
type global struct {
	source
	store *store
	t     engine.ExternType
	api   api.Global
}

var _ engine.Global = (*global)(nil)

func (g *global) ExternKind() engine.ExternKind { return engine.KindGlobal }

// Get implements engine.Global.
func (g *global) Get() uint64 {
	v := g.api.Get()
	if g.t.Val == engine.I32 || g.t.Val == engine.F32 {
		v = uint64(uint32(v))
	}
	return v
}

// Set implements engine.Global.
func (g *global) Set(bits uint64) error {
	m, ok := g.api.(api.MutableGlobal)
	if !ok || !g.t.Mutable || !g.t.Val.IsNum() {
		return engine.ErrImmutable
	}
	m.Set(bits)
	return nil
}

// tag is a tag of a store.
type tag struct {
	source
	store *store
	t     engine.FuncType
}

var _ engine.Tag = (*tag)(nil)

func (t *tag) ExternKind() engine.ExternKind { return engine.KindTag }
func (t *tag) Type() engine.FuncType         { return t.t }
