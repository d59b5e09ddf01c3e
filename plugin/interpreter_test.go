package plugin_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/berth-cli/berth/engine/wazero"
	"github.com/berth-cli/berth/plugin"
)

// loadInterpreted loads a plugin on the interpreter, the engine to fall back to when
// a compiler gets a module wrong.
func loadInterpreted(t *testing.T, file string) *plugin.Plugin {
	t.Helper()
	eng, err := wazero.New(wazero.Config{Interpreter: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { eng.Close() })
	wasm, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newHost(t, func(c *plugin.Config) { c.Engine = eng }).Load(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// output is what a program did.
type output struct {
	code           int
	stdout, stderr string
}

func runOutput(t *testing.T, p *plugin.Plugin, what string) output {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code, _, err := p.RunCommand(t.Context(), plugin.Session{
		Limits: plugin.DefaultLimits(), Stdout: &stdout, Stderr: &stderr,
		Grant: plugin.Grant{Args: []string{"command", what}},
	})
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
	return output{code, stdout.String(), stderr.String()}
}

// A program does the same on the interpreter as on the engine of the build.
func TestInterpreter(t *testing.T) {
	compiled, interpreted := load(t, command), loadInterpreted(t, command)
	for _, what := range []string{"hello", "exit-0", "error"} {
		want := runOutput(t, compiled, what)
		if got := runOutput(t, interpreted, what); got != want {
			t.Errorf("%s: %+v, want %+v", what, got, want)
		}
	}
}

// The interpreter obeys the limits, and ends when its caller does.
func TestInterpreterLimits(t *testing.T) {
	p := loadInterpreted(t, floods)
	for _, tt := range []struct {
		export, limit string
		lower         func(*plugin.Limits)
	}{
		{"spin", plugin.LimitCompute, func(l *plugin.Limits) { l.Compute = 50 * time.Millisecond }},
		{"spin", plugin.LimitWall, func(l *plugin.Limits) { l.Wall = 50 * time.Millisecond }},
		{"memory-bytes", plugin.LimitMemory, func(l *plugin.Limits) { l.MemoryBytes = 16 << 20 }},
		{"table-elements", plugin.LimitTables, func(l *plugin.Limits) { l.TableElems = 1000 }},
		{"calls", plugin.LimitWorldCalls, func(l *plugin.Limits) { l.WorldCalls = 100 }},
	} {
		t.Run(tt.limit, func(t *testing.T) {
			session := plugin.Session{Limits: plugin.DefaultLimits()}
			tt.lower(&session.Limits)
			_, err := flood(t.Context(), p, tt.export, session)
			if limit, ok := errors.AsType[*plugin.LimitError](err); !ok || limit.Limit != tt.limit {
				t.Errorf("Run = %T %v, want the limit %s", err, err, tt.limit)
			}
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		_, err := flood(ctx, p, "spin", plugin.Session{Limits: plugin.DefaultLimits()})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Run = %v, want the deadline", err)
		}
	})
}
