package component

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/berth-cli/berth/component/internal/elab"
	"github.com/berth-cli/berth/engine"
)

// Progress says how far the compiling of a component is.
type Progress struct {
	Digest      [32]byte // SHA-256 of the component's bytes
	Modules     int      // core modules it has
	ModulesDone int      // of them, compiled or found in the cache
	Bytes       int      // of the core modules together
	BytesDone   int      // of the modules that are done
	Ended       bool     // nothing follows: all are done, or compiling failed
}

// compiling is the compiling of one component's core modules, as many at once as
// there are processors.
type compiling struct {
	engine engine.Engine
	report func(Progress)

	mu       sync.Mutex // of what follows
	progress Progress
	todo     []int // indices of modules, those that come first last
	modules  []engine.Module
	errs     []error
}

// compileModules compiles the core modules of a component. If one fails, all are
// closed.
func (r *Runtime) compileModules(ctx context.Context, digest [32]byte, modules []elab.Module) ([]engine.Module, error) {
	c := &compiling{
		engine: r.engine, report: r.progress, progress: Progress{Digest: digest, Modules: len(modules)},
		modules: make([]engine.Module, len(modules)), errs: make([]error, len(modules)),
	}
	for i, m := range modules {
		c.todo = append(c.todo, i)
		c.progress.Bytes += len(m.Bytes)
	}
	// The largest first: else it may be what all wait for in the end.
	slices.SortStableFunc(c.todo, func(a, b int) int { return cmp.Compare(len(modules[a].Bytes), len(modules[b].Bytes)) })
	c.tell()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var workers sync.WaitGroup
	for range min(len(modules), runtime.GOMAXPROCS(0)) {
		workers.Go(func() { c.work(ctx, cancel, modules) })
	}
	workers.Wait()
	c.progress.Ended = true
	c.tell()
	return c.result(modules)
}

// work compiles modules until there are no more.
func (c *compiling) work(ctx context.Context, cancel func(error), modules []elab.Module) {
	for {
		i, ok := c.next()
		if !ok {
			return
		}
		m, err := c.engine.Compile(ctx, modules[i].Bytes)
		if err != nil {
			cancel(errOther)
		}
		c.done(i, m, err, len(modules[i].Bytes))
	}
}

func (c *compiling) next() (int, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.todo)
	if n == 0 {
		return 0, false
	}
	i := c.todo[n-1]
	c.todo = c.todo[:n-1]
	return i, true
}

func (c *compiling) done(i int, m engine.Module, err error, size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.modules[i], c.errs[i] = m, err
	if err != nil {
		return
	}
	c.progress.ModulesDone++
	c.progress.BytesDone += size
	if len(c.todo) > 0 || c.progress.ModulesDone < c.progress.Modules {
		c.tell()
	}
}

func (c *compiling) tell() {
	if c.report != nil {
		c.report(c.progress)
	}
}

// errOther ends the compiling of modules when that of another failed.
var errOther = errors.New("another module failed")

// result returns the modules, or the first error that has a cause of its own.
func (c *compiling) result(modules []elab.Module) ([]engine.Module, error) {
	at := slices.IndexFunc(c.errs, func(err error) bool { return err != nil && !errors.Is(err, errOther) })
	if at < 0 {
		return c.modules, nil
	}
	for _, m := range c.modules {
		if m != nil {
			_ = m.Close()
		}
	}
	return nil, fmt.Errorf("compile core module at offset %#x: %w", modules[at].Offset, c.errs[at])
}
