package component_test

import (
	"context"
	"errors"
	"testing"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine/wazero"
)

// Calls from one component instance to another that do not end, end at the limit.
func TestMaxCallDepth(t *testing.T) {
	for _, max := range []int{0, 5} {
		in := world{component: "self", limits: component.Limits{MaxCallDepth: max}}.start(t)
		_, err := call(t, in, "again")
		trap := wantTrap(t, "again", err, component.TrapLimit)
		if l, ok := errors.AsType[*component.LimitError](trap); !ok || l.Limit != "MaxCallDepth" {
			t.Errorf("limit %v", trap.Err)
		}
	}
}

// Bytes that go from one component instance to another and back arrive.
func TestGuestToGuest(t *testing.T) {
	l := component.NewLinker()
	l.Root().Func("host-bytes", component.Func1(echo[[]byte]))
	in := world{component: "bench", linker: l}.start(t)
	for _, fn := range []string{"call-other-bytes", "call-host-bytes"} {
		if _, err := call(t, in, fn, uint32(3), uint32(100_000)); err != nil {
			t.Errorf("%s: %v", fn, err)
		}
	}
	if _, err := call(t, in, "call-other-u32", uint32(10)); err != nil {
		t.Errorf("call-other-u32: %v", err)
	}
	_, err := call(t, in, "call-other-bytes", uint32(1), uint32(1<<27))
	wantTrap(t, "more bytes than there are", err, component.TrapValue)
}

// While realloc or post-return runs, an instance may not call out.
func TestMayNotLeave(t *testing.T) {
	linked := world{component: "leave", linker: hostileLinker(nil)}.link(t)
	for _, tt := range []struct {
		fn   string
		args []component.Value
		may  bool
	}{
		{"host", nil, true},
		{"guest", nil, true},
		{"host-in-post-return", nil, false},
		{"guest-in-post-return", nil, false},
		{"host-in-realloc", []component.Value{"x"}, false},
		{"guest-in-realloc", []component.Value{"x"}, false},
	} {
		_, err := call(t, instantiate(t, linked, component.InstanceConfig{}), tt.fn, tt.args...)
		if !tt.may {
			wantTrap(t, tt.fn, err, component.TrapReentrance)
		} else if err != nil {
			t.Errorf("%s: %v", tt.fn, err)
		}
	}
}

// FuzzComponent compiles, links, instantiates and calls components of any bytes.
// Each step gives a result or one of the documented errors.
func FuzzComponent(f *testing.F) {
	for _, name := range []string{"echo", "resources", "hostile", "bench", "self", "leave"} {
		f.Add(readComponent(f, name))
	}
	e, err := wazero.New(wazero.Config{Interpreter: true})
	if err != nil {
		f.Fatal(err)
	}
	rt, err := component.NewRuntime(component.Config{Engine: e, Limits: component.Limits{MaxLiftBytes: 1 << 20}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, wasm []byte) {
		c, err := rt.Compile(t.Context(), wasm)
		if err != nil {
			return
		}
		defer c.Close()
		linked, err := rt.Link(c, typedEcho())
		if err != nil {
			return
		}
		in, err := linked.Instantiate(t.Context(), component.InstanceConfig{MaxMemoryBytes: 16 << 20, Fuel: 100_000, StackBytes: 1 << 20})
		if err != nil {
			return
		}
		defer in.Close()
		for _, x := range c.Exports() {
			if f, err := in.Func(x.Name); err == nil {
				checkCallError(t, f)
			}
		}
	})
}

func checkCallError(t *testing.T, f *component.Func) {
	t.Helper()
	_, err := f.Call(context.Background())
	switch {
	case err == nil, isType[*component.Trap](err), isType[*component.HostError](err), errors.Is(err, component.ErrPoisoned):
	case f.Type() == "func()":
		t.Errorf("Call of %s: %T %v", f.Type(), err, err)
	}
}
