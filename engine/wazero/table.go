package wazero

import (
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// table is a table of a store. wazero's own way to read one takes an imported
// function for another, so a small module that imports the table reads it.
type table struct {
	source
	store  *store
	t      engine.ExternType
	access map[string]api.Module // by typeKey of the functions read
}

var _ engine.Table = (*table)(nil)

var errTableFunc = errors.New("function read from a table, which cannot be imported")

func (t *table) ExternKind() engine.ExternKind { return engine.KindTable }

// Func implements engine.Table. The result reads the element at each call, and
// cannot be imported.
func (t *table) Func(i uint32, ft engine.FuncType) (engine.Func, error) {
	if t.store.closed {
		return nil, fmt.Errorf("store: %w", engine.ErrClosed)
	}
	mod, err := t.accessor(ft)
	if err != nil {
		return nil, err
	}
	if i >= t.Len() || t.t.Val != engine.FuncRef {
		return nil, &engine.Trap{Code: engine.TrapTableOutOfBounds}
	}
	stack := []uint64{uint64(i)}
	null := mod.ExportedFunction(rewrite.TableNull)
	if err := null.CallWithStack(t.store.ctx, stack); err != nil {
		return nil, t.store.trap(null, err)
	}
	if uint32(stack[0]) != 0 {
		return nil, &engine.Trap{Code: engine.TrapIndirectCallToNull}
	}
	call := t.store.newFunction(ft, func() (api.Function, error) { return mod.ExportedFunction(rewrite.TableCall), nil })
	params := engine.SlotLen(ft.Params)
	call.slots = max(params+1, engine.SlotLen(ft.Results))
	return &tableFunc{function: call, index: i, params: params}, nil
}

// Len implements engine.Table.
func (t *table) Len() uint32 {
	if t.store.closed {
		return 0
	}
	mod, err := t.accessor(engine.FuncType{})
	if err != nil {
		return 0
	}
	stack := []uint64{0}
	if mod.ExportedFunction(rewrite.TableSize).CallWithStack(t.store.ctx, stack) != nil {
		return 0
	}
	return uint32(stack[0])
}

// accessor returns an instance of rewrite.TableAccess for functions of type ft.
func (t *table) accessor(ft engine.FuncType) (api.Module, error) {
	key := string(typeKey(ft))
	if mod := t.access[key]; mod != nil {
		return mod, nil
	}
	code, err := t.store.engine.accessModule(accessKey{t.name, t.t.Val, key}, ft)
	if err != nil {
		return nil, err
	}
	mod, err := t.store.instantiate(code, func(string) api.Module { return t.mod })
	if err != nil {
		return nil, err
	}
	t.store.modules = append(t.store.modules, mod)
	if t.access == nil {
		t.access = map[string]api.Module{}
	}
	t.access[key] = mod
	return mod, nil
}

// accessKey is what a module that reads tables depends on.
type accessKey struct {
	name string
	val  engine.ValType
	ft   string
}

// maxAccessModules bounds the modules an engine keeps to read tables.
const maxAccessModules = 256

func (e *Engine) accessModule(k accessKey, ft engine.FuncType) (wazero.CompiledModule, error) {
	e.mu.Lock()
	code := e.access[k]
	e.mu.Unlock()
	if code != nil {
		return code, nil
	}
	code, err := e.compile(e.context(), rewrite.TableAccess(k.name, k.val, ft))
	if err != nil {
		return nil, fmt.Errorf("read table: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.access) < maxAccessModules {
		e.access[k] = code
	}
	return code, nil
}

// tableFunc is a function read from a table.
type tableFunc struct {
	*function
	index  uint32
	params int
}

// Call implements engine.Func.
func (f *tableFunc) Call(stack []uint64) error {
	if len(stack) < f.t.StackLen() {
		return f.store.enter(stack, f.t.StackLen())
	}
	whole := make([]uint64, f.slots)
	copy(whole, stack[:f.params])
	whole[f.params] = uint64(f.index)
	if err := f.function.Call(whole); err != nil {
		return err
	}
	copy(stack, whole[:engine.SlotLen(f.t.Results)])
	return nil
}
