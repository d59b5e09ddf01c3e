package component_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine"
)

// A guest that traps, lies or never ends in realloc or in post-return traps like
// any other, and its instance cannot be used again.
func TestReallocAndPostReturn(t *testing.T) {
	l := component.NewLinker()
	l.Root().Func("text", component.Func0(func(context.Context) (string, error) { return "text", nil }))
	linked := world{component: "giveup", linker: l}.link(t)
	for _, tt := range []struct {
		fn   string
		args []component.Value
		kind component.TrapKind
		code engine.TrapCode
	}{
		{"realloc-traps", []component.Value{"x"}, component.TrapCore, engine.TrapUnreachable},
		{"realloc-traps-for-the-host", nil, component.TrapCore, engine.TrapUnreachable},
		{"realloc-beyond", []component.Value{"x"}, component.TrapValue, 0},
		{"realloc-odd", []component.Value{[]component.Value{uint32(1)}}, component.TrapValue, 0},
		{"realloc-spins", []component.Value{"x"}, component.TrapInterrupted, engine.TrapInterrupted},
		{"post-return-traps", nil, component.TrapCore, engine.TrapUnreachable},
		{"post-return-spins", nil, component.TrapInterrupted, engine.TrapInterrupted},
	} {
		t.Run(tt.fn, func(t *testing.T) {
			in := instantiate(t, linked, component.InstanceConfig{})
			f, err := in.Func(tt.fn)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if tt.kind == component.TrapInterrupted {
				defer time.AfterFunc(10*time.Millisecond, cancel).Stop()
			}
			_, err = f.Call(ctx, tt.args...)
			if trap := wantTrap(t, tt.fn, err, tt.kind); trap.Code != tt.code || trap.Stats.MemoryBytes != 1<<16 {
				t.Errorf("trap %+v, want code %v and what the instance used", trap, tt.code)
			}
			if _, err := call(t, in, "ok"); !errors.Is(err, component.ErrPoisoned) {
				t.Errorf("call afterwards: %v, want ErrPoisoned", err)
			}
		})
	}
}
