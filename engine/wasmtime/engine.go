//go:build wasmtime

package wasmtime

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"

	wt "github.com/bytecodealliance/wasmtime-go/v39"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/cache"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// Config configures an Engine. The zero value is the default.
type Config struct {
	// Cache keeps compiled modules. nil: each process compiles anew.
	Cache *cache.Cache

	// StackBytes is the most native stack guest code may use in one store, over
	// all nested calls. 0: 1 MiB. It must be well below the stack of the system's
	// threads.
	StackBytes int

	// AllowVulnerableARM64 lets the engine run on 64-bit ARM, where a hostile
	// guest can escape it. For guests that are trusted.
	AllowVulnerableARM64 bool
}

// ErrVulnerable is the error of New where this wasmtime does not contain a hostile
// guest.
var ErrVulnerable = errors.New("wasmtime 39 does not contain hostile guests on arm64 (CVE-2026-34971)")

const defaultStackBytes = 1 << 20

// Engine is an engine.Engine on wasmtime.
type Engine struct {
	config Config
	wt     *wt.Engine
	base   []string // of cache keys

	mu      sync.Mutex
	closed  bool
	modules map[string]*module // open ones by rewrite.Module.ID
	types   map[string]*wt.FuncType
}

var _ engine.Engine = (*Engine)(nil)

// New returns an engine. Close it after the stores made with it.
func New(c Config) (*Engine, error) {
	if runtime.GOARCH == "arm64" && !c.AllowVulnerableARM64 {
		return nil, ErrVulnerable
	}
	if c.StackBytes < 0 {
		return nil, fmt.Errorf("wasmtime config: negative StackBytes %d", c.StackBytes)
	}
	if c.StackBytes == 0 {
		c.StackBytes = defaultStackBytes
	}
	cfg := wt.NewConfig()
	cfg.SetMaxWasmStack(c.StackBytes)
	cfg.SetWasmThreads(false)
	cfg.SetWasmReferenceTypes(true)
	cfg.SetWasmFunctionReferences(false)
	cfg.SetWasmGC(false)
	cfg.SetWasmSIMD(true)
	cfg.SetWasmRelaxedSIMD(false)
	cfg.SetWasmBulkMemory(true)
	cfg.SetWasmMultiValue(true)
	cfg.SetWasmMultiMemory(true)
	cfg.SetWasmMemory64(true)
	cfg.SetWasmTailCall(true)
	cfg.SetParallelCompilation(true)
	e := &Engine{config: c, wt: wt.NewEngineWithConfig(cfg), modules: map[string]*module{}, types: map[string]*wt.FuncType{}}
	e.base = []string{"wasmtime", version(), runtime.GOOS, runtime.GOARCH, strconv.Itoa(c.StackBytes), strconv.Itoa(rewrite.Version)}
	return e, nil
}

// Features implements engine.Engine.
func (e *Engine) Features() engine.Features {
	return engine.Features{
		Name:          "wasmtime",
		Version:       version(),
		Memory64:      true,
		MultiMemory:   true,
		TailCalls:     true,
		ExtendedConst: true,
		Fuel:          true,
	}
}

// version returns the version of wasmtime-go in this program, empty if it is not
// known.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, dep := range info.Deps {
		if strings.HasPrefix(dep.Path, "github.com/bytecodealliance/wasmtime-go/") {
			return dep.Version
		}
	}
	return ""
}

// Compile implements engine.Engine. Once begun it does not stop with ctx.
func (e *Engine) Compile(ctx context.Context, wasm []byte) (engine.Module, error) {
	if ctx.Err() != nil {
		return nil, fmt.Errorf("compile: %w", context.Cause(ctx))
	}
	digest := sha256.Sum256(wasm)
	if h, err := e.open(rewrite.ID(digest)); h != nil || err != nil {
		return h, err
	}
	if rw, code := e.find(digest); code != nil {
		return e.addModule(rw, code)
	}
	rw, err := rewrite.Rewrite(wasm, rewriteOptions())
	if err != nil {
		return nil, err
	}
	if err := engine.CheckCompile(ctx, rw.CompileBytes); err != nil {
		return nil, err
	}
	code, err := wt.NewModule(e.wt, rw.Wasm)
	if err != nil {
		return nil, &engine.CompileError{Offset: -1, Err: errors.New(firstLines(err.Error()))}
	}
	e.keep(rw, code, wasm)
	return e.addModule(rw, code)
}

func rewriteOptions() rewrite.Options {
	return rewrite.Options{Memory64: true, MultiMemory: true, CheckGrow: true, ExportMemories: true}
}

func (e *Engine) key(digest [sha256.Size]byte) cache.Key {
	return cache.KeyOf(append(e.base[:len(e.base):len(e.base)], string(digest[:]))...)
}

// keep puts a module into the cache: the length of its skeleton (4 bytes, little
// endian), that, and the code.
func (e *Engine) keep(rw *rewrite.Module, code *wt.Module, wasm []byte) {
	if e.config.Cache == nil {
		return
	}
	if payload, err := code.Serialize(); err == nil {
		skeleton := rw.Skeleton(wasm)
		e.config.Cache.Put(e.key(rw.Digest), binary.LittleEndian.AppendUint32(nil, uint32(len(skeleton))), skeleton, payload)
	}
}

// find returns the module digest names if the cache has it.
func (e *Engine) find(digest [sha256.Size]byte) (*rewrite.Module, *wt.Module) {
	payload, ok := e.config.Cache.Get(e.key(digest))
	if !ok || len(payload) < 4 {
		return nil, nil
	}
	n, rest := uint64(binary.LittleEndian.Uint32(payload)), payload[4:]
	if n >= uint64(len(rest)) {
		return nil, nil
	}
	rw, err := rewrite.LoadSkeleton(rest[:n], digest, rewriteOptions())
	if err != nil {
		return nil, nil
	}
	// wasmtime checks that the code is of its version and for this processor.
	code, err := wt.NewModuleDeserialize(e.wt, rest[n:])
	if err != nil {
		return nil, nil
	}
	return rw, code
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
	for _, m := range e.modules {
		m.code.Close()
	}
	for _, t := range e.types {
		t.Close()
	}
	e.modules, e.types = nil, nil
	e.wt.Close()
	return nil
}
