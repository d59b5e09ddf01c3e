package plugin_test

import (
	"context"
	"errors"
	"testing"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/plugin"
)

// sinkWorld is the world of guests/probe/floods.wat with that function in it.
func sinkWorld(sink func() error) plugin.World {
	return plugin.World{Name: "sink", Define: func(l *component.Linker) {
		l.Root().Func("sink", component.Func1(func(context.Context, []string) (component.Unit, error) {
			return component.Unit{}, sink()
		}))
	}}
}

// callSink has the guest call the function, which ends the run.
func callSink(t *testing.T, p *plugin.Plugin, w plugin.World) error {
	t.Helper()
	_, err := p.Run(t.Context(), w, plugin.Session{Limits: plugin.DefaultLimits()},
		func(ctx context.Context, in *component.Instance) error {
			f, err := in.Func("calls")
			if err == nil {
				_, err = f.Call(ctx)
			}
			return err
		})
	return err
}

// TestOnce links anew what may be different, and only once what says it is not.
func TestOnce(t *testing.T) {
	first, second := errors.New("first"), errors.New("second")
	for _, tt := range []struct {
		name string
		w    plugin.World
		want error // of the second run
	}{
		{"a world of each run", plugin.World{Name: "sink"}, second},
		{"the same world", plugin.World{Name: "sink", Once: true}, first},
		{"a world without a name", plugin.World{Once: true}, second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := load(t, floods)
			for _, run := range []struct{ end, want error }{{first, first}, {second, tt.want}} {
				w := sinkWorld(func() error { return run.end })
				w.Name, w.Once = tt.w.Name, tt.w.Once
				if err := callSink(t, p, w); !errors.Is(err, run.want) {
					t.Errorf("run of %v ended with %v, want %v", run.end, err, run.want)
				}
			}
		})
	}
}

// TestWorldIntercepts has a world look at its own calls, within the chain.
func TestWorldIntercepts(t *testing.T) {
	denied := errors.New("denied")
	w := sinkWorld(func() error { return nil })
	define := w.Define
	w.Define = func(l *component.Linker) {
		define(l)
		l.Intercept(func(context.Context, *component.Call, component.Next) (*component.Reply, error) { return nil, denied })
	}
	if err := callSink(t, load(t, floods), w); !errors.Is(err, denied) {
		t.Errorf("Run = %v, want what the world's interceptor says", err)
	}
}

func TestNothingToCall(t *testing.T) {
	_, err := load(t, floods).Run(t.Context(), sinkWorld(nil), plugin.Session{Limits: plugin.DefaultLimits()}, nil)
	if _, ok := errors.AsType[*plugin.HostError](err); !ok {
		t.Errorf("Run = %T %v, want *plugin.HostError", err, err)
	}
}
