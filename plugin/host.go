package plugin

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/wasi"
)

// Config is what a Host needs.
type Config struct {
	Engine engine.Engine    // required
	Limits component.Limits // bounds of compiling and of the boundary; zero: their defaults
	Log    *slog.Logger     // nil: silent

	// CompileTime is the most time the compiling of a component may take. The
	// engine can go on with the core module it is at after that. 0: 5 minutes.
	CompileTime time.Duration

	// CompileMemory is about the most memory, in bytes, that compiling one core module
	// may take: see engine.LimitCompile. 0: 2 GiB.
	CompileMemory uint64

	// Progress is told how far the compiling of a component is. See
	// component.Config. nil: nobody is told.
	Progress func(component.Progress)

	// Knob says what raises a limit, by the name that it has in LimitError.Limit, in
	// words that a user of the program understands: it becomes LimitError.Knob.
	// nil: the field of Go.
	Knob func(limit string) string
}

// Host compiles plugins. It is safe for concurrent use.
type Host struct {
	runtime       *component.Runtime
	compileTime   time.Duration
	compileMemory uint64
	knob          func(string) string
}

// WithDefaults returns c with the stated default in each limit that is zero: what a
// Host made with c goes by.
func (c Config) WithDefaults() Config {
	c.Limits = c.Limits.WithDefaults()
	c.CompileTime = cmp.Or(c.CompileTime, 5*time.Minute)
	c.CompileMemory = cmp.Or(c.CompileMemory, 2<<30)
	return c
}

// NewHost returns a Host on that engine, which stays the caller's.
func NewHost(cfg Config) (*Host, error) {
	cfg = cfg.WithDefaults()
	rt, err := component.NewRuntime(component.Config{Engine: cfg.Engine, Limits: cfg.Limits, Log: cfg.Log, Progress: cfg.Progress})
	if err != nil {
		return nil, fmt.Errorf("make plugin host: %w", err)
	}
	return &Host{runtime: rt, compileTime: cfg.CompileTime, compileMemory: cfg.CompileMemory, knob: cfg.Knob}, nil
}

// Plugin is a compiled component. It is safe for concurrent use.
type Plugin struct {
	Digest    [sha256.Size]byte // of the component's bytes
	Size      int               // of the component, in bytes
	Component *component.Component

	host   *Host
	mu     sync.Mutex
	linked map[string]*component.Linked // to worlds with Once, by name
}

// Load compiles a component. The errors are those of component.Runtime.Compile;
// *LimitError, around it, where that is of a limit, and if compiling takes longer
// than Config.CompileTime.
func (h *Host) Load(ctx context.Context, wasm []byte) (*Plugin, error) {
	limit := timeLimit(LimitCompileTime, h.compileTime)
	ctx, cancel := context.WithTimeoutCause(ctx, h.compileTime, limit)
	defer cancel()
	c, err := h.runtime.Compile(engine.LimitCompile(ctx, h.compileMemory), wasm)
	if err != nil {
		return nil, h.loadError(err)
	}
	return &Plugin{
		Digest: c.Digest(), Size: len(wasm), Component: c,
		host: h, linked: make(map[string]*component.Linked),
	}, nil
}

// loadError is the error of compiling: *LimitError if it tells of a limit.
func (h *Host) loadError(err error) error {
	if limit := limitOf(err); limit != nil {
		h.tell(limit)
		return limit
	}
	return err
}

// link binds the plugin's imports to the world and WASI.
func (p *Plugin) link(w World) (*component.Linked, error) {
	if !w.Once || w.Name == "" {
		return p.linkNew(w)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.linked[w.Name]; l != nil {
		return l, nil
	}
	l, err := p.linkNew(w)
	if err != nil {
		return nil, err
	}
	p.linked[w.Name] = l
	return l, nil
}

func (p *Plugin) linkNew(w World) (*component.Linked, error) {
	linker := component.NewLinker()
	wasi.Add(linker)
	if w.Define != nil {
		w.Define(linker)
	}
	linker.Intercept(intercept)
	return p.host.runtime.Link(p.Component, linker)
}
