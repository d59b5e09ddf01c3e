//go:build wasmtime

package wasmtime

import (
	"fmt"
	"sync"

	wt "github.com/bytecodealliance/wasmtime-go/v39"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// module is a compiled module.
type module struct {
	engine  *Engine
	rw      *rewrite.Module
	code    *wt.Module
	exports []engine.ExportType
	byName  map[string]int
	refs    int // handles that are open; guarded by engine.mu
}

// handle is one result of Compile. Results for the same bytes share a module.
type handle struct {
	*module
	once   sync.Once
	closed bool // guarded by engine.mu
}

var _ engine.Module = (*handle)(nil)

// open returns a handle of a module that is open, nil if none has that ID.
func (e *Engine) open(id string) (engine.Module, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, fmt.Errorf("engine: %w", engine.ErrClosed)
	}
	m := e.modules[id]
	if m == nil {
		return nil, nil
	}
	m.refs++
	return &handle{module: m}, nil
}

// addModule returns a handle of a newly compiled module.
func (e *Engine) addModule(rw *rewrite.Module, code *wt.Module) (engine.Module, error) {
	rw.Wasm = nil
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		code.Close()
		return nil, fmt.Errorf("engine: %w", engine.ErrClosed)
	}
	m := e.modules[rw.ID]
	if m != nil {
		code.Close()
	} else {
		m = &module{engine: e, rw: rw, code: code, byName: make(map[string]int, len(rw.Exports))}
		m.exports = make([]engine.ExportType, len(rw.Exports))
		for i, x := range rw.Exports {
			m.exports[i] = x.ExportType
			m.byName[x.Name] = i
		}
		e.modules[rw.ID] = m
	}
	m.refs++
	return &handle{module: m}, nil
}

// Imports implements engine.Module.
func (m *module) Imports() []engine.ImportType { return m.rw.Imports }

// Exports implements engine.Module.
func (m *module) Exports() []engine.ExportType { return m.exports }

// Close implements engine.Module.
func (h *handle) Close() error {
	h.once.Do(h.release)
	return nil
}

// release drops the handle, and with the last the module. Instances keep what they
// need of its code.
func (h *handle) release() {
	e := h.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	h.closed = true
	if h.refs--; h.refs > 0 || e.closed {
		return
	}
	delete(e.modules, h.rw.ID)
	h.code.Close()
}

func (h *handle) isClosed() bool {
	h.engine.mu.Lock()
	defer h.engine.mu.Unlock()
	return h.closed
}

// funcType returns the wasmtime type of t: making one costs microseconds.
func (e *Engine) funcType(t engine.FuncType) (*wt.FuncType, error) {
	params, err := kinds(t.Params)
	if err != nil {
		return nil, err
	}
	results, err := kinds(t.Results)
	if err != nil {
		return nil, err
	}
	key := t.String()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, fmt.Errorf("engine: %w", engine.ErrClosed)
	}
	if ft := e.types[key]; ft != nil {
		return ft, nil
	}
	ft := wt.NewFuncType(valTypes(params), valTypes(results))
	e.types[key] = ft
	return ft, nil
}

func valTypes(kinds []wt.ValKind) []*wt.ValType {
	out := make([]*wt.ValType, len(kinds))
	for i, k := range kinds {
		out[i] = wt.NewValType(k)
	}
	return out
}
