package component_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// fakeEngine compiles in no time what it is told to.
type fakeEngine struct {
	engine.Engine
	compile func(ctx context.Context, wasm []byte) error
	open    atomic.Int32
}

type fakeModule struct {
	engine.Module
	engine *fakeEngine
}

func (m fakeModule) Close() error { m.engine.open.Add(-1); return nil }

func (e *fakeEngine) Compile(ctx context.Context, wasm []byte) (engine.Module, error) {
	if err := e.compile(ctx, wasm); err != nil {
		return nil, err
	}
	e.open.Add(1)
	return fakeModule{engine: e}, nil
}

// manyModules is a component with core modules, each instantiated once, that hold
// 100 times their number of bytes and more.
func manyModules(n int) []byte {
	section := func(id byte, payload []byte) []byte {
		return slices.Concat([]byte{id}, wasmtest.U32(uint32(len(payload))), payload)
	}
	wasm := []byte("\x00asm\x0d\x00\x01\x00")
	for i := range n {
		m := wasmtest.New()
		m.Custom("padding", make([]byte, 100*i))
		wasm = append(wasm, section(1, m.Bytes())...)
	}
	instances := wasmtest.U32(uint32(n))
	for i := range n {
		instances = append(instances, 0) // instantiate
		instances = append(append(instances, wasmtest.U32(uint32(i))...), 0)
	}
	return append(wasm, section(2, instances)...)
}

func compileWith(t *testing.T, e *fakeEngine, report func(component.Progress)) error {
	t.Helper()
	rt, err := component.NewRuntime(component.Config{Engine: e, Progress: report})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c, err := rt.Compile(ctx, manyModules(6))
	if err == nil && e.open.Load() != 6 {
		t.Errorf("%d modules are open, want 6", e.open.Load())
	}
	if err == nil {
		err = c.Close()
	}
	if n := e.open.Load(); n != 0 {
		t.Errorf("%d modules are still open", n)
	}
	return err
}

func TestCompileProgress(t *testing.T) {
	var all []component.Progress
	e := &fakeEngine{compile: func(context.Context, []byte) error { return nil }}
	if err := compileWith(t, e, func(p component.Progress) { all = append(all, p) }); err != nil {
		t.Fatal(err)
	}
	if len(all) != 7 {
		t.Fatalf("%d reports, want 7: %v", len(all), all)
	}
	for i, p := range all {
		last := i == len(all)-1
		if p.Modules != 6 || p.ModulesDone != i || p.Ended != last || last != (p.BytesDone == p.Bytes) || p.Digest == [32]byte{} {
			t.Errorf("report %d is %+v", i, p)
		}
	}
}

// TestCompileFails checks that the first module that fails by itself is the one
// spoken of, that the others end, and that the end is told.
func TestCompileFails(t *testing.T) {
	broken := errors.New("broken")
	e := &fakeEngine{compile: func(ctx context.Context, wasm []byte) error {
		if len(wasm) < 300 {
			<-ctx.Done() // larger ones come first, and fail
			return context.Cause(ctx)
		}
		return broken
	}}
	var last component.Progress
	err := compileWith(t, e, func(p component.Progress) { last = p })
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "compile core module at offset ") {
		t.Errorf("Compile = %v, want %v of a core module", err, broken)
	}
	if !last.Ended || last.ModulesDone == last.Modules {
		t.Errorf("the last report is %+v", last)
	}
}

// TestCompileAtOnce checks that core modules are compiled at once: each waits for
// another.
func TestCompileAtOnce(t *testing.T) {
	if n := runtime.GOMAXPROCS(0); n < 2 {
		t.Skip("one processor")
	}
	met := make(chan struct{})
	e := &fakeEngine{compile: func(ctx context.Context, _ []byte) error {
		select {
		case met <- struct{}{}:
		case <-met:
		case <-ctx.Done():
			return fmt.Errorf("alone: %w", context.Cause(ctx))
		}
		return nil
	}}
	if err := compileWith(t, e, nil); err != nil {
		t.Error(err)
	}
}

// BenchmarkCompile compiles what was not compiled before: eight core modules.
func BenchmarkCompile(b *testing.B) {
	wasm, err := os.ReadFile("../guests/sync-js/qjs.wasm")
	if err != nil {
		b.Skip(err)
	}
	for b.Loop() {
		rt := newRuntime(b, component.Limits{})
		c, err := rt.Compile(b.Context(), wasm)
		if err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}
