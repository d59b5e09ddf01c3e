package wazero

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/cache"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// Config configures an Engine. The zero value is the default.
type Config struct {
	// Cache keeps compiled modules. nil: each process compiles anew.
	Cache *cache.Cache

	// Interpreter runs guests in wazero's interpreter: some tens of times slower,
	// and a check on the compiler.
	Interpreter bool

	// Workers is how many functions are compiled at once. 0: one per processor.
	Workers int

	// UnsafeExceptions accepts modules with the exception handling proposal.
	// wazero's exceptions are not safe against a hostile guest: it keeps no
	// reference to an exception a guest still holds, and copies the whole stack
	// at each try_table. For test suites and trusted guests.
	UnsafeExceptions bool
}

// Engine is an engine.Engine on wazero.
type Engine struct {
	config   Config
	runtime  wazero.Runtime
	features api.CoreFeatures
	host     api.Module // the one host function every module imports
	hosts    hostPool
	anon     wazero.ModuleConfig
	stackLen stackLenFunc
	warm     *warm // nil without a cache

	mu      sync.Mutex
	closed  bool
	modules map[string]*module // open ones by rewrite.Module.ID, for stack traces
	access  map[accessKey]wazero.CompiledModule
}

var _ engine.Engine = (*Engine)(nil)

// New returns an engine. Close it after the stores made with it.
func New(c Config) (*Engine, error) {
	e := &Engine{
		config:   c,
		features: api.CoreFeaturesV2 | experimental.CoreFeaturesTailCall | experimental.CoreFeaturesExtendedConst,
		// Nothing reads the source of random bytes; without one wazero seeds a
		// generator for each instance, a fifth of the time of instantiating.
		anon:    wazero.NewModuleConfig().WithName("").WithStartFunctions().WithRandSource(rand.Reader),
		modules: map[string]*module{},
		access:  map[accessKey]wazero.CompiledModule{},
	}
	if c.UnsafeExceptions {
		e.features |= experimental.CoreFeaturesExceptionHandling
	}
	rc := wazero.NewRuntimeConfig()
	if c.Interpreter {
		rc = wazero.NewRuntimeConfigInterpreter()
	}
	rc = rc.WithCoreFeatures(e.features).WithDebugInfoEnabled(false)
	var cc wazero.CompilationCache
	if e.warm, cc = newWarm(c, rc); cc != nil {
		rc = rc.WithCompilationCache(cc)
	}
	e.runtime = wazero.NewRuntimeWithConfig(e.context(), rc)
	e.hosts.engine = e
	err := e.probe()
	if err == nil {
		err = e.makeHost()
	}
	if err != nil {
		_ = e.runtime.Close(e.context())
		e.warm.close()
		return nil, err
	}
	return e, nil
}

// context returns the context of work that belongs to no run.
func (e *Engine) context() context.Context {
	return experimental.WithCompilationWorkers(&runContext{}, e.workers())
}

func (e *Engine) workers() int {
	if e.config.Workers > 0 {
		return e.config.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// Features implements engine.Engine.
func (e *Engine) Features() engine.Features {
	return engine.Features{
		Name:          "wazero",
		Version:       wazeroVersion(),
		Exceptions:    e.config.UnsafeExceptions,
		TailCalls:     true,
		ExtendedConst: true,
		Interrupt:     true,
		Fuel:          true,
		StackBytes:    e.stackLen != nil,
	}
}

// wazeroVersion returns the version of wazero in this program, empty if it is not
// known.
func wazeroVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, dep := range info.Deps {
		if dep.Path == "github.com/tetratelabs/wazero" {
			return dep.Version
		}
	}
	return ""
}

// Compile implements engine.Engine.
func (e *Engine) Compile(ctx context.Context, wasm []byte) (engine.Module, error) {
	if err := e.usable(ctx); err != nil {
		return nil, err
	}
	rw, err := rewrite.Rewrite(wasm, rewrite.Options{Exceptions: e.config.UnsafeExceptions, RefTable: true})
	if err != nil {
		return nil, err
	}
	code, err := e.compileWarm(ctx, rw)
	rw.Wasm = nil
	if err != nil {
		return nil, compileError(ctx, err)
	}
	return e.addModule(rw, code)
}

func (e *Engine) compileWarm(ctx context.Context, rw *rewrite.Module) (wazero.CompiledModule, error) {
	e.mu.Lock()
	open := e.modules[rw.ID] != nil
	e.mu.Unlock()
	if e.warm == nil || open { // wazero finds an open one in memory
		return e.compile(ctx, rw.Wasm)
	}
	return e.warm.compile(ctx, e, string(rw.Digest[:]), rw.Wasm)
}

func (e *Engine) usable(ctx context.Context) error {
	if ctx.Err() != nil {
		return fmt.Errorf("compile: %w", context.Cause(ctx))
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return fmt.Errorf("engine: %w", engine.ErrClosed)
	}
	return nil
}

// compile compiles rewritten bytes.
func (e *Engine) compile(ctx context.Context, wasm []byte) (wazero.CompiledModule, error) {
	code, err := compileIn(ctx, e.runtime, e.workers(), wasm)
	if _, disk := errors.AsType[*fs.PathError](err); disk {
		// wazero compiled it, but could not write its file. Now it has it in memory.
		return compileIn(ctx, e.runtime, e.workers(), wasm)
	}
	return code, err
}

// compileIn compiles rewritten bytes in a runtime. It does not outlast ctx: wazero
// looks at it between functions only, and one can take minutes, so that what it has
// begun is left to a goroutine that ends with the function under way.
func compileIn(ctx context.Context, r wazero.Runtime, workers int, wasm []byte) (wazero.CompiledModule, error) {
	type result struct {
		code wazero.CompiledModule
		err  error
	}
	done := make(chan result, 1)
	go func() {
		code, err := compileNow(ctx, r, workers, wasm)
		done <- result{code, err}
	}()
	select {
	case res := <-done:
		return res.code, res.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// compileNow compiles on this goroutine, and with more than one worker on further
// ones. A panic on this one becomes an error: wazero's decoder is not hardened.
func compileNow(ctx context.Context, r wazero.Runtime, workers int, wasm []byte) (code wazero.CompiledModule, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("compiler panicked: %.200v", v)
		}
	}()
	return r.CompileModule(experimental.WithCompilationWorkers(ctx, workers), wasm)
}

func compileError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("compile: %w", context.Cause(ctx))
	}
	return &engine.CompileError{Offset: -1, Err: err}
}

// NewStore implements engine.Engine.
func (e *Engine) NewStore(c engine.StoreConfig) (engine.Store, error) {
	e.mu.Lock()
	closed := e.closed
	e.mu.Unlock()
	if closed {
		return nil, fmt.Errorf("engine: %w", engine.ErrClosed)
	}
	return newStore(e, c)
}

// Close implements engine.Engine.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	e.closed = true
	err := e.runtime.Close(e.context())
	e.warm.close()
	return err
}
