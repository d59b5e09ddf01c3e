package wazero_test

import (
	"testing"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/engine/wazero"
)

func TestSmoke(t *testing.T) {
	e, err := wazero.New(wazero.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	m := wasmtest.New()
	ty := m.Type(wasmtest.Func(wasmtest.I32, wasmtest.I32).Returns(wasmtest.I32))
	h := m.ImportFunc("", "", ty)
	add := m.Func(ty, nil, wasmtest.LocalGet(0), wasmtest.LocalGet(1), wasmtest.Call(h))
	m.Export("add", engine.KindFunc, add)
	mod, err := e.Compile(t.Context(), m.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.NewStore(engine.StoreConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	hf := s.NewHostFunc(mod.Exports()[0].Type.Func, func(st []uint64) error { st[0] += st[1]; return nil })
	in, err := s.Instantiate(mod, []engine.Extern{hf})
	if err != nil {
		t.Fatal(err)
	}
	st := []uint64{2, 3}
	if err := in.Export("add").(engine.Func).Call(st); err != nil || st[0] != 5 {
		t.Fatal(err, st)
	}
	if !e.Features().StackBytes {
		t.Error("stack is not measured")
	}
}
