package wazero_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/engine/wazero"
)

// sums returns a module whose "f" adds up n words of a memory, after so many others.
func sums(others uint32) *w.Module {
	m := w.New()
	for range others {
		m.Memory(w.Limits{Min: 1})
	}
	m.Memory(w.Limits{Min: 1})
	const n, sum = 0, 1
	m.Export("f", engine.KindFunc, m.Func(m.Type(w.Func(w.I32).Returns(w.I32)), []engine.ValType{w.I32},
		w.Loop(
			w.LocalGet(n), w.I32Const(0xfffc), w.Op(0x71), w.Op(0x28), w.MemArg(others, 0),
			w.LocalGet(sum), w.Op(w.I32Add), w.LocalSet(sum),
			w.LocalGet(n), w.I32Const(1), w.Op(w.I32Sub), w.LocalTee(n), w.BrIf(0),
		), w.LocalGet(sum)))
	return m
}

// TestSplitModule is what the suite of all engines cannot ask.
func TestSplitModule(t *testing.T) {
	e := newEngine(wazero.Config{})(t)
	mod, err := e.Compile(t.Context(), sums(1).Bytes())
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.NewStore(engine.StoreConfig{MaxInstances: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Instantiate(mod, nil); err != nil {
		t.Fatal(err)
	}
	if got := s.Stats().Instances; got != 2 {
		t.Errorf("an instance of two parts counts as %d instances, want 2", got)
	}
	_, err = s.Instantiate(mod, nil)
	if limit, ok := errors.AsType[*engine.LimitError](err); !ok || limit.Limit != "MaxInstances" {
		t.Errorf("one more: %v, want a *LimitError", err)
	}
	other, err := newEngine(wazero.Config{})(t).NewStore(engine.StoreConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.Instantiate(mod, nil); err == nil || !strings.Contains(err.Error(), "another engine") {
		t.Errorf("in a store of another engine: %v", err)
	}
	if err := mod.Locate(t.Context(), nil, nil); err == nil {
		t.Error("Locate found something")
	}
	_, _ = mod.Close(), mod.Close()
	if _, err := s.Instantiate(mod, nil); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("of a closed module: %v, want ErrClosed", err)
	}
}

// TestSplitFrames: a trap tells which memory was accessed, and by whom.
func TestSplitFrames(t *testing.T) {
	m := w.New()
	m.Memory(w.Limits{})
	m.Memory(w.Limits{})
	m.Export("f", engine.KindFunc, m.Func(m.Type(w.Func()), nil, w.I32Const(0), w.Op(0x28), w.MemArg(1, 0), w.Op(w.Drop)))
	m.FuncName(0, "guest")
	trap := trapOf(t, newEngine(wazero.Config{})(t), m.Bytes(), "f")
	if len(trap.Frames) != 2 || trap.Frames[0].Func != "access to memory 1" || trap.Frames[1].Func != "guest" {
		t.Errorf("trap is %+v, want frames of the accessor and of the guest", trap)
	}
}

// BenchmarkMemories is a load from the first memory and from a further one.
func BenchmarkMemories(b *testing.B) {
	for others := range uint32(2) {
		b.Run(fmt.Sprint("memory", others), func(b *testing.B) {
			withInstance(b, newEngine(wazero.Config{})(b), sums(others).Bytes(), func(inst engine.Instance) {
				f := inst.Export("f").(engine.Func)
				b.ResetTimer()
				if err := f.Call([]uint64{uint64(b.N)}); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}
