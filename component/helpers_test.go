package component_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine/enginetest/testengine"
)

// newRuntime returns a runtime that ends with the test.
func newRuntime(t testing.TB, l component.Limits) *component.Runtime {
	t.Helper()
	e, err := testengine.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("close engine: %v", err)
		}
	})
	rt, err := component.NewRuntime(component.Config{Engine: e, Limits: l})
	if err != nil {
		t.Fatal(err)
	}
	return rt
}

// readComponent returns a component of testdata.
func readComponent(t testing.TB, name string) []byte {
	t.Helper()
	wasm, err := os.ReadFile(filepath.Join("testdata", name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

// world is what start makes an instance of.
type world struct {
	component string // a file of testdata
	linker    *component.Linker
	limits    component.Limits
	config    component.InstanceConfig
}

// link compiles and links.
func (w world) link(t testing.TB) *component.Linked {
	t.Helper()
	rt := newRuntime(t, w.limits)
	c, err := rt.Compile(context.Background(), readComponent(t, w.component))
	if err != nil {
		t.Fatalf("Compile(%s): %v", w.component, err)
	}
	if w.linker == nil {
		w.linker = component.NewLinker()
	}
	linked, err := rt.Link(c, w.linker)
	if err != nil {
		t.Fatalf("Link(%s): %v", w.component, err)
	}
	return linked
}

// start returns an instance that is closed with the test.
func (w world) start(t testing.TB) *component.Instance {
	t.Helper()
	return instantiate(t, w.link(t), w.config)
}

func instantiate(t testing.TB, linked *component.Linked, c component.InstanceConfig) *component.Instance {
	t.Helper()
	in, err := linked.Instantiate(context.Background(), c)
	if err != nil {
		t.Fatalf("Instantiate: %v", err)
	}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return in
}

// bind0 and bind1 bind an export that exists.
func bind0[R any](t testing.TB, in *component.Instance, path ...string) func(context.Context) (R, error) {
	t.Helper()
	f, err := component.Bind0[R](in, path...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func bind1[A, R any](t testing.TB, in *component.Instance, path ...string) func(context.Context, A) (R, error) {
	t.Helper()
	f, err := component.Bind1[A, R](in, path...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// call calls an export with dynamic values.
func call(t testing.TB, in *component.Instance, name string, args ...component.Value) ([]component.Value, error) {
	t.Helper()
	f, err := in.Func(name)
	if err != nil {
		t.Fatal(err)
	}
	return f.Call(t.Context(), args...)
}

// wantTrap fails unless err is a trap of that kind.
func wantTrap(t testing.TB, what string, err error, kind component.TrapKind) *component.Trap {
	t.Helper()
	trap, ok := errors.AsType[*component.Trap](err)
	if !ok || trap.Kind != kind {
		t.Fatalf("%s: error %v, want a trap of kind %v", what, err, kind)
	}
	return trap
}
