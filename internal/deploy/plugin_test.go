package deploy_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/deploy"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// runStep deploys a canister whose only sync step is the hostile guest, told by the
// environment's name what to do.
func runStep(t *testing.T, environment string, change func(*deploy.Deployer)) (*recorder, error) {
	t.Helper()
	d, r := newDeployer(t, lay(t, one("{type: plugin, path: $HOSTILE}")+
		"environments: [{name: "+environment+", network: local}]\n"), environment)
	if change != nil {
		change(d)
	}
	return r, deployAll(t, d)
}

func TestComputeLimit(t *testing.T) {
	setting := func(value string) func(*deploy.Deployer) {
		return func(d *deploy.Deployer) { d.Environ = append(d.Environ, icpsync.ComputeKnob+"="+value) }
	}
	for _, value := range []string{"0", "abc", "30O", "-5", "1.5", "", " ", "\xff"} {
		_, err := runStep(t, "hello", setting(value))
		failure := onlyFailure(t, err)
		want := "invalid ICP_CLI_PLUGIN_COMPUTE_LIMIT_SECS value '" + value + "': expected a positive integer number of seconds"
		if !isA[*deploy.ComputeLimitError](failure.Err) || failure.Err.Error() != want {
			t.Errorf("limit %q: %v, want %q", value, failure.Err, want)
		}
	}
	for _, value := range []string{"300", "  42 ", "18446744073709551615"} {
		if _, err := runStep(t, "hello", setting(value)); err != nil {
			t.Errorf("limit %q: %v", value, err)
		}
	}
	_, err := runStep(t, "spin", setting("1"))
	failure := onlyFailure(t, err)
	text := failure.Err.Error()
	if !isA[*plugin.LimitError](failure.Err) || !strings.Contains(text, "failed to call exec() on plugin at "+hostile(t)) ||
		!strings.Contains(text, "exceeded the 1s compute-time limit") ||
		!strings.Contains(text, "by setting ICP_CLI_PLUGIN_COMPUTE_LIMIT_SECS above 1s.") {
		t.Errorf("failure = %v", text)
	}
}

// TestComputeLimitIsReadFirst checks that a bad limit fails before anything is
// fetched.
func TestComputeLimitIsReadFirst(t *testing.T) {
	d, r := newDeployer(t, lay(t, one("{type: plugin, path: missing.wasm}")), "local")
	d.Environ = append(d.Environ, icpsync.ComputeKnob+"=x")
	if failure := onlyFailure(t, deployAll(t, d)); !isA[*deploy.ComputeLimitError](failure.Err) {
		t.Errorf("failure = %v, want *ComputeLimitError", failure.Err)
	}
	if got := r.said("c"); len(got) > 0 {
		t.Errorf("lines = %q, want none", got)
	}
}

func TestPluginOutcomes(t *testing.T) {
	exec := "failed to run plugin: failed to call exec() on plugin at " + hostile(t) + ": "
	for _, tt := range []struct {
		what  string
		check func(error) bool
		want  string
	}{
		{"error", isA[*plugin.GuestError], "failed to run plugin: plugin returned error: deliberate failure"},
		{"exit-0", isA[*plugin.ExitError], exec + "plugin exited with status 0"},
		{"exit-3", isA[*plugin.ExitError], exec + "plugin exited with status "},
		{"panic", isA[*plugin.TrapError], exec + "plugin panicked: the guest gave up"},
		{"recurse", isA[*plugin.TrapError], exec + "plugin trapped: "},
	} {
		t.Run(tt.what, func(t *testing.T) {
			r, err := runStep(t, tt.what, nil)
			failure := onlyFailure(t, err)
			if !tt.check(failure.Err) || !strings.HasPrefix(failure.Err.Error(), tt.want) {
				t.Errorf("failure = %T %v, want %q", failure.Err, failure.Err, tt.want)
			}
			if got := r.with("[c] notice "); len(got) > 0 {
				t.Errorf("notices = %q, want none of a step that failed", got)
			}
		})
	}
}

func TestPluginOutput(t *testing.T) {
	r, err := runStep(t, "hello", nil)
	if err != nil || !slices.Equal(r.with("[c] notice "), []string{"hello"}) || !slices.Equal(r.said("c"), []string{"hello"}) {
		t.Errorf("Deploy = %v, notices %q, lines %q, want standard error in both", err, r.with("[c] notice "), r.said("c"))
	}
	r, err = runStep(t, "print", nil)
	if err != nil {
		t.Fatal(err)
	}
	lines := r.said("c")
	const shown = 1 << 20
	note := "… 98951424 bytes of stdout truncated" // of 100,000,000
	if last := lines[len(lines)-1]; last != note {
		t.Errorf("last line = %q, want %q", last, note)
	}
	bytes := 0
	for _, l := range lines[:len(lines)-1] {
		bytes += len(l) + 1
	}
	if bytes != shown && bytes != shown+1 {
		t.Errorf("%d bytes are shown, want %d", bytes, shown)
	}
	if got := r.with("[c] notice "); len(got) > 0 {
		t.Errorf("notices = %q, want none of standard output", got)
	}
}

func TestNotAPlugin(t *testing.T) {
	whole := readFile(t, hostile(t))
	renamed := strings.ReplaceAll(readFile(t, guest(t, "guests/sync-c/plugin.wasm")), "canister-call", "canister-cull")
	version := strings.ReplaceAll(whole, "icp:sync-plugin/types@0.1.0", "icp:sync-plugin/types@0.2.0")
	for _, tt := range []struct{ name, content, want string }{
		{"text", "hello", "failed to load wasm component from FILE: decode component: preamble at offset 0x0: not a WebAssembly file"},
		{"core module", "\x00asm\x01\x00\x00\x00", "failed to load wasm component from FILE: decode component: preamble at offset 0x0: a core module, not a component"},
		{"cut short", whole[:len(whole)/2], "failed to load wasm component from FILE: decode component: "},
		{"no exec", "\x00asm\x0d\x00\x01\x00", "failed to instantiate wasm component at FILE: component does not implement a supported sync-plugin interface (it exports no `exec`)"},
		{"missing import", renamed, "failed to instantiate wasm component at FILE: link canister-cull: host does not implement canister-cull"},
		{"other exec", readFile(t, guest(t, "guests/probe/mistyped.wasm")), "failed to instantiate wasm component at FILE: "},
		{"other version", version, "failed to instantiate wasm component at FILE: component does not implement a supported sync-plugin interface (unsupported interface version 0.2.0). Supported: icp:sync-plugin@0.1."},
		{"empty", "", "failed to load wasm component from FILE: decode component: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := lay(t, one("{type: plugin, path: p.wasm}")+"-- p.wasm --\n")
			file := filepath.Join(p.Dir, "p.wasm")
			write(t, file, tt.content)
			d, r := newDeployer(t, p, "local")
			got := onlyFailure(t, deployAll(t, d)).Err.Error()
			if want := "failed to run plugin: " + strings.ReplaceAll(tt.want, "FILE", file); !strings.HasPrefix(got, want) {
				t.Errorf("failure = %q, want %q", got, want)
			}
			if len(r.said("c")) > 0 {
				t.Errorf("lines = %q, want that nothing ran", r.said("c"))
			}
		})
	}
}

func TestMissingPlugin(t *testing.T) {
	d, _ := newDeployer(t, lay(t, one("{type: plugin, path: nothing.wasm}")), "local")
	got := onlyFailure(t, deployAll(t, d)).Err.Error()
	want := "failed to run plugin: failed to load wasm component: read wasm file at '" +
		filepath.Join(d.Project.Dir, "nothing.wasm") + "': "
	if !strings.HasPrefix(got, want) {
		t.Errorf("failure = %q, want %q", got, want)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
