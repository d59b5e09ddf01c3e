package wazero_test

import (
	"bytes"
	"context"
	"errors"
	"runtime"
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
}

// compiling reports whether a goroutine is within wazero's compiler.
func compiling() bool {
	stacks := make([]byte, 1<<20)
	return bytes.Contains(stacks[:runtime.Stack(stacks, true)], []byte(".compileLocalWasmFunction("))
}
