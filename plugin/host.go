package plugin

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"sync"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/wasi"
)

// Config is what a Host needs.
type Config struct {
	Engine engine.Engine    // required
	Limits component.Limits // bounds of compiling and of the boundary; zero: their defaults
	Log    *slog.Logger     // nil: silent
}

// Host compiles plugins. It is safe for concurrent use.
type Host struct {
	runtime *component.Runtime
}

// NewHost returns a Host on that engine, which stays the caller's.
func NewHost(cfg Config) (*Host, error) {
	rt, err := component.NewRuntime(component.Config{Engine: cfg.Engine, Limits: cfg.Limits, Log: cfg.Log})
	if err != nil {
		return nil, fmt.Errorf("make plugin host: %w", err)
	}
	return &Host{runtime: rt}, nil
}

// Plugin is a compiled component. It is safe for concurrent use.
type Plugin struct {
	Digest    [sha256.Size]byte // of the component's bytes
	Size      int               // of the component, in bytes
	Component *component.Component

	host   *Host
	mu     sync.Mutex
	linked map[string]*component.Linked // by the world's name
}

// Load compiles a component. The errors are those of component.Runtime.Compile.
func (h *Host) Load(ctx context.Context, wasm []byte) (*Plugin, error) {
	c, err := h.runtime.Compile(ctx, wasm)
	if err != nil {
		return nil, err
	}
	return &Plugin{
		Digest: sha256.Sum256(wasm), Size: len(wasm), Component: c,
		host: h, linked: make(map[string]*component.Linked),
	}, nil
}

// link binds the plugin's imports to the world and WASI, once for each world.
func (p *Plugin) link(w World) (*component.Linked, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.linked[w.Name]; l != nil {
		return l, nil
	}
	linker := component.NewLinker()
	wasi.Add(linker)
	if w.Define != nil {
		w.Define(linker)
	}
	linker.Intercept(intercept)
	l, err := p.host.runtime.Link(p.Component, linker)
	if err != nil {
		return nil, err
	}
	p.linked[w.Name] = l
	return l, nil
}
