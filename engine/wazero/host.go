package wazero

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// runContext is the context wazero hands from a call to the host functions under
// it. It carries the store, and while instantiating what wazero looks for in a
// context. It has no deadline: a store is stopped by Interrupt.
type runContext struct {
	store  *store
	values context.Context //nolint:containedctx // it is one itself; nil but while instantiating
}

var _ context.Context = (*runContext)(nil)

func (*runContext) Deadline() (time.Time, bool) { return time.Time{}, false }
func (*runContext) Done() <-chan struct{}       { return nil }
func (*runContext) Err() error                  { return nil }

func (c *runContext) Value(key any) any {
	if c.values == nil {
		return nil
	}
	return c.values.Value(key)
}

// makeHost instantiates the module with the host function that every rewritten
// module imports.
func (e *Engine) makeHost() error {
	i32 := api.ValueTypeI32
	b := e.runtime.NewHostModuleBuilder(rewrite.HostModule).NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(callHost), []api.ValueType{i32, i32}, []api.ValueType{i32}).
		Export(rewrite.HostFunc)
	code, err := b.Compile(e.context())
	if err != nil {
		return fmt.Errorf("compile host functions: %w", err)
	}
	if e.host, err = e.runtime.InstantiateModule(e.context(), code, e.anon); err != nil {
		return fmt.Errorf("instantiate host functions: %w", err)
	}
	return nil
}

// callHost is what the code that rewriting added calls.
func callHost(ctx context.Context, _ api.Module, stack []uint64) {
	s := ctx.(*runContext).store
	if uint32(stack[0]) == rewrite.HostTableGrow {
		stack[0] = uint64(s.GrowTables(uint32(stack[1])))
		return
	}
	stack[0] = uint64(uint32(s.refuel(int32(uint32(stack[1])))))
}

// hostPool holds wazero functions that stand for host functions of every store. A
// host function of some type is the n-th of its type in its store, and imported as
// the n-th function of that type here, which finds it through the store in the
// call's context. So no store compiles or instantiates host functions.
type hostPool struct {
	engine *Engine
	mu     sync.Mutex
	byType map[string]*hostType
	count  int
}

// hostType is the functions of one type.
type hostType struct {
	pool  *hostPool
	id    int
	t     engine.FuncType
	banks []api.Module // bank i has firstBank<<(2*i) functions
	size  int          // functions in all
}

const (
	firstBank    = 4
	maxHostTypes = 10_000
	maxBank      = 1 << 12
)

var errHostTypes = errors.New("too many types of host functions in one engine")

// typeOf returns the functions of type t.
func (p *hostPool) typeOf(t engine.FuncType) (*hostType, error) {
	key := string(typeKey(t))
	p.mu.Lock()
	defer p.mu.Unlock()
	if h := p.byType[key]; h != nil {
		return h, nil
	}
	if p.count >= maxHostTypes {
		return nil, errHostTypes
	}
	if p.byType == nil {
		p.byType = map[string]*hostType{}
	}
	h := &hostType{pool: p, id: p.count, t: t}
	p.count++
	p.byType[key] = h
	return h, nil
}

func typeKey(t engine.FuncType) []byte {
	key := make([]byte, 0, len(t.Params)+len(t.Results)+1)
	for _, v := range t.Params {
		key = append(key, byte(v))
	}
	key = append(key, 0)
	for _, v := range t.Results {
		key = append(key, byte(v))
	}
	return key
}

// function returns the instance that exports the n-th function of the type, whose
// name there is the decimal n.
func (h *hostType) function(n int) (api.Module, error) {
	h.pool.mu.Lock()
	defer h.pool.mu.Unlock()
	for h.size <= n {
		if err := h.addBank(); err != nil {
			return nil, err
		}
	}
	first, size := 0, firstBank
	for i := 0; ; i++ {
		if n < first+size {
			return h.banks[i], nil
		}
		first += size
		size = min(size*4, maxBank)
	}
}

func (h *hostType) addBank() error {
	e := h.pool.engine
	size := firstBank
	for range h.banks {
		size = min(size*4, maxBank)
	}
	params, results := apiTypes(h.t.Params), apiTypes(h.t.Results)
	b := e.runtime.NewHostModuleBuilder("berth")
	for n := h.size; n < h.size+size; n++ {
		b = b.NewFunctionBuilder().
			WithGoModuleFunction(dispatcher(h.id, n), params, results).
			WithName("host function").
			Export(strconv.Itoa(n))
	}
	code, err := b.Compile(e.context())
	if err != nil {
		return fmt.Errorf("compile host functions: %w", err)
	}
	mod, err := e.runtime.InstantiateModule(e.context(), code, e.anon)
	if err != nil {
		return fmt.Errorf("instantiate host functions: %w", err)
	}
	h.banks = append(h.banks, mod)
	h.size += size
	return nil
}

func dispatcher(id, n int) api.GoModuleFunction {
	return api.GoModuleFunc(func(ctx context.Context, _ api.Module, stack []uint64) {
		s := ctx.(*runContext).store
		s.runHost(s.hosts[id][n], stack)
	})
}

func apiTypes(types []engine.ValType) []api.ValueType {
	out := make([]api.ValueType, len(types))
	for i, t := range types {
		out[i] = api.ValueType(t)
	}
	return out
}
