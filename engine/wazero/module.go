package wazero

import (
	"crypto/sha256"
	"strings"
	"sync"

	"github.com/tetratelabs/wazero"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// module is a compiled module.
type module struct {
	engine  *Engine
	rw      *rewrite.Module
	code    wazero.CompiledModule
	exports []engine.ExportType
	byName  map[string]int

	mu     sync.Mutex
	refs   int // handles that are open
	closed bool
	relays map[string]wazero.CompiledModule
}

// handle is one result of Compile. Results for the same bytes share a module, as
// wazero shares their code.
type handle struct {
	*module
	once sync.Once
}

var _ engine.Module = (*handle)(nil)

// open returns a handle of a module that is open, nil if it is not.
func (e *Engine) open(digest [sha256.Size]byte) engine.Module {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := e.modules[rewrite.ID(digest)]
	if m == nil || m.rw.Digest != digest {
		return nil
	}
	m.refs++
	return &handle{module: m}
}

// addModule returns a handle of a newly compiled module.
func (e *Engine) addModule(rw *rewrite.Module, code wazero.CompiledModule) (engine.Module, error) {
	rw.Wasm = nil
	e.mu.Lock()
	defer e.mu.Unlock()
	m := e.modules[rw.ID]
	if m == nil {
		m = newModule(e, rw, code)
		e.modules[rw.ID] = m
	} else {
		_ = code.Close(e.context())
	}
	m.refs++
	return &handle{module: m}, nil
}

func newModule(e *Engine, rw *rewrite.Module, code wazero.CompiledModule) *module {
	m := &module{engine: e, rw: rw, code: code, byName: make(map[string]int, len(rw.Exports))}
	m.exports = make([]engine.ExportType, len(rw.Exports))
	for i, x := range rw.Exports {
		m.exports[i] = x.ExportType
		m.byName[x.Name] = i
	}
	m.relays = map[string]wazero.CompiledModule{}
	return m
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

// release drops one handle, and with the last the module.
func (m *module) release() {
	e := m.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	if m.refs--; m.refs > 0 {
		return
	}
	delete(e.modules, m.rw.ID)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	_ = m.code.Close(e.context())
	for _, r := range m.relays {
		_ = r.Close(e.context())
	}
	m.relays = nil
}

func (m *module) isClosed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.closed
}

// maxRelays bounds the relays a module keeps. A module linked in more ways than
// this compiles the further ones each time.
const maxRelays = 64

// relay returns the compiled relay of these externs, and whether the caller must
// close it.
func (m *module) relay(externs []rewrite.RelayImport) (wazero.CompiledModule, bool, error) {
	key := relayKey(externs)
	m.mu.Lock()
	code := m.relays[key]
	m.mu.Unlock()
	if code != nil {
		return code, false, nil
	}
	code, err := m.engine.compile(m.engine.context(), rewrite.Relay(externs))
	if err != nil {
		return nil, false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.relays) >= maxRelays || m.closed || m.relays[key] != nil {
		return code, true, nil
	}
	m.relays[key] = code
	return code, false, nil
}

// relayKey is the names in order. The types follow from the module's imports, but
// for a table's or memory's, which a relay does not name.
func relayKey(externs []rewrite.RelayImport) string {
	var b strings.Builder
	for _, x := range externs {
		b.WriteByte(byte(x.Type.Kind))
		b.WriteByte(byte(len(x.Name)))
		b.WriteByte(byte(len(x.Name) >> 8))
		b.WriteByte(byte(len(x.Name) >> 16))
		b.WriteString(x.Name)
	}
	return b.String()
}
