// Package enginetest is the suite that every engine.Engine must pass.
//
//	func TestEngine(t *testing.T) {
//		enginetest.Run(t, func(t testing.TB) engine.Engine {
//			e, err := wazero.New(wazero.Config{})
//			if err != nil {
//				t.Fatal(err)
//			}
//			t.Cleanup(func() { e.Close() })
//			return e
//		})
//	}
//
// Its modules come from enginetest/wasmtest. RunSpec runs the WebAssembly
// specification's own tests.
package enginetest

import (
	"errors"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// Run runs the suite. newEngine returns a new engine and closes it in a cleanup.
func Run(t *testing.T, newEngine func(testing.TB) engine.Engine) {
	for _, tt := range []struct {
		name string
		run  func(*testing.T, rig)
	}{
		{"Compile", testCompile},
		{"Call", testCall},
		{"Proposals", testProposals},
		{"Traps", testTraps},
		{"Frames", testFrames},
		{"Locate", testLocate},
		{"HostErrors", testHostErrors},
		{"Reentry", testReentry},
		{"Recursion", testRecursion},
		{"Link", testLink},
		{"Start", testStart},
		{"Memory", testMemory},
		{"MemoryLimit", testMemoryLimit},
		{"Memories", testMemories},
		{"Globals", testGlobals},
		{"Tables", testTables},
		{"Limits", testLimits},
		{"Interrupt", testInterrupt},
		{"Fuel", testFuel},
		{"Close", testClose},
		{"Parallel", testParallel},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, rig{t, newEngine(t)}) })
	}
}

// rig is an engine under test.
type rig struct {
	t   *testing.T
	eng engine.Engine
}

// on returns the rig for a subtest.
func (r rig) on(t *testing.T) rig { return rig{t, r.eng} }

func (r rig) compile(m *w.Module) engine.Module {
	r.t.Helper()
	mod, err := r.eng.Compile(r.t.Context(), m.Bytes())
	if err != nil {
		r.t.Fatalf("Compile: %v", err)
	}
	r.t.Cleanup(func() { mod.Close() })
	return mod
}

func (r rig) store(c engine.StoreConfig) engine.Store {
	r.t.Helper()
	s, err := r.eng.NewStore(c)
	if err != nil {
		r.t.Fatalf("NewStore(%+v): %v", c, err)
	}
	r.t.Cleanup(func() { s.Close() })
	return s
}

func (r rig) instantiate(s engine.Store, m *w.Module, imports ...engine.Extern) engine.Instance {
	r.t.Helper()
	inst, err := s.Instantiate(r.compile(m), imports)
	if err != nil {
		r.t.Fatalf("Instantiate: %v", err)
	}
	return inst
}

// call calls an exported function and returns its error and first result.
func (r rig) call(inst engine.Instance, name string, args ...uint64) (uint64, error) {
	r.t.Helper()
	f, ok := inst.Export(name).(engine.Func)
	if !ok {
		r.t.Fatalf("Export(%q) = %T, want a function", name, inst.Export(name))
	}
	return callFunc(f, args...)
}

func callFunc(f engine.Func, args ...uint64) (uint64, error) {
	stack := make([]uint64, f.Type().StackLen()+1)
	copy(stack, args)
	err := f.Call(stack)
	return stack[0], err
}

// must calls an exported function that must succeed.
func (r rig) must(inst engine.Instance, name string, args ...uint64) uint64 {
	r.t.Helper()
	v, err := r.call(inst, name, args...)
	if err != nil {
		r.t.Fatalf("%s(%d): %v", name, args, err)
	}
	return v
}

// module returns a module that exports one function "f" of that type and code.
func module(s w.Signature, code ...[]byte) *w.Module {
	m := w.New()
	m.Export("f", engine.KindFunc, m.Func(m.Type(s), nil, code...))
	return m
}

// wantTrap checks that err is a trap with that code.
func wantTrap(t *testing.T, err error, code engine.TrapCode) *engine.Trap {
	t.Helper()
	trap, ok := errors.AsType[*engine.Trap](err)
	if !ok {
		t.Fatalf("error is %T (%v), want a trap: %v", err, err, code)
	}
	if trap.Code != code {
		t.Fatalf("trap %v (%v), want %v", trap.Code, trap, code)
	}
	return trap
}
