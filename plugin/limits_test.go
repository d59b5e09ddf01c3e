package plugin_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/wasi"
)

const floods = "../guests/probe/floods.wasm"

// floodWorld is the world of guests/probe/floods.wat.
func floodWorld() plugin.World {
	return plugin.World{Name: "floods", Interfaces: []string{""}, Define: func(l *component.Linker) {
		l.Root().Func("sink", component.Func1(func(context.Context, []string) (component.Unit, error) {
			return component.Unit{}, nil
		}))
	}}
}

// flood runs an export of it.
func flood(ctx context.Context, p *plugin.Plugin, export string, s plugin.Session) (plugin.Report, error) {
	s.Loops.Allow = true
	return p.Run(ctx, floodWorld(), s, func(ctx context.Context, in *component.Instance) error {
		f, err := in.Func(export)
		if err == nil {
			_, err = f.Call(ctx)
		}
		return err
	})
}

// TestFloods has a guest ask for more and more of one thing, within the default
// limits where nothing else is said: each ends as an error of the limit's own.
func TestFloods(t *testing.T) {
	p := load(t, floods)
	for _, tt := range []struct {
		export string
		lower  func(*plugin.Limits)
		limit  string
		want   string // in the error
	}{
		{"spin", func(l *plugin.Limits) { l.Compute = 50 * time.Millisecond }, plugin.LimitCompute,
			"plugin exceeded the 0.05s compute-time limit"},
		{"spin", func(l *plugin.Limits) { l.Wall = 50 * time.Millisecond }, plugin.LimitWall,
			"plugin ran for longer than its limit of 0.05s"},
		{"memory-bytes", func(l *plugin.Limits) { l.MemoryBytes = 16 << 20 }, plugin.LimitMemory,
			"memory limit of 16 MiB (peak 15.1 MiB, then it asked for 16.1 MiB in all)"},
		{"table-elements", func(l *plugin.Limits) { l.TableElems = 1000 }, plugin.LimitTables,
			"table-elements limit of 1000 (100001 wanted)"},
		{"handles", nil, plugin.LimitHandles, "handles limit of 1048576 (1048577 wanted)"},
		{"calls", func(l *plugin.Limits) { l.WorldCalls = 100 }, plugin.LimitWorldCalls,
			"world-calls limit of 100 (the next call was sink)"},
		{"lift", nil, plugin.LimitLift, "lift limit of 128 MiB (62.5 KiB more wanted)"},
		{"output", func(l *plugin.Limits) { l.OutputBytes = 1 << 20 }, plugin.LimitOutput, "output limit of 1 MiB (4 KiB more wanted)"},
		{"pollables", nil, plugin.LimitPollables, "pollables limit of 16384 (16385 wanted)"},
		{"streams", nil, plugin.LimitResources, "resources limit of 65536 (65537 wanted)"},
		{"random", nil, plugin.LimitRandom, "random-bytes limit of 64 MiB (8 EiB wanted)"},
	} {
		t.Run(tt.limit, func(t *testing.T) {
			session := plugin.Session{Limits: plugin.DefaultLimits()}
			if tt.lower != nil {
				tt.lower(&session.Limits)
			}
			_, err := flood(t.Context(), p, tt.export, session)
			limit, ok := errors.AsType[*plugin.LimitError](err)
			if !ok || limit.Limit != tt.limit || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Run = %T %v, want the limit %s: %s", err, err, tt.limit, tt.want)
			}
			if limit.Knob == "" || !strings.Contains(err.Error(), "setting "+limit.Knob+" above "+limit.Max+".") {
				t.Errorf("error = %v, want it to say what raises the limit", err)
			}
		})
	}
}

// TestDescriptorFlood has a guest open a file until it may not: that is an error of
// its own to it, so the report says why it failed.
func TestDescriptorFlood(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := flood(t.Context(), load(t, floods), "descriptors", plugin.Session{
		Limits: plugin.DefaultLimits(),
		Grant:  plugin.Grant{Preopens: []wasi.Preopen{{Guest: "box", Dir: dir}}},
	})
	if _, ok := errors.AsType[*plugin.TrapError](err); !ok {
		t.Errorf("Run = %v, want the guest's own trap", err)
	}
	want := []string{"the plugin was refused what is beyond its descriptors limit of 1024 (1025 wanted)"}
	if !reflect.DeepEqual(report.Warnings, want) {
		t.Errorf("warnings = %q, want %q", report.Warnings, want)
	}
}

// TestStartRunsOutOfMemory has a guest end before there is an instance.
func TestStartRunsOutOfMemory(t *testing.T) {
	limits := plugin.DefaultLimits()
	limits.MemoryBytes = 16 << 20
	_, report, err := load(t, "../guests/probe/start.wasm").RunCommand(t.Context(), plugin.Session{Limits: limits})
	limit, ok := errors.AsType[*plugin.LimitError](err)
	if !ok || limit.Limit != plugin.LimitMemory || !strings.Contains(err.Error(), "then it asked for 16.1 MiB in all") {
		t.Errorf("Run = %v, want the limit of memory", err)
	}
	if report.PeakMemoryBytes < 15<<20 {
		t.Errorf("peak = %d, want about the limit", report.PeakMemoryBytes)
	}
}

// TestInitialMemoryBeyondLimit has a guest that wants more than it may have at once.
func TestInitialMemoryBeyondLimit(t *testing.T) {
	limits := plugin.DefaultLimits()
	limits.MemoryBytes = 64 << 10
	_, err := flood(t.Context(), load(t, floods), "sleep", plugin.Session{Limits: limits})
	if limit, ok := errors.AsType[*plugin.LimitError](err); !ok || limit.Limit != plugin.LimitMemory ||
		!strings.Contains(err.Error(), "memory limit of 64 KiB (128 KiB wanted)") {
		t.Errorf("Run = %v, want the limit of memory", err)
	}
}

// TestTimeLimits runs guests that wait, by a clock that leaps.
func TestTimeLimits(t *testing.T) {
	p := load(t, floods)
	for _, tt := range []struct {
		name, export string
		wall, idle   time.Duration
		limit        string
		took         time.Duration
	}{
		{"sleeps beyond its time", "sleep", time.Hour, plugin.Unlimited, plugin.LimitWall, time.Hour},
		{"sleeps without end", "sleep", plugin.Unlimited, time.Minute, plugin.LimitIdle, time.Minute},
		{"dozes without end", "doze", plugin.Unlimited, time.Minute, plugin.LimitIdle, time.Minute},
		{"calls all the while", "ask", time.Hour, time.Minute, plugin.LimitWall, time.Hour},
		{"prints all the while", "mumble", time.Hour, time.Minute, plugin.LimitWall, time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				limits := plugin.DefaultLimits()
				limits.Wall, limits.Idle = tt.wall, tt.idle
				began := time.Now()
				var stdout bytes.Buffer
				report, err := flood(t.Context(), p, tt.export, plugin.Session{Limits: limits, Stdout: &stdout})
				limit, ok := errors.AsType[*plugin.LimitError](err)
				if !ok || limit.Limit != tt.limit {
					t.Fatalf("Run = %v, want the limit %s", err, tt.limit)
				}
				if took := time.Since(began); took < tt.took || took > tt.took+time.Second {
					t.Errorf("it took %v, want %v", took, tt.took)
				}
				if report.Compute > time.Second {
					t.Errorf("compute = %v, want the waiting left out", report.Compute)
				}
			})
		})
	}
}

// TestSlowWriterIsNotIdle has what a guest prints taken by a writer that needs
// longer for it than the guest may idle.
func TestSlowWriterIsNotIdle(t *testing.T) {
	p := load(t, floods)
	synctest.Test(t, func(t *testing.T) {
		limits := plugin.DefaultLimits()
		limits.Idle, limits.OutputBytes = time.Minute, 12
		_, err := flood(t.Context(), p, "mumble", plugin.Session{Limits: limits, Stdout: slowWriter{}})
		if limit, ok := errors.AsType[*plugin.LimitError](err); !ok || limit.Limit != plugin.LimitOutput {
			t.Errorf("Run = %v, want only the limit of output", err)
		}
	})
}

type slowWriter struct{}

func (slowWriter) Write(p []byte) (int, error) {
	time.Sleep(time.Hour)
	return len(p), nil
}

// TestMissingLimits runs without one limit after the other.
func TestMissingLimits(t *testing.T) {
	p := load(t, floods)
	for i := range reflect.TypeFor[plugin.Limits]().NumField() {
		limits := plugin.DefaultLimits()
		reflect.ValueOf(&limits).Elem().Field(i).SetZero()
		_, err := flood(t.Context(), p, "sleep", plugin.Session{Limits: limits})
		name := reflect.TypeFor[plugin.Limits]().Field(i).Name
		if _, ok := errors.AsType[*plugin.HostError](err); !ok || !strings.Contains(err.Error(), name+": limit is missing") {
			t.Errorf("without %s: %v, want it refused", name, err)
		}
	}
}

// TestKnob checks that the program's words for what raises a limit are used.
func TestKnob(t *testing.T) {
	host := newHost(t, func(c *plugin.Config) {
		c.Limits.MaxTypes = 1
		c.Knob = func(limit string) string { return "the dial for " + limit }
	})
	wasm, err := os.ReadFile(floods)
	if err != nil {
		t.Fatal(err)
	}
	_, err = host.Load(t.Context(), wasm)
	const want = "plugin exceeded its types limit of 1 (2 wanted). If this plugin legitimately needs more, " +
		"raise the limit by setting the dial for types above 1."
	if limit, ok := errors.AsType[*component.LimitError](err); !ok || limit.Limit != "MaxTypes" || err.Error() != want {
		t.Errorf("Load = %v, want %s", err, want)
	}
}
