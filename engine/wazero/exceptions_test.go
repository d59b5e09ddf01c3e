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
	mod, err := e.Compile(t.Context(), m.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.NewStore(engine.StoreConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	inst, err := s.Instantiate(mod, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = inst.Export("f").(engine.Func).Call(nil)
	if trap, ok := errors.AsType[*engine.Trap](err); !ok || trap.Code != engine.TrapUncaughtException {
		t.Errorf("Call error = %v, want an uncaught exception", err)
	}
}
