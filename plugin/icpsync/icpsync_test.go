package icpsync_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/berth-cli/berth/engine/enginetest/testengine"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
)

const (
	canisterID = "bnz7o-iuaaa-aaaaa-qaaaa-cai"
	identity   = "2vxsx-fae"
	nothing    = "4449444c0000" // the Candid of ()
)

// plugins are the same plugin from four toolchains. Those in JavaScript register
// inline files, the others the files of folders.
func plugins() map[string]string {
	return map[string]string{
		"go":       "../../examples/seed-data/seed-plugin.wasm",
		"c":        "../../guests/sync-c/plugin.wasm",
		"rust":     "../../guests/sync-rust/plugin.wasm",
		"qjs":      "../../guests/sync-js/qjs.wasm",
		"starling": "../../guests/sync-js/starling.wasm",
	}
}

// shared is the host of all tests, which compiles each plugin once.
var shared = sync.OnceValues(func() (*plugin.Host, error) {
	eng, err := testengine.New()
	if err != nil {
		return nil, err
	}
	return plugin.NewHost(plugin.Config{Engine: eng})
})

var loaded sync.Map // of *plugin.Plugin by file

func load(t testing.TB, file string) *plugin.Plugin {
	t.Helper()
	if p, ok := loaded.Load(file); ok {
		return p.(*plugin.Plugin)
	}
	host, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	wasm, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := host.Load(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	loaded.Store(file, p)
	return p
}

// fakeCaller answers calls and notes them.
type fakeCaller struct {
	mu     sync.Mutex
	calls  []icpsync.CallRequest
	answer func(ctx context.Context, r icpsync.CallRequest) ([]byte, error)
}

func (f *fakeCaller) Call(ctx context.Context, r icpsync.CallRequest) ([]byte, error) {
	f.mu.Lock()
	f.calls = append(f.calls, r)
	f.mu.Unlock()
	if f.answer != nil {
		return f.answer(ctx, r)
	}
	return hex.DecodeString(nothing)
}

// project lays a folder with seed data and things to escape to.
func project(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"seed-data/fruit-01.txt":      "apple\n",
		"seed-data/fruit-02.txt":      "banana\n",
		"seed-data/more/fruit-03.txt": "  cherry",
		"config.txt":                  "dev\n",
		"outside.txt":                 "secret",
		"box/inside.txt":              "inside",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func request(dir string, caller icpsync.Caller) icpsync.Request {
	return icpsync.Request{
		CanisterID: canisterID, Environment: "local", Identity: identity,
		Dir: dir, Caller: caller, Limits: plugin.DefaultLimits(),
	}
}

func TestPluginsOfAllToolchains(t *testing.T) {
	dir := project(t)
	for name, file := range plugins() {
		t.Run(name, func(t *testing.T) {
			if name == "starling" && (testing.Short() || raced) {
				t.Skip("12 MB to compile")
			}
			var stdout, stderr bytes.Buffer
			caller := &fakeCaller{}
			r := request(dir, caller)
			r.Dirs, r.Files = []string{"seed-data"}, []string{"config.txt"}
			r.Stdout, r.Stderr = &stdout, &stderr
			report, err := icpsync.Run(t.Context(), load(t, file), r)
			if err != nil {
				t.Fatalf("Run = %v\n%s", err, stderr.String())
			}
			checkCalls(t, caller.calls, strings.Contains(file, "sync-js"))
			if name != "qjs" && !strings.Contains(stderr.String(), "item(s) in canister "+canisterID+" (environment: local)") {
				t.Errorf("stderr = %q, want the summary", stderr.String())
			}
			if report.WorldCalls != int64(len(caller.calls)) || report.PeakMemoryBytes == 0 {
				t.Errorf("report = %+v", report)
			}
		})
	}
}

// checkCalls wants set_uploader for the identity, through a proxy if there is one,
// then a direct register for each item.
func checkCalls(t *testing.T, calls []icpsync.CallRequest, inline bool) {
	t.Helper()
	items := []string{"seed-data/fruit-01.txt apple", "seed-data/fruit-02.txt banana", "seed-data/more/fruit-03.txt cherry"}
	if inline {
		items = []string{"config.txt dev"}
	}
	if len(calls) != 1+len(items) {
		t.Fatalf("%d calls, want %d", len(calls), 1+len(items))
	}
	if c := calls[0]; c.Method != "set_uploader" || c.Direct || hex.EncodeToString(c.Arg) != "4449444c00016801"+"0104" {
		t.Errorf("first call = %+v", c)
	}
	var got []string
	for _, c := range calls[1:] {
		if c.Method != "register" || !c.Direct || c.CallType != icpsync.Update || c.Cycles != 0 {
			t.Errorf("call = %+v, want a direct update of register", c)
		}
		got = append(got, texts(c.Arg))
	}
	if !slices.Equal(got, items) {
		t.Errorf("registered %q, want %q", got, items)
	}
}

// texts reads the Candid of (text, text), both short.
func texts(arg []byte) string {
	rest, ok := bytes.CutPrefix(arg, []byte("DIDL\x00\x02\x71\x71"))
	if !ok || len(rest) < 1 || len(rest) < int(rest[0])+2 {
		return "no two texts"
	}
	name := rest[1 : 1+rest[0]]
	return string(name) + " " + string(rest[2+rest[0]:])
}

func TestPluginSeesErrorsOfCalls(t *testing.T) {
	dir := project(t)
	caller := &fakeCaller{answer: func(context.Context, icpsync.CallRequest) ([]byte, error) {
		return nil, errors.New("canister call failed: no ☃ today")
	}}
	_, err := icpsync.Run(t.Context(), load(t, plugins()["c"]), request(dir, caller))
	guest, ok := errors.AsType[*plugin.GuestError](err)
	if !ok || guest.Message != "set_uploader : canister call failed: no ☃ today" {
		t.Errorf("Run = %v, want the plugin's own error with the call's text", err)
	}
	if len(caller.calls) != 1 {
		t.Errorf("%d calls, want one: the plugin decides what becomes of an error", len(caller.calls))
	}
}

// hostile are the guests that misbehave, told by the name of the environment.
const hostile = "../../guests/hostile-c/sync.wasm"

func runHostile(t *testing.T, what string, change func(*icpsync.Request)) (stdout, stderr string, report plugin.Report, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	r := request(project(t), &fakeCaller{})
	r.Environment, r.Stdout, r.Stderr = what, &out, &errs
	if change != nil {
		change(&r)
	}
	report, err = icpsync.Run(t.Context(), load(t, hostile), r)
	return out.String(), errs.String(), report, err
}

func TestHello(t *testing.T) {
	_, stderr, _, err := runHostile(t, "hello", nil)
	if err != nil || stderr != "hello\n" {
		t.Errorf("Run = %v, stderr %q, want hello", err, stderr)
	}
}

func TestSpinning(t *testing.T) {
	for _, what := range []string{"spin", "spin-clock"} {
		t.Run(what, func(t *testing.T) {
			_, _, report, err := runHostile(t, what, func(r *icpsync.Request) { r.Limits.Compute = 300 * time.Millisecond })
			limit, ok := errors.AsType[*plugin.LimitError](err)
			if !ok || limit.Limit != plugin.LimitCompute {
				t.Fatalf("Run = %v, want a *plugin.LimitError", err)
			}
			want := "plugin exceeded the 0.3s compute-time limit. If this plugin legitimately needs more, " +
				"raise the limit by setting ICP_CLI_PLUGIN_COMPUTE_LIMIT_SECS above 0.3s."
			if err.Error() != want {
				t.Errorf("error = %q, want %q", err, want)
			}
			if report.Compute < 250*time.Millisecond {
				t.Errorf("compute = %v, want about the limit", report.Compute)
			}
		})
	}
}

func TestCancelledByContext(t *testing.T) {
	load(t, hostile) // compiled before the clock runs
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("the user is gone")
	time.AfterFunc(300*time.Millisecond, func() { cancel(reason) })
	var stdout bytes.Buffer
	r := request(project(t), &fakeCaller{})
	r.Environment, r.Stdout = "spin", &stdout
	_, err := icpsync.Run(ctx, load(t, hostile), r)
	if !errors.Is(err, reason) {
		t.Errorf("Run = %v, want the context's cause", err)
	}
	if stdout.String() != "spinning\n" {
		t.Errorf("stdout = %q, want what was printed before the end", stdout.String())
	}
}

func TestRecursion(t *testing.T) {
	_, _, _, err := runHostile(t, "recurse", nil)
	trap, ok := errors.AsType[*plugin.TrapError](err)
	if !ok || !strings.Contains(trap.Error(), "call stack exhausted") {
		t.Errorf("Run = %v, want a trap by stack overflow", err)
	}
}

func TestAllocating(t *testing.T) {
	_, _, report, err := runHostile(t, "allocate", func(r *icpsync.Request) { r.Limits.MemoryBytes = 64 << 20 })
	limit, ok := errors.AsType[*plugin.LimitError](err)
	if !ok || limit.Limit != plugin.LimitMemory || limit.Max != "64 MiB" {
		t.Fatalf("Run = %v, want a *plugin.LimitError of 64 MiB", err)
	}
	if report.PeakMemoryBytes < 32<<20 || report.PeakMemoryBytes > 64<<20 {
		t.Errorf("peak = %d, want it within the limit", report.PeakMemoryBytes)
	}
}

func TestReadOnlyFolders(t *testing.T) {
	var dir string
	_, stderr, _, err := runHostile(t, "change", func(r *icpsync.Request) { r.Dirs, dir = []string{"box"}, r.Dir })
	if err != nil {
		t.Errorf("Run = %v, %s", err, stderr)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "box"))
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder has %d entries, %v, want the one it had", len(entries), err)
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "box", "inside.txt")); string(b) != "inside" {
		t.Errorf("the file holds %q, want it untouched", b)
	}
}

func TestEscapes(t *testing.T) {
	for _, tt := range []struct {
		what    string
		prepare func(t *testing.T, box string)
		want    string // in what the guest is told
	}{
		{"escape-dotdot", nil, "Operation not permitted"},
		{"escape-absolute", nil, ""},
		{"escape-symlink", func(t *testing.T, box string) {
			if err := os.Symlink("../outside.txt", filepath.Join(box, "link-out")); err != nil {
				t.Skip("no symbolic links here:", err)
			}
		}, "Operation not permitted"},
		{"fifo", makeFIFO, ""},
	} {
		t.Run(tt.what, func(t *testing.T) {
			stdout, _, _, err := runHostile(t, tt.what, func(r *icpsync.Request) {
				r.Dirs = []string{"box"}
				if tt.prepare != nil {
					tt.prepare(t, filepath.Join(r.Dir, "box"))
				}
			})
			if err != nil {
				t.Errorf("Run = %v, want the guest refused and content", err)
			}
			if !strings.Contains(stdout, tt.want) || stdout == "" {
				t.Errorf("the guest was told %q, want %q", stdout, tt.want)
			}
		})
	}
}

func TestPrintingMuch(t *testing.T) {
	var out counter
	_, _, _, err := runHostile(t, "print", func(r *icpsync.Request) { r.Stdout = &out })
	if err != nil || out.n != 100_000_000 {
		t.Errorf("Run = %v, %d bytes arrived, want all 100,000,000", err, out.n)
	}
}

type counter struct{ n int }

func (c *counter) Write(p []byte) (int, error) {
	c.n += len(p)
	return len(p), nil
}

func TestEndings(t *testing.T) {
	for _, tt := range []struct {
		what  string
		check func(error) bool
		want  string
	}{
		{"exit-0", isA[*plugin.ExitError], "plugin exited with status 0"},
		{"exit-3", isA[*plugin.ExitError], "plugin exited with status "},
		{"panic", isA[*plugin.TrapError], "plugin panicked: the guest gave up"},
		{"error", isA[*plugin.GuestError], "plugin returned error: deliberate failure"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			_, _, _, err := runHostile(t, tt.what, nil)
			if !tt.check(err) || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("Run = %T %v, want %q", err, err, tt.want)
			}
		})
	}
}

func isA[E error](err error) bool { _, ok := errors.AsType[E](err); return ok }

func TestInput(t *testing.T) {
	dir := project(t)
	r := request(dir, &fakeCaller{})
	r.Dirs, r.Proxy = []string{"box", "box", "./seed-data/", "."}, "aaaaa-aa"
	if _, err := icpsync.Run(t.Context(), load(t, hostile), withEnvironment(r, "hello")); err != nil {
		t.Errorf("Run with folders twice, with dots and slashes = %v", err)
	}
}

func withEnvironment(r icpsync.Request, name string) icpsync.Request {
	r.Environment = name
	return r
}

func TestMissingLimit(t *testing.T) {
	r := request(project(t), &fakeCaller{})
	r.Limits.Compute = 0
	_, err := icpsync.Run(t.Context(), load(t, hostile), r)
	if !isA[*plugin.HostError](err) || !strings.Contains(err.Error(), "Compute: limit is missing") {
		t.Errorf("Run without a limit = %v, want it refused", err)
	}
}

func TestWorldCallsLimit(t *testing.T) {
	dir := project(t)
	r := request(dir, &fakeCaller{})
	r.Dirs, r.Limits.WorldCalls = []string{"seed-data"}, 2
	_, err := icpsync.Run(t.Context(), load(t, plugins()["c"]), r)
	limit, ok := errors.AsType[*plugin.LimitError](err)
	if !ok || limit.Limit != plugin.LimitWorldCalls {
		t.Errorf("Run = %v, want a *plugin.LimitError of calls", err)
	}
}

// TestWaitingIsFree checks that the time a call takes is not the plugin's.
func TestWaitingIsFree(t *testing.T) {
	r := request(project(t), &fakeCaller{answer: func(ctx context.Context, _ icpsync.CallRequest) ([]byte, error) {
		time.Sleep(400 * time.Millisecond)
		return hex.DecodeString(nothing)
	}})
	r.Limits.Compute = 350 * time.Millisecond
	report, err := icpsync.Run(t.Context(), load(t, plugins()["c"]), r)
	if err != nil {
		t.Errorf("Run = %v, want the wait left out of %v of computing", err, report.Compute)
	}
}
