package plugin_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine/enginetest/testengine"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/wasi"
)

func newHost(t testing.TB, change ...func(*plugin.Config)) *plugin.Host {
	t.Helper()
	eng, err := testengine.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { eng.Close() })
	cfg := plugin.Config{Engine: eng}
	for _, c := range change {
		c(&cfg)
	}
	host, err := plugin.NewHost(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return host
}

func load(t testing.TB, file string) *plugin.Plugin {
	t.Helper()
	wasm, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newHost(t).Load(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const command = "../guests/hostile-c/command.wasm"

func TestRunCommand(t *testing.T) {
	p := load(t, command)
	for _, tt := range []struct {
		what string
		code int
	}{{"hello", 0}, {"exit-0", 0}, {"error", 1}} {
		var stderr bytes.Buffer
		code, _, err := p.RunCommand(t.Context(), plugin.Session{
			Limits: plugin.DefaultLimits(), Stderr: &stderr,
			Grant: plugin.Grant{Args: []string{"command", tt.what}},
		})
		if code != tt.code || err != nil {
			t.Errorf("%s: code %d, %v, want %d\n%s", tt.what, code, err, tt.code, stderr.String())
		}
	}
}

func TestNothingIsGranted(t *testing.T) {
	p := load(t, command)
	var stdout, stderr bytes.Buffer
	code, _, err := p.RunCommand(t.Context(), plugin.Session{
		Limits: plugin.DefaultLimits(), Stdout: &stdout, Stderr: &stderr,
		Grant: plugin.Grant{Args: []string{"command", "escape-absolute"}},
	})
	if code != 0 || err != nil || !strings.HasPrefix(stdout.String(), "/etc/passwd: ") {
		t.Errorf("code %d, %v, %q, %q, want the guest refused", code, err, stdout.String(), stderr.String())
	}
}

func TestReadWriteGrant(t *testing.T) {
	dir := t.TempDir()
	p := load(t, command)
	var stderr bytes.Buffer
	code, _, err := p.RunCommand(t.Context(), plugin.Session{
		Limits: plugin.DefaultLimits(), Stderr: &stderr,
		Grant: plugin.Grant{
			Args:     []string{"command", "change", "box"},
			Preopens: []wasi.Preopen{{Guest: "box", Dir: dir, ReadWrite: true}},
		},
	})
	if code != 1 || err != nil || !strings.Contains(stderr.String(), "box/new-file could be opened") {
		t.Errorf("code %d, %v, %q, want the change to work", code, err, stderr.String())
	}
}

// TestRefused runs a sync plugin in a world that defines its import but does not
// allow it: the first link of the chain must say no.
func TestRefused(t *testing.T) {
	called := false
	world := plugin.World{Name: "none", Interfaces: []string{"some:other/interface"}, Define: func(l *component.Linker) {
		l.Root().Func("canister-call", component.DynamicFunc(
			func(context.Context, []component.Value) ([]component.Value, error) {
				called = true
				return []component.Value{component.ResultValue{Value: []byte{}}}, nil
			}))
	}}
	p := load(t, "../guests/sync-c/plugin.wasm")
	_, err := p.Run(t.Context(), world, plugin.Session{Limits: plugin.DefaultLimits()},
		func(ctx context.Context, inst *component.Instance) error {
			exec, err := inst.Func("exec")
			if err != nil {
				return err
			}
			_, err = exec.Call(ctx, component.Record{
				{Name: "canister-id", Value: "aaaaa-aa"}, {Name: "environment", Value: "local"},
				{Name: "dirs", Value: []component.Value{}}, {Name: "files", Value: []component.Value{}},
				{Name: "identity-principal", Value: "2vxsx-fae"}, {Name: "proxy-canister-id", Value: component.Option{}},
			})
			return err
		})
	refused, ok := errors.AsType[*plugin.RefusedError](err)
	if !ok || refused.Func != "canister-call" || called {
		t.Errorf("Run = %T %v, called %v, want *plugin.RefusedError before the function", err, err, called)
	}
}

// TestHostFailure keeps an error of a world's function apart from the guest's own.
func TestHostFailure(t *testing.T) {
	broken := errors.New("the disk is gone")
	world := plugin.World{Name: "broken", Define: func(l *component.Linker) {
		l.Root().Func("canister-call", component.DynamicFunc(
			func(context.Context, []component.Value) ([]component.Value, error) { return nil, broken }))
	}}
	p := load(t, "../guests/sync-c/plugin.wasm")
	report, err := p.Run(t.Context(), world, plugin.Session{Limits: plugin.DefaultLimits()},
		func(ctx context.Context, inst *component.Instance) error {
			type input struct {
				CanisterID        string `wit:"canister-id"`
				Environment       string
				Dirs              []string
				Files             []struct{ Name, Content string }
				IdentityPrincipal string  `wit:"identity-principal"`
				ProxyCanisterID   *string `wit:"proxy-canister-id"`
			}
			exec, err := component.Bind1[input, component.Result[component.Unit, string]](inst, "exec")
			if err != nil {
				return err
			}
			_, err = exec(ctx, input{IdentityPrincipal: "2vxsx-fae"})
			return err
		})
	if _, ok := errors.AsType[*plugin.HostError](err); !ok || !errors.Is(err, broken) {
		t.Errorf("Run = %T %v, want *plugin.HostError with its cause", err, err)
	}
	last := report.Last[len(report.Last)-1]
	if last.Func != "canister-call" || last.Err == nil || last.ArgBytes == 0 {
		t.Errorf("last call = %+v, want the one that failed", last)
	}
}

func TestCompileTime(t *testing.T) {
	eng, err := testengine.New()
	if err != nil {
		t.Fatal(err)
	}
	defer eng.Close()
	host, err := plugin.NewHost(plugin.Config{Engine: eng, CompileTime: 1})
	if err != nil {
		t.Fatal(err)
	}
	wasm, err := os.ReadFile(command)
	if err != nil {
		t.Fatal(err)
	}
	_, err = host.Load(t.Context(), wasm)
	if limit, ok := errors.AsType[*plugin.LimitError](err); !ok || limit.Limit != plugin.LimitCompileTime {
		t.Errorf("Load in a nanosecond = %v, want *LimitError", err)
	}
}
