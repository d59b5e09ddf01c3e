package wazero

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/cache"
	"github.com/berth-cli/berth/engine/internal/multimem"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// Config configures an Engine. The zero value is the default.
type Config struct {
	// Cache keeps compiled modules. nil: each process compiles anew.
	Cache *cache.Cache

	// Interpreter runs guests in wazero's interpreter: some tens of times slower,
	// and a check on the compiler.
	Interpreter bool

	// Workers is how many functions of one module are compiled at once. 0: one, on a
	// goroutine that survives a panic of wazero's compiler. With more such a panic
	// ends the process: for modules that are trusted. Modules are compiled side by
	// side in any case.
	Workers int

	// UnsafeExceptions accepts modules with the exception handling proposal.
	// wazero's exceptions are not safe against a hostile guest: it keeps no
	// reference to an exception a guest still holds, and copies the whole stack
	// at each try_table. For test suites and trusted guests.
	UnsafeExceptions bool

	repairAll bool // repair the code as if for every compiler: for tests
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
	codes    *codeCache // nil without a cache

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
	if e.codes, cc = newCodeCache(c, rc); cc != nil {
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
		e.codes.close()
		return nil, err
	}
	return e, nil
}

// context returns the context of work that belongs to no run.
func (e *Engine) context() context.Context {
	return experimental.WithCompilationWorkers(&runContext{}, e.workers())
}

func (e *Engine) workers() int {
	return max(e.config.Workers, 1)
}

// Features implements engine.Engine.
func (e *Engine) Features() engine.Features {
	return engine.Features{
		Name:          "wazero",
		Version:       wazeroVersion(),
		MultiMemory:   true,
		Exceptions:    e.config.UnsafeExceptions,
		TailCalls:     true,
		ExtendedConst: true,
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
	if multimem.Needed(wasm) {
		return e.compileSplit(ctx, wasm)
	}
	digest := sha256.Sum256(wasm)
	if h := e.open(digest); h != nil {
		return h, nil
	}
	if e.codes != nil {
		if rw, code := e.codes.find(e, digest); code != nil {
			return e.addModule(rw, code)
		}
	}
	rw, err := rewrite.Rewrite(wasm, e.rewriteOptions())
	if err != nil {
		return nil, err
	}
	if err := engine.CheckCompile(ctx, rw.CompileBytes); err != nil {
		return nil, err
	}
	rw, code, err := e.compileNew(ctx, rw, wasm)
	if err != nil {
		return nil, compileError(ctx, err)
	}
	return e.addModule(rw, code)
}

func (e *Engine) rewriteOptions() rewrite.Options {
	compiled, all := !e.config.Interpreter, e.config.repairAll
	return rewrite.Options{
		Exceptions: e.config.UnsafeExceptions, RefTable: true,
		// Faults of the compiler: see known_test.go.
		SplitRemainder: compiled && runtime.GOARCH == "arm64" || all,
		GuardMasked:    compiled || all,
	}
}

// compileNew compiles a rewritten module, whose own bytes are wasm, and keeps it in
// the cache.
func (e *Engine) compileNew(
	ctx context.Context, rw *rewrite.Module, wasm []byte,
) (*rewrite.Module, wazero.CompiledModule, error) {
	if e.codes != nil {
		stub, code, err := e.codes.compile(ctx, e, rw, wasm)
		if !errors.Is(err, errNotTaken) {
			return stub, code, err
		}
	}
	code, err := await(ctx, func() (wazero.CompiledModule, error) { return e.compileHere(ctx, rw.Wasm) })
	return rw, code, err
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

// compile compiles a small module of our own, which is not kept.
func (e *Engine) compile(ctx context.Context, wasm []byte) (wazero.CompiledModule, error) {
	if e.codes != nil {
		return e.codes.compileSmall(ctx, e, wasm)
	}
	return e.compileHere(ctx, wasm)
}

// compileHere compiles rewritten bytes in the engine's runtime.
func (e *Engine) compileHere(ctx context.Context, wasm []byte) (wazero.CompiledModule, error) {
	if e.codes != nil {
		if err := e.codes.folder.check(); err != nil {
			return nil, err
		}
	}
	code, err := compileNow(ctx, e.runtime, e.workers(), wasm)
	if isDisk(err) {
		// wazero compiled it, but could not write its file. Now it has it in memory.
		return compileNow(ctx, e.runtime, e.workers(), wasm)
	}
	return code, err
}

// await runs work and does not outlast ctx: wazero looks at it between functions if
// there are several workers, else not at all, so that what it has begun is left to a
// goroutine that ends by itself.
func await[T any](ctx context.Context, work func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := work()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// compileNow compiles on this goroutine, and with more than one worker on further
// ones. A panic on this one becomes an error: wazero's decoder and compiler are not
// hardened.
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
	e.codes.close()
	return err
}
