package wazero

import (
	"strconv"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/meter"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// ext is an extern of some store of this package.
type ext interface {
	engine.Extern
	// link returns the extern's type now, where to import it from and its store.
	link() (engine.ExternType, source, *store, error)
}

func (f *hostFunc) link() (engine.ExternType, source, *store, error) {
	src, err := f.store.place(f)
	return engine.ExternType{Kind: engine.KindFunc, Func: f.t}, src, f.store, err
}

func (f *function) link() (engine.ExternType, source, *store, error) {
	src := f.source
	if src.mod == nil {
		return engine.ExternType{}, src, f.store, errTableFunc
	}
	return engine.ExternType{Kind: engine.KindFunc, Func: f.t}, src, f.store, nil
}

func (m *memory) link() (engine.ExternType, source, *store, error) {
	limits := m.limits
	limits.Min = uint64(len(m.linear.bytes)) / meter.PageSize
	return engine.ExternType{Kind: engine.KindMemory, Limits: limits}, m.source, m.store, nil
}

func (t *table) link() (engine.ExternType, source, *store, error) {
	return t.t, t.source, t.store, nil
}

func (g *global) link() (engine.ExternType, source, *store, error) {
	return g.t, g.source, g.store, nil
}

func (t *tag) link() (engine.ExternType, source, *store, error) {
	return engine.ExternType{Kind: engine.KindTag, Func: t.t}, t.source, t.store, nil
}

// linkAll checks the imports against the module and returns where each comes from.
func (s *store) linkAll(m *module, imports []engine.Extern) ([]source, []rewrite.RelayImport, error) {
	want := m.rw.Imports
	if len(imports) != len(want) {
		return nil, nil, &engine.LinkError{Index: -1, Want: strconv.Itoa(len(want)), Got: strconv.Itoa(len(imports))}
	}
	sources := make([]source, len(want))
	relay := make([]rewrite.RelayImport, len(want))
	for i, w := range want {
		src, err := s.linkOne(w.Type, imports[i])
		if err != "" {
			return nil, nil, &engine.LinkError{Index: i, Import: w.Module + "." + w.Name, Want: w.Type.String(), Got: err}
		}
		sources[i] = src
		relay[i] = rewrite.RelayImport{Name: src.name, Type: w.Type}
	}
	return sources, relay, nil
}

// linkOne returns where to import x from, or what it is that does not fit.
func (s *store) linkOne(want engine.ExternType, x engine.Extern) (source, string) {
	e, ok := x.(ext)
	if !ok {
		if x == nil {
			return source{}, "nothing"
		}
		return source{}, x.ExternKind().String() + " of another engine"
	}
	if x.ExternKind() != want.Kind {
		return source{}, x.ExternKind().String()
	}
	got, src, store, err := e.link()
	switch {
	case err != nil:
		return source{}, err.Error()
	case store != s:
		return source{}, got.Kind.String() + " of another store"
	case rewrite.Fits(want, got):
		return src, ""
	}
	if t, ok := x.(*table); ok {
		got.Limits.Min = uint64(t.Len())
		if rewrite.Fits(want, got) {
			return src, ""
		}
	}
	return source{}, got.String()
}
