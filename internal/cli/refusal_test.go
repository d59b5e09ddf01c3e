package cli_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine/enginetest/testengine"
	"github.com/berth-cli/berth/internal/cli"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/wasi"
)

// beyond is a guest that goes beyond a limit.
type beyond struct {
	file   string // or wasm
	wasm   []byte
	export string // what is called; "" if it does not come so far
	lower  func(*plugin.Config, *plugin.Limits)
}

const (
	floods      = "guests/probe/floods.wasm"
	leave       = "component/testdata/leave.wasm"
	selfCalling = "component/testdata/self.wasm"

	// Components made by hand: an empty one, instantiated twice; one in another.
	emptyComponent = "\x00asm\x0d\x00\x01\x00"
	twoInstances   = emptyComponent + "\x04\x08" + emptyComponent + "\x05\x07\x02\x00\x00\x00\x00\x00\x00"
	inside         = emptyComponent + "\x04\x08" + emptyComponent + "\x05\x04\x01\x00\x00\x00"
	insideInside   = emptyComponent + "\x04\x18" + inside + "\x05\x04\x01\x00\x00\x00"
)

// guestBeyond returns a guest that goes beyond the limit of that name.
func guestBeyond(name string) beyond {
	run := func(export string, lower func(*plugin.Limits)) beyond {
		return beyond{file: floods, export: export, lower: func(_ *plugin.Config, l *plugin.Limits) { lower(l) }}
	}
	load := func(lower func(*component.Limits)) beyond {
		return beyond{file: floods, lower: func(c *plugin.Config, _ *plugin.Limits) { lower(&c.Limits) }}
	}
	switch name {
	case plugin.LimitMemory:
		return run("memory-bytes", func(l *plugin.Limits) { l.MemoryBytes = 16 << 20 })
	case plugin.LimitTables:
		return beyond{file: floods, export: "table-elements"}
	case plugin.LimitCompute:
		return run("spin", func(l *plugin.Limits) { l.Compute = 50 * time.Millisecond })
	case plugin.LimitWall:
		return run("spin", func(l *plugin.Limits) { l.Wall = 50 * time.Millisecond })
	case plugin.LimitIdle:
		return run("sleep", func(l *plugin.Limits) { l.Idle = 50 * time.Millisecond })
	case plugin.LimitWorldCalls:
		return run("calls", func(l *plugin.Limits) { l.WorldCalls = 100 })
	case plugin.LimitOutput:
		return run("output", func(l *plugin.Limits) { l.OutputBytes = 1 << 20 })
	case plugin.LimitDescriptors, plugin.LimitPollables, plugin.LimitHandles, plugin.LimitLift:
		return beyond{file: floods, export: name}
	case plugin.LimitResources:
		return beyond{file: floods, export: "streams"}
	case plugin.LimitRandom:
		return beyond{file: floods, export: "random"}
	case plugin.LimitComponentSize:
		return load(func(l *component.Limits) { l.MaxComponentBytes = 1 << 10 })
	case plugin.LimitDefinitions:
		return load(func(l *component.Limits) { l.MaxDefinitions = 100 })
	case plugin.LimitTypeDepth:
		return load(func(l *component.Limits) { l.MaxTypeDepth = 1 })
	case plugin.LimitTypeSize:
		return load(func(l *component.Limits) { l.MaxTypeSize = 1 })
	case plugin.LimitTypes:
		return load(func(l *component.Limits) { l.MaxTypes = 10 })
	case plugin.LimitElaboration:
		return load(func(l *component.Limits) { l.MaxElaborationSteps = 100 })
	case plugin.LimitCoreInstances:
		return load(func(l *component.Limits) { l.MaxCoreInstances = 1 })
	}
	return guestBeyondMore(name)
}

func guestBeyondMore(name string) beyond {
	lower := func(f func(*component.Limits)) func(*plugin.Config, *plugin.Limits) {
		return func(c *plugin.Config, _ *plugin.Limits) { f(&c.Limits) }
	}
	switch name {
	case plugin.LimitDecodeNesting:
		return beyond{wasm: []byte(insideInside), lower: lower(func(l *component.Limits) { l.MaxDecodeNesting = 1 })}
	case plugin.LimitInstantiations:
		return beyond{wasm: []byte(twoInstances), lower: lower(func(l *component.Limits) { l.MaxInstantiations = 1 })}
	case plugin.LimitInstanceNesting:
		return beyond{wasm: []byte(insideInside), lower: lower(func(l *component.Limits) { l.MaxInstanceNesting = 1 })}
	case plugin.LimitComponentCount:
		return beyond{file: leave, lower: lower(func(l *component.Limits) { l.MaxComponentInstances = 1 })}
	case plugin.LimitCoreEntries:
		return beyond{file: floods, export: "sleep", lower: lower(func(l *component.Limits) { l.MaxCoreEntries = 3 })}
	case plugin.LimitTotalMemory:
		return beyond{file: floods, export: "sleep", lower: lower(func(l *component.Limits) { l.MaxTotalMemoryBytes = 64 << 10 })}
	case plugin.LimitCallDepth:
		return beyond{file: selfCalling, export: "again"}
	case plugin.LimitCompileTime:
		return beyond{file: floods, lower: func(c *plugin.Config, _ *plugin.Limits) { c.CompileTime = time.Microsecond }}
	case plugin.LimitCompileMemory:
		return beyond{file: floods, lower: func(c *plugin.Config, _ *plugin.Limits) { c.CompileMemory = 4 << 10 }}
	}
	return beyond{}
}

// refusal runs a guest that goes beyond the limit of that name, and returns what is
// said of it. The error must be of that limit.
func refusal(t *testing.T, name string) string {
	t.Helper()
	b := guestBeyond(name)
	if b.file == "" && b.wasm == nil {
		t.Errorf("no guest goes beyond the limit %s", name)
		return ""
	}
	report, err := b.run(t)
	if name == plugin.LimitDescriptors && err != nil && len(report.Warnings) > 0 { // it gets an error code
		return "the warning: " + report.Warnings[0]
	}
	if limit, ok := errors.AsType[*plugin.LimitError](err); !ok || limit.Limit != name {
		t.Errorf("a guest beyond the limit %s ends with %T %v", name, err, err)
		return ""
	}
	text := err.Error()
	if !strings.Contains(text, "setting "+cli.LimitKnob(name)+" above ") {
		t.Errorf("a guest beyond the limit %s ends with %q, which does not say what raises it", name, text)
	}
	text, _, _ = strings.Cut(text, ". If this plugin")
	if name == plugin.LimitCompileMemory { // each engine has an estimate of its own
		text, _, _ = strings.Cut(text, " (")
		text += " (… wanted)"
	}
	return text
}

func (b beyond) run(t *testing.T) (plugin.Report, error) {
	t.Helper()
	eng, err := testengine.New()
	if err != nil {
		t.Fatal(err)
	}
	defer eng.Close()
	cfg, limits := plugin.Config{Engine: eng, Knob: cli.LimitKnob}, plugin.DefaultLimits()
	if b.lower != nil {
		b.lower(&cfg, &limits)
	}
	host, err := plugin.NewHost(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if b.file != "" {
		if b.wasm, err = os.ReadFile(filepath.Join("../..", b.file)); err != nil {
			t.Fatal(err)
		}
	}
	p, err := host.Load(t.Context(), b.wasm)
	if err != nil {
		return plugin.Report{}, err
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	world := plugin.World{Name: "floods", Interfaces: []string{""}, Define: func(l *component.Linker) {
		l.Root().Func("sink", component.Func1(func(context.Context, []string) (component.Unit, error) {
			return component.Unit{}, nil
		}))
	}}
	return p.Run(t.Context(), world, plugin.Session{
		Limits: limits, Loops: plugin.Loops{Allow: true},
		Grant: plugin.Grant{Preopens: []wasi.Preopen{{Guest: "box", Dir: dir}}},
	}, func(ctx context.Context, in *component.Instance) error {
		f, err := in.Func(b.export)
		if err == nil {
			_, err = f.Call(ctx)
		}
		return err
	})
}
