package enginetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// endless are functions that do not end by themselves.
func endless() map[string]*w.Module {
	loop := module(w.Func(), w.Loop(w.Br(0)))
	nested := module(w.Func(), w.Loop(w.Block(w.I32Const(1), w.BrIf(1))))

	calls := w.New() // a loop of calls and a loop by recursion, bounded in depth
	ft := calls.Type(w.Func(w.I32))
	calls.Export("f", engine.KindFunc, calls.Func(calls.Type(w.Func()), nil, w.Loop(w.I32Const(100), w.Call(1), w.Br(0))))
	calls.Func(ft, nil, w.LocalGet(0), w.If(w.LocalGet(0), w.I32Const(1), w.Op(w.I32Sub), w.Call(1)))

	fill := module(w.Func(), w.Loop(w.I32Const(0), w.I32Const(1), w.I32Const(1<<24), w.MemoryFill(), w.Br(0)))
	fill.Memory(w.Limits{Min: 256})

	bodies := make([][]byte, 0, 20_001) // a long loop without branches
	for range 20_000 {
		bodies = append(bodies, w.I32Const(7), w.I32Const(3), w.Op(w.I32DivS), w.Op(w.Drop))
	}
	long := module(w.Func(), w.Loop(append(bodies, w.Br(0))...))
	return map[string]*w.Module{"loop": loop, "nested": nested, "calls": calls, "fill": fill, "long body": long}
}

var errBudget = errors.New("budget used up")

func wantInterrupt(t *testing.T, err, cause error) {
	t.Helper()
	wantTrap(t, err, engine.TrapInterrupted)
	if !errors.Is(err, engine.ErrInterrupted) || !errors.Is(err, cause) {
		t.Errorf("error %v is not both ErrInterrupted and %v", err, cause)
	}
}

func testInterrupt(t *testing.T, r rig) {
	for name, m := range endless() {
		t.Run(name, func(t *testing.T) {
			r := r.on(t)
			s := r.store(engine.StoreConfig{})
			inst := r.instantiate(s, m)
			timer := time.AfterFunc(10*time.Millisecond, func() { s.Interrupt(errBudget) })
			defer timer.Stop()
			_, err := r.call(inst, "f")
			wantInterrupt(t, err, errBudget)
			s.Interrupt(errors.New("second"))
			_, err = r.call(inst, "f")
			wantInterrupt(t, err, errBudget)
			if _, err = s.Instantiate(r.compile(w.New()), nil); !errors.Is(err, errBudget) {
				t.Errorf("Instantiate in an interrupted store: %v", err)
			}
		})
	}
	testInterruptAway(t, r)
	t.Run("other store", func(t *testing.T) {
		r := r.on(t)
		s, bystander := r.store(engine.StoreConfig{}), r.store(engine.StoreConfig{})
		one := module(w.Func().Returns(w.I32), w.I32Const(1))
		inst := r.instantiate(bystander, one)
		s.Interrupt(errBudget)
		if got := r.must(inst, "f"); got != 1 {
			t.Errorf("f() = %d, want 1", got)
		}
	})
	t.Run("no cause", func(t *testing.T) {
		s := r.on(t).store(engine.StoreConfig{})
		inst := r.on(t).instantiate(s, module(w.Func()))
		s.Interrupt(nil)
		_, err := r.on(t).call(inst, "f")
		if !errors.Is(err, engine.ErrInterrupted) {
			t.Errorf("error = %v, want ErrInterrupted", err)
		}
	})
}

// testInterruptAway interrupts where no exported function runs.
func testInterruptAway(t *testing.T, r rig) {
	t.Run("in host function", func(t *testing.T) {
		r := r.on(t)
		s := r.store(engine.StoreConfig{})
		inst := r.instantiate(s, callsHost(), s.NewHostFunc(engine.FuncType{}, func([]uint64) error {
			s.Interrupt(errBudget)
			return nil
		}))
		_, err := r.call(inst, "f")
		wantInterrupt(t, err, errBudget)
	})
	t.Run("in start function", func(t *testing.T) {
		r := r.on(t)
		s := r.store(engine.StoreConfig{})
		m := w.New()
		m.Start(m.Func(m.Type(w.Func()), nil, w.Loop(w.Br(0))))
		timer := time.AfterFunc(10*time.Millisecond, func() { s.Interrupt(errBudget) })
		defer timer.Stop()
		_, err := s.Instantiate(r.compile(m), nil)
		wantInterrupt(t, err, errBudget)
	})
}

// callsHost imports a function and exports "f", which calls it.
func callsHost() *w.Module {
	m := w.New()
	ft := m.Type(w.Func())
	host := m.ImportFunc("", "", ft)
	m.Export("f", engine.KindFunc, m.Func(ft, nil, w.Call(host)))
	return m
}

func testFuel(t *testing.T, r rig) {
	if !r.eng.Features().Fuel {
		t.Skip("the engine does not meter")
	}
	for name, m := range endless() {
		t.Run(name, func(t *testing.T) {
			r := r.on(t)
			s := r.store(engine.StoreConfig{Fuel: 1_000_000})
			inst := r.instantiate(s, m)
			_, err := r.call(inst, "f")
			wantTrap(t, err, engine.TrapOutOfFuel)
			if !errors.Is(err, engine.ErrOutOfFuel) || s.Fuel() != 0 {
				t.Errorf("error = %v, Fuel() = %d", err, s.Fuel())
			}
			_, err = r.call(inst, "f")
			wantTrap(t, err, engine.TrapOutOfFuel)
		})
	}
	t.Run("exact", func(t *testing.T) { testExactFuel(t, r.on(t)) })
	t.Run("not metered", func(t *testing.T) {
		s := r.on(t).store(engine.StoreConfig{})
		if s.SetFuel(100); s.Fuel() != 0 {
			t.Errorf("Fuel() = %d, want 0", s.Fuel())
		}
	})
}

// counter exports "f", which loops as often as it is told.
func counter() *w.Module {
	return module(w.Func(w.I32), w.Loop(
		w.LocalGet(0), w.I32Const(1), w.Op(w.I32Sub), w.LocalTee(0), w.BrIf(0)))
}

// testExactFuel checks that what a call used is the same each time, and enough for
// it but no less.
func testExactFuel(t *testing.T, r rig) {
	const start = 10_000_000
	used := func(loops uint64) uint64 {
		s := r.store(engine.StoreConfig{Fuel: start})
		inst, idle := r.instantiate(s, counter()), r.instantiate(s, counter())
		r.must(idle, "f", 1)
		s.SetFuel(start)
		r.must(inst, "f", loops)
		return start - s.Fuel()
	}
	small, large := used(10), used(100_000)
	if small == 0 || large < 100_000 || used(100_000) != large {
		t.Errorf("10 loops use %d, 100,000 use %d, then %d", small, large, used(100_000))
	}
	for _, tt := range []struct {
		fuel uint64
		ok   bool
	}{{large, true}, {large - 1, false}} {
		s := r.store(engine.StoreConfig{Fuel: start})
		inst, idle := r.instantiate(s, counter()), r.instantiate(s, counter())
		s.SetFuel(tt.fuel + small)
		r.must(idle, "f", 10) // leaves its instance with fuel the other needs
		_, err := r.call(inst, "f", 100_000)
		if (err == nil) != tt.ok {
			t.Errorf("with %d of %d: %v, %d left", tt.fuel, large, err, s.Fuel())
		}
	}
}

func testClose(t *testing.T, r rig) {
	s := r.store(engine.StoreConfig{})
	var inner error
	inst := r.instantiate(s, callsHost(), s.NewHostFunc(engine.FuncType{}, func([]uint64) error {
		inner = s.Close()
		return nil
	}))
	mem := r.instantiate(s, grower(w.Limits{Min: 1})).Export("memory").(engine.Memory)
	f := inst.Export("f").(engine.Func)
	if err := f.Call(nil); err != nil || !errors.Is(inner, engine.ErrBusy) {
		t.Errorf("Close in a host function: %v, call: %v, want ErrBusy", inner, err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	s.Interrupt(errBudget)
	if err := f.Call(nil); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("Call: %v, want ErrClosed", err)
	}
	if b := mem.Bytes(); b != nil || mem.Grow(1) {
		t.Errorf("memory of a closed store has %d bytes", len(b))
	}
	mod := r.compile(w.New())
	if _, err := s.Instantiate(mod, nil); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("Instantiate in a closed store: %v, want ErrClosed", err)
	}
	testModuleClose(t, r)
}

// testModuleClose closes a module under its instance, and one of two handles.
func testModuleClose(t *testing.T, r rig) {
	m := module(w.Func().Returns(w.I32), w.I32Const(5))
	one, two := r.compile(m), r.compile(m)
	s := r.store(engine.StoreConfig{})
	inst, err := s.Instantiate(one, nil)
	if err != nil {
		t.Fatal(err)
	}
	one.Close()
	one.Close()
	if _, err := s.Instantiate(two, nil); err != nil {
		t.Errorf("instantiating the second handle: %v", err)
	}
	two.Close()
	if got := r.must(inst, "f"); got != 5 {
		t.Errorf("instance of a closed module: %d, want 5", got)
	}
	if _, err := s.Instantiate(two, nil); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("Instantiate of a closed module: %v, want ErrClosed", err)
	}
}

func testParallel(t *testing.T, r rig) {
	mod := r.compile(callsHost())
	var wg sync.WaitGroup
	errs := make(chan error, 8)
	for i := range 8 {
		wg.Go(func() { errs <- runParallel(r.eng, mod, i) })
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
}

// runParallel makes stores that call a host function of their own.
func runParallel(e engine.Engine, mod engine.Module, id int) error {
	for range 20 {
		s, err := e.NewStore(engine.StoreConfig{})
		if err != nil {
			return err
		}
		calls := 0
		inst, err := s.Instantiate(mod, []engine.Extern{s.NewHostFunc(engine.FuncType{}, func([]uint64) error {
			calls++
			return nil
		})})
		if err != nil {
			return err
		}
		f := inst.Export("f").(engine.Func)
		for range 50 {
			if err := f.Call(nil); err != nil {
				return err
			}
		}
		if calls != 50 {
			return fmt.Errorf("store %d: %d calls, want 50", id, calls)
		}
		if err := s.Close(); err != nil {
			return err
		}
	}
	return nil
}
