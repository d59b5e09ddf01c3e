package wazero_test

import (
	"errors"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/engine/wazero"
)

func TestExceptionsRefused(t *testing.T) {
	m := w.New()
	ft := m.Type(w.Func())
	tag := m.Tag(ft)
	m.Export("f", engine.KindFunc, m.Func(ft, nil, w.Op(0x08, byte(tag))))
	_, err := newEngine(wazero.Config{})(t).Compile(t.Context(), m.Bytes())
	if _, ok := errors.AsType[*engine.CompileError](err); !ok {
		t.Errorf("Compile error = %v, want *CompileError", err)
	}
	e := newEngine(wazero.Config{UnsafeExceptions: true})(t)
	if trap := trapOf(t, e, m.Bytes(), "f"); trap.Code != engine.TrapUncaughtException {
		t.Errorf("trap is %v, want an uncaught exception", trap)
	}
}
