package wazero_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/enginetest"
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

func TestExceptionsSpec(t *testing.T) {
	const types = "a module with types that are not supported"
	enginetest.RunSpec(t, newEngine(wazero.Config{UnsafeExceptions: true}), enginetest.Spec{
		Dir:   filepath.Join(specTests(t), "exception-handling", "testdata"),
		Known: map[string]string{"tag.json:30": types, "tag.json:40": types, "tag.json:49": types},
		Skip: func(file string) string {
			if file == "try_table.json" {
				return "tests a module with typed references, which are not supported"
			}
			return ""
		},
	})
}
