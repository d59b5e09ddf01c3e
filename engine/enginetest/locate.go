package enginetest

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// locateModule traps in various ways, each beside a constant of its own, at the
// end of a call from "outer" to "inner" with the way to do it.
func locateModule() *w.Module {
	m := w.New()
	ft := m.Type(w.Func(w.I32))
	host := m.ImportFunc("", "", ft)
	m.Memory(w.Limits{Min: 1})
	m.Table(w.Limits{Min: 1})
	m.Func(ft, nil, w.Loop(w.LocalGet(0), w.Op(w.Drop)))
	way := func(n int32, code ...[]byte) []byte {
		same := bytes.Join([][]byte{w.LocalGet(0), w.I32Const(n), w.Op(0x46)}, nil) // i32.eq
		return append(same, w.If(code...)...)
	}
	inner := m.Func(ft, []engine.ValType{w.I64}, w.Loop(
		way(1, w.I32Const(10_001), w.Op(w.Drop), w.Op(w.Unreachable)),
		way(2, w.I32Const(10_002), w.Op(w.Drop), w.I32Const(-1), w.I32Load(0), w.Op(w.Drop)),
		way(3, w.I32Const(10_003), w.Op(w.Drop), w.I32Const(0), w.Call(host)),
		way(4, w.I32Const(10_004), w.Op(w.Drop), w.I32Const(1), w.I32Const(0), w.Op(w.I32DivS), w.Op(w.Drop)),
		way(5, w.I32Const(10_005), w.Op(w.Drop), w.I32Const(0), w.I32Const(0), w.CallIndirect(0, 0)),
		w.LocalGet(0), w.Op(w.I32Eqz), w.BrIf(0)))
	outer := m.Func(ft, nil, w.I32Const(20_000), w.Op(w.Drop), w.LocalGet(0), w.Call(inner))
	m.Export("outer", engine.KindFunc, outer)
	return m
}

// testLocate asks where traps were. An engine that cannot say must say nothing.
func testLocate(t *testing.T, r rig) {
	m := locateModule()
	wasm := m.Bytes()
	mod := r.compile(m)
	s := r.store(engine.StoreConfig{})
	host := s.NewHostFunc(engine.FuncType(w.Func(w.I32)), func([]uint64) error { return errors.New("no") })
	inst, err := s.Instantiate(mod, []engine.Extern{host})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		way  uint64
	}{{"unreachable", 1}, {"memory", 2}, {"host", 3}, {"division", 4}, {"indirect call", 5}} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := r.on(t).call(inst, "outer", tt.way)
			trap, ok := errors.AsType[*engine.Trap](err)
			if !ok || len(trap.Frames) != 2 {
				t.Fatalf("error %v with frames %+v, want a trap with two", err, trap)
			}
			if err := mod.Locate(t.Context(), wasm, trap.Frames); err != nil {
				t.Fatal(err)
			}
			if trap.Frames[0].Code == 0 {
				return // such as wazero's interpreter
			}
			checkPlace(t, wasm, trap.Frames[0], w.I32Const(10_000+int32(tt.way)))
			checkPlace(t, wasm, trap.Frames[1], w.I32Const(20_000))
		})
	}
	refuseLocate(t, mod, wasm, inst)
}

// checkPlace checks that a frame is less than a few instructions behind a constant.
func checkPlace(t *testing.T, wasm []byte, f engine.Frame, constant []byte) {
	t.Helper()
	at := int64(bytes.Index(wasm, constant) + len(constant))
	if f.Offset < at || f.Offset > at+10 {
		t.Errorf("frame %+v is at offset %d, want soon after %d", f, f.Offset, at)
	}
}

// refuseLocate asks for what cannot be found.
func refuseLocate(t *testing.T, mod engine.Module, wasm []byte, inst engine.Instance) {
	_, err := rig{t: t}.call(inst, "outer", 1)
	trap := wantTrap(t, err, engine.TrapUnreachable)
	if trap.Frames[0].Code == 0 {
		return
	}
	other := append(bytes.Clone(wasm), 0, 1, 0)
	if err := mod.Locate(t.Context(), other, trap.Frames); err == nil {
		t.Error("Locate in other bytes: no error")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := mod.Locate(ended, wasm, trap.Frames); !errors.Is(err, context.Canceled) {
		t.Errorf("Locate with an ended context: %v", err)
	}
	odd := []engine.Frame{{}, trap.Frames[0], trap.Frames[0], trap.Frames[0], trap.Frames[0]}
	odd[1].Module[0]++
	odd[2].Index = 1 << 31
	odd[3].Code = 1<<64 - 1
	odd[4].Code += 1 << 32
	if err := mod.Locate(t.Context(), wasm, odd); err != nil {
		t.Errorf("Locate of frames that are not there: %v", err)
	}
	for i, f := range odd {
		if f.Offset != 0 {
			t.Errorf("frame %d, which is not there, was found at %d", i, f.Offset)
		}
	}
}
