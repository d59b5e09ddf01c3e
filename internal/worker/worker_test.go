package worker_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/berth-cli/berth/engine/cache"
	"github.com/berth-cli/berth/internal/worker"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// serveArg is the argument by which this test program knows that it is a worker.
const serveArg = "serve-as-worker"

// impostorArg follows serveArg for a worker in the hands of an attacker, and idleArg
// for one that does nothing.
const (
	impostorArg = "impostor"
	idleArg     = "idle"
)

func TestMain(m *testing.M) {
	if len(os.Args) < 2 || os.Args[1] != serveArg {
		os.Exit(runTests(m))
	}
	switch args := os.Args[2:]; {
	case len(args) == 2 && args[0] == impostorArg:
		impostor(args[1])
	case len(args) == 1 && args[0] == idleArg:
		time.Sleep(time.Hour)
	}
	debug.SetGCPercent(400) // as the command does
	err := worker.Serve(context.Background(), worker.WithPayload(worker.ServeOptions{Host: newHost}, attack))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// codeDir is the folder of codeCache.
var codeDir string

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "berth-code-*")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	codeDir = dir
	return m.Run()
}

func newHost(c worker.HostConfig) (*plugin.Host, error) {
	eng, err := newEngine(c.Cache)
	if err != nil {
		return nil, err
	}
	return plugin.NewHost(plugin.Config{Engine: eng, Progress: c.Progress})
}

func needWorkers(t testing.TB) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("workers need Linux")
	}
}

// launch returns a launcher of this program.
func launch(t testing.TB, o worker.Options) *worker.Launcher {
	t.Helper()
	needWorkers(t)
	o.Args = append([]string{os.Args[0], serveArg}, o.Args...)
	l, err := worker.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	})
	return l
}

// codeCache is what the tests of a run share, so that each plugin is compiled once.
var codeCache = sync.OnceValues(func() (*cache.Cache, error) {
	return cache.Open(cache.Options{Dir: filepath.Join(codeDir, "code"), SecretFile: filepath.Join(codeDir, "secret")})
})

func shared(t testing.TB) *worker.Launcher {
	t.Helper()
	c, err := codeCache()
	if err != nil {
		t.Fatal(err)
	}
	return launch(t, worker.Options{Cache: c})
}

var host = sync.OnceValues(func() (*plugin.Host, error) {
	c, err := codeCache()
	if err != nil {
		return nil, err
	}
	return newHost(worker.HostConfig{Cache: c})
})

// inProcess is Launcher.Run without a worker.
func inProcess(ctx context.Context, wasm []byte, r icpsync.Request) (plugin.Report, error) {
	h, err := host()
	if err != nil {
		return plugin.Report{}, err
	}
	p, err := h.Load(ctx, wasm)
	if err != nil {
		return plugin.Report{}, &worker.LoadError{Err: err}
	}
	return icpsync.Run(ctx, p, r)
}

func guest(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../guests", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// canister answers calls and notes them.
type canister struct {
	mu     sync.Mutex
	calls  []icpsync.CallRequest
	answer func(ctx context.Context, r icpsync.CallRequest) ([]byte, error)
}

func (c *canister) Call(ctx context.Context, r icpsync.CallRequest) ([]byte, error) {
	c.mu.Lock()
	c.calls = append(c.calls, r)
	c.mu.Unlock()
	if c.answer != nil {
		return c.answer(ctx, r)
	}
	return hex.DecodeString("4449444c0000") // the Candid of ()
}

// outcome is what a run did, for comparing.
type outcome struct {
	Err            string
	Kinds          []string // the types in the error's tree
	Stdout, Stderr string
	Calls          []icpsync.CallRequest
	WorldCalls     int64
	Peak           uint64
	Last           []string
	Warnings       []string
	Trap           string // all that is known of one
}

type runFunc func(context.Context, []byte, icpsync.Request) (plugin.Report, error)

func observe(ctx context.Context, run runFunc, wasm []byte, r icpsync.Request, answer func(context.Context, icpsync.CallRequest) ([]byte, error)) outcome {
	var stdout, stderr bytes.Buffer
	c := &canister{answer: answer}
	r.Caller, r.Stdout, r.Stderr = c, &stdout, &stderr
	report, err := run(ctx, wasm, r)
	o := outcome{
		Stdout: stdout.String(), Stderr: stderr.String(), Calls: c.calls,
		WorldCalls: report.WorldCalls, Peak: report.PeakMemoryBytes, Warnings: report.Warnings,
	}
	for _, call := range report.Last {
		o.Last = append(o.Last, fmt.Sprint(call.Interface, " ", call.Func, " ", call.ArgBytes, " ", call.Err))
	}
	if err != nil {
		o.Err = err.Error()
		o.Kinds = tree(err)
	}
	if trap, ok := errors.AsType[*plugin.TrapError](err); ok {
		c := *trap
		c.Report.Compute, c.Report.Last, c.Trap = 0, nil, nil
		core := *trap.Trap
		for i := range core.Frames {
			core.Frames[i].Code = 0 // where the engine put it
		}
		o.Trap = fmt.Sprintf("%+v %+v", c, core)
	}
	return o
}

// tree lists the exported types of an error and its causes.
func tree(err error) []string {
	var out []string
	if name := reflect.TypeOf(err).String(); !strings.Contains(name, "fmt.") && !strings.Contains(name, "wire.") && !strings.Contains(name, "errors.") {
		out = append(out, name)
	}
	switch e := err.(type) { //nolint:errorlint // a walk of the tree
	case interface{ Unwrap() error }:
		if cause := e.Unwrap(); cause != nil {
			out = append(out, tree(cause)...)
		}
	case interface{ Unwrap() []error }:
		for _, cause := range e.Unwrap() {
			out = append(out, tree(cause)...)
		}
	}
	return out
}

func project(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"seed-data/fruit-01.txt": "apple\n", "seed-data/more/fruit-02.txt": "banana\n",
		"config.txt": "dev\n", "outside.txt": "secret", "box/inside.txt": "inside",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../outside.txt", filepath.Join(dir, "box", "link-out")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func request(dir, environment string) icpsync.Request {
	return icpsync.Request{
		CanisterID: "bnz7o-iuaaa-aaaaa-qaaaa-cai", Environment: environment, Identity: "2vxsx-fae",
		Dir: dir, Limits: plugin.DefaultLimits(),
	}
}

// TestSame checks that a run in a worker does, says and ends as one without.
func TestSame(t *testing.T) {
	l := shared(t)
	dir := project(t)
	const hostile = "hostile-c/sync.wasm"
	reject := func(context.Context, icpsync.CallRequest) ([]byte, error) {
		return nil, errors.New("canister call failed: no")
	}
	for _, tt := range []struct {
		name, guest, environment string
		wasm                     []byte
		change                   func(*icpsync.Request)
		answer                   func(context.Context, icpsync.CallRequest) ([]byte, error)
	}{
		{name: "folders", guest: "sync-c/plugin.wasm", change: func(r *icpsync.Request) { r.Dirs = []string{"seed-data", "./box"} }},
		{name: "files", guest: "sync-js/qjs.wasm", change: func(r *icpsync.Request) { r.Files, r.Proxy = []string{"config.txt"}, "aaaaa-aa" }},
		{name: "rejected", guest: "sync-c/plugin.wasm", answer: reject},
		{name: "rust", guest: "sync-rust/plugin.wasm", change: func(r *icpsync.Request) { r.Dirs = []string{"seed-data"} }},
		{name: "says hello", guest: hostile, environment: "hello"},
		{name: "returns an error", guest: hostile, environment: "error"},
		{name: "exits", guest: hostile, environment: "exit-3"},
		{name: "panics", guest: hostile, environment: "panic"},
		{name: "overflows the stack", guest: hostile, environment: "recurse"},
		{name: "runs out of memory", guest: hostile, environment: "allocate", change: func(r *icpsync.Request) { r.Limits.MemoryBytes = 32 << 20 }},
		{name: "changes files", guest: hostile, environment: "change", change: func(r *icpsync.Request) { r.Dirs = []string{"box"} }},
		{name: "escapes by a link", guest: hostile, environment: "escape-symlink", change: func(r *icpsync.Request) { r.Dirs = []string{"box"} }},
		{name: "calls too much", guest: "sync-c/plugin.wasm", change: func(r *icpsync.Request) { r.Dirs, r.Limits.WorldCalls = []string{"seed-data"}, 1 }},
		{name: "no limits", guest: hostile, environment: "hello", change: func(r *icpsync.Request) { r.Limits.MemoryBytes = 0 }},
		{name: "no such folder", guest: hostile, change: func(r *icpsync.Request) { r.Dirs = []string{"nothing"} }},
		{name: "a folder outside", guest: hostile, change: func(r *icpsync.Request) { r.Dirs = []string{"../up"} }},
		{name: "a link to a file", guest: hostile, change: func(r *icpsync.Request) { r.Files = []string{"box/link-out"} }},
		{name: "no component and no folder", wasm: []byte("hello"), change: func(r *icpsync.Request) { r.Dirs = []string{"nothing"} }},
		{name: "no exec", wasm: []byte("\x00asm\x0d\x00\x01\x00")},
		{name: "core module", wasm: []byte("\x00asm\x01\x00\x00\x00")},
		{name: "other exec", guest: "probe/mistyped.wasm"},
		{name: "missing import", wasm: bytes.ReplaceAll(guest(t, "sync-c/plugin.wasm"), []byte("canister-call"), []byte("canister-cull"))},
		{name: "cut short", wasm: guest(t, "sync-c/plugin.wasm")[:1000]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wasm := tt.wasm
			if wasm == nil {
				wasm = guest(t, tt.guest)
			}
			r := request(dir, tt.environment)
			if tt.change != nil {
				tt.change(&r)
			}
			want := observe(t.Context(), inProcess, wasm, r, tt.answer)
			got := observe(t.Context(), l.Run, wasm, r, tt.answer)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("in a worker\n%+v\nwithout\n%+v", got, want)
			}
		})
	}
}

// TestMuchOutput checks that nothing of what is printed is lost, and its order.
func TestMuchOutput(t *testing.T) {
	got := observe(t.Context(), shared(t).Run, guest(t, "hostile-c/sync.wasm"), request(t.TempDir(), "print"), nil)
	if got.Err != "" || len(got.Stdout) != 100_000_000 {
		t.Errorf("%d bytes, %s, want 100 MB", len(got.Stdout), got.Err)
	}
}

func TestComputeLimit(t *testing.T) {
	r := request(t.TempDir(), "spin")
	r.Limits.Compute = 100 * time.Millisecond
	_, err := shared(t).Run(t.Context(), guest(t, "hostile-c/sync.wasm"), r)
	limit, ok := errors.AsType[*plugin.LimitError](err)
	if !ok || limit.Limit != plugin.LimitCompute || limit.Knob != icpsync.ComputeKnob {
		t.Errorf("Run = %v, want the limit of computing", err)
	}
}

// TestInterrupt ends runs from outside: one that computes, one that calls.
func TestInterrupt(t *testing.T) {
	l := shared(t)
	why := errors.New("because")
	t.Run("computing", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		r := request(t.TempDir(), "spin")
		r.Stdout = writerFunc(func([]byte) { cancel(why) }) // it says that it begins
		_, err := l.Run(ctx, guest(t, "hostile-c/sync.wasm"), r)
		if !errors.Is(err, why) {
			t.Errorf("Run = %v", err)
		}
	})
	t.Run("calling", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		answer := func(ctx context.Context, _ icpsync.CallRequest) ([]byte, error) {
			cancel(why)
			<-ctx.Done()
			return nil, ctx.Err()
		}
		r := request(t.TempDir(), "")
		r.Caller = &canister{answer: answer}
		if _, err := l.Run(ctx, guest(t, "sync-c/plugin.wasm"), r); !errors.Is(err, why) {
			t.Errorf("Run = %v", err)
		}
	})
	t.Run("before it began", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(why)
		if _, err := l.Run(ctx, guest(t, "sync-c/plugin.wasm"), request(t.TempDir(), "")); !errors.Is(err, why) {
			t.Errorf("Run = %v", err)
		}
	})
}

type writerFunc func([]byte)

func (f writerFunc) Write(b []byte) (int, error) {
	f(b)
	return len(b), nil
}
