package wazero

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	lookup "github.com/tetratelabs/wazero/experimental/table"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/wazero/internal/rewrite"
)

// global is a global of a store.
type global struct {
	source
	store *Store
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
	store *Store
	t     engine.FuncType
}

var _ engine.Tag = (*tag)(nil)

func (t *tag) ExternKind() engine.ExternKind { return engine.KindTag }
func (t *tag) Type() engine.FuncType         { return t.t }

// table is a table of a store.
type table struct {
	source
	store *Store
	t     engine.ExternType
	index uint32 // in the instance that defines it
	size  api.Function
}

var _ engine.Table = (*table)(nil)

var errTableFunc = errors.New("function read from a table, which cannot be imported")

func (t *table) ExternKind() engine.ExternKind { return engine.KindTable }

// Func implements engine.Table. The result cannot be imported.
func (t *table) Func(i uint32, ft engine.FuncType) (engine.Func, error) {
	if t.store.closed {
		return nil, fmt.Errorf("store: %w", engine.ErrClosed)
	}
	if i >= t.Len() || t.t.Val != engine.FuncRef {
		return nil, &engine.Trap{Code: engine.TrapTableOutOfBounds}
	}
	first, err := t.look(i, ft)
	if err != nil {
		return nil, err
	}
	f := t.store.newFunction(ft, func() (api.Function, error) { return t.lookAgain(i, ft, first) })
	f.idle = append(f.idle, first)
	return f, nil
}

// look returns the function at i, which is in the table.
func (t *table) look(i uint32, ft engine.FuncType) (fn api.Function, err error) {
	defer func() {
		v := recover()
		cause, _ := v.(error)
		switch {
		case v == nil:
		case trapCode(wazeroReason(cause)) == engine.TrapBadSignature:
			err = &engine.Trap{Code: engine.TrapBadSignature}
		default:
			err = &engine.Trap{Code: engine.TrapIndirectCallToNull}
		}
	}()
	return lookup.LookupFunction(t.mod, t.index, i, apiTypes(ft.Params), apiTypes(ft.Results)), nil
}

var errReplaced = errors.New("table element was replaced during its call")

// lookAgain returns one more wazero function for first, for a call within its call.
func (t *table) lookAgain(i uint32, ft engine.FuncType, first api.Function) (api.Function, error) {
	fn, err := t.look(i, ft)
	if err != nil {
		return nil, err
	}
	if fn.Definition() != first.Definition() {
		return nil, errReplaced
	}
	return fn, nil
}

// Len implements engine.Table.
func (t *table) Len() uint32 {
	if t.store.closed {
		return 0
	}
	if t.size == nil {
		fn, err := t.store.sizeFunc(t)
		if err != nil {
			return 0
		}
		t.size = fn
	}
	stack := []uint64{0}
	if t.size.CallWithStack(t.store.ctx, stack) != nil {
		return 0
	}
	return uint32(stack[0])
}

// sizeKey is what the module that measures a table depends on.
type sizeKey struct {
	name string
	val  engine.ValType
}

// sizeFunc returns a function that returns the table's size, which wazero does not
// tell.
func (s *Store) sizeFunc(t *table) (api.Function, error) {
	code, err := s.engine.sizeModule(sizeKey{t.name, t.t.Val})
	if err != nil {
		return nil, err
	}
	mod, err := s.instantiate(code, func(string) api.Module { return t.mod })
	if err != nil {
		return nil, err
	}
	s.modules = append(s.modules, mod)
	return mod.ExportedFunction("size"), nil
}

// maxSizeModules bounds the modules an engine keeps for tables of other names.
const maxSizeModules = 256

func (e *Engine) sizeModule(k sizeKey) (wazero.CompiledModule, error) {
	e.mu.Lock()
	code := e.sizes[k]
	e.mu.Unlock()
	if code != nil {
		return code, nil
	}
	code, err := e.compile(e.context(), rewrite.TableSize(k.name, k.val))
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.sizes) < maxSizeModules {
		e.sizes[k] = code
	}
	return code, nil
}

// instantiate instantiates code with the modules that resolve names, in this store.
func (s *Store) instantiate(code wazero.CompiledModule, resolve experimental.ImportResolver) (mod api.Module, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("instantiation panicked: %.200v", v)
		}
	}()
	values := experimental.WithImportResolver(context.Background(), resolve)
	values = experimental.WithMemoryAllocator(values, &s.memory)
	return s.engine.runtime.InstantiateModule(&runContext{store: s, values: values}, code, s.engine.anon)
}
