package wazero_test

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/engine/wazero"
)

// TestCompileStops interrupts the compiling of one function for which wazero takes
// seconds, and looks whether Compile waited for it.
func TestCompileStops(t *testing.T) {
	m := w.New()
	branch := bytes.Join([][]byte{w.LocalGet(0), w.Op(0x04, 0x40, w.End)}, nil)
	m.Func(m.Type(w.Func()), []engine.ValType{w.I32}, bytes.Repeat(branch, 20_000))
	e := newEngine(wazero.Config{})(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	why := errors.New("enough")
	ended := make(chan error, 1)
	go func() {
		_, err := e.Compile(ctx, m.Bytes())
		ended <- err
	}()
	for !compiling() {
		time.Sleep(time.Millisecond)
	}
	cancel(why)
	if err := <-ended; !errors.Is(err, why) {
		t.Errorf("Compile = %v, want the cause of its context", err)
	}
	if !compiling() {
		t.Error("Compile waited for the function")
	}
	if stack := compiler(); !strings.Contains(stack, ".compileNow(") {
		t.Errorf("a panic of wazero's compiler would not be recovered where it runs:\n%s", stack)
	}
}

// compiler returns the stack of the goroutine that compiles.
func compiler() string {
	stacks := make([]byte, 1<<20)
	for stack := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
		if strings.Contains(stack, ".compileLocalWasmFunction(") {
			return stack
		}
	}
	return ""
}

// blocks returns a module of one function with that many blocks and locals.
func blocks(n, locals int) []byte {
	m := w.New()
	branch := bytes.Join([][]byte{w.LocalGet(0), w.Op(0x04, 0x40, w.End)}, nil)
	types := slices.Repeat([]engine.ValType{w.I32}, locals)
	m.Func(m.Type(w.Func()), types, bytes.Repeat(branch, n))
	return m.Bytes()
}

// long returns a module of one function with that many instructions.
func long(n int) []byte {
	m := w.New()
	m.Func(m.Type(w.Func()), nil, bytes.Repeat(w.Op(w.Nop), n))
	return m.Bytes()
}

// loads returns a module of one function with that many loads.
func loads(n int) []byte {
	m := w.New()
	m.Memory(w.Limits{Min: 1})
	m.Func(m.Type(w.Func()), nil, bytes.Repeat(slices.Concat(w.I32Const(0), w.Op(0x28, 2, 0), w.Op(0x1a)), n))
	return m.Bytes()
}

// TestCompileMemory checks that what would take too much memory to compile is
// refused before, with the measure, and that what is in the cache is not compiled.
func TestCompileMemory(t *testing.T) {
	for _, tt := range []struct {
		name  string
		wasm  []byte
		least uint64 // what it needs
	}{
		{"many blocks", blocks(1000, 1), 8 << 20},
		{"many locals", blocks(1, 5000), 12 << 20},
		{"locals in blocks", blocks(400, 400), 25 << 20},
		{"long function", long(100_000), 16 << 20},
		{"code that may trap", loads(10_000), 40 << 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			compile := func(most uint64) error {
				e := newEngine(wazero.Config{Cache: openCache(t, dir, nil)})(t)
				_, err := e.Compile(engine.LimitCompile(t.Context(), most), tt.wasm)
				return err
			}
			err := compile(tt.least)
			limit, ok := errors.AsType[*engine.LimitError](err)
			if !ok || limit.Limit != "MaxCompileBytes" || limit.Max != tt.least || limit.Want <= tt.least {
				t.Fatalf("Compile = %v, want *engine.LimitError of more than %d", err, tt.least)
			}
			if limit.Want > 4*tt.least {
				t.Errorf("%d bytes are thought to be needed, want about %d", limit.Want, tt.least)
			}
			if err := compile(limit.Want); err != nil {
				t.Errorf("Compile with what it wants: %v", err)
			}
			if err := compile(1); err != nil {
				t.Errorf("Compile of what is in the cache: %v", err)
			}
		})
	}
}

// compiling reports whether a goroutine is within wazero's compiler.
func compiling() bool {
	stacks := make([]byte, 1<<20)
	return bytes.Contains(stacks[:runtime.Stack(stacks, true)], []byte(".compileLocalWasmFunction("))
}
