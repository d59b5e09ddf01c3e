package wasi_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine/enginetest/testengine"
	"github.com/berth-cli/berth/wasi"
)

// runtimeOf returns a runtime that ends with the test.
func runtimeOf(t testing.TB) *component.Runtime {
	t.Helper()
	e, err := testengine.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("close engine: %v", err)
		}
	})
	rt, err := component.NewRuntime(component.Config{Engine: e})
	if err != nil {
		t.Fatal(err)
	}
	return rt
}

// linked returns a guest with the host of this package, once for many runs.
func linked(t testing.TB, file string, strict bool) *component.Linked {
	t.Helper()
	wasm, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rt := runtimeOf(t)
	c, err := rt.Compile(context.Background(), wasm)
	if err != nil {
		t.Fatalf("compile %s: %v", file, err)
	}
	l := component.NewLinker()
	l.Strict = strict
	wasi.Add(l)
	k, err := rt.Link(c, l)
	if err != nil {
		t.Fatalf("link %s: %v", file, err)
	}
	return k
}

// command runs wasi:cli/run of a guest and returns what it answered.
func command(ctx context.Context, k *component.Linked, cfg wasi.Config) error {
	h, err := wasi.New(cfg)
	if err != nil {
		return err
	}
	in, err := k.Instantiate(ctx, component.InstanceConfig{HostState: h})
	if err != nil {
		return errors.Join(err, h.Close(ctx))
	}
	run, err := component.Bind0[component.Result[component.Unit, component.Unit]](in, "wasi:cli/run@0.2", "run")
	if err == nil {
		var res component.Result[component.Unit, component.Unit]
		if res, err = run(ctx); err == nil && res.IsErr {
			err = errors.New("run returned an error")
		}
	}
	return errors.Join(err, in.Close(), h.Close(ctx))
}

// runCommand runs the guest and returns what it printed.
func runCommand(t *testing.T, k *component.Linked, cfg wasi.Config) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	cfg.Stdout, cfg.Stderr = &out, &errs
	err = command(t.Context(), k, cfg)
	return out.String(), errs.String(), err
}

// All that WASI 0.2.12 names is there, and of the right type: a guest that imports
// every function links where nothing may be missing.
func TestEverythingIsDefined(t *testing.T) {
	k := linked(t, filepath.Join("testdata", "all.wasm"), true)
	h := newHost(t, wasi.Config{})
	in, err := k.Instantiate(t.Context(), component.InstanceConfig{HostState: h})
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
}

func posix(t testing.TB) *component.Linked {
	t.Helper()
	return linked(t, filepath.Join("..", "guests", "posix-c", "posix.wasm"), false)
}

func TestPOSIX(t *testing.T) {
	k := posix(t)
	dir := t.TempDir()
	writeFiles(t, dir, "rw/", "ro/file", "ro/sub/")
	for _, tt := range []struct {
		name      string
		readWrite bool
		folder    string
	}{
		{"files", true, "rw"},
		{"readonly", false, "ro"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if runtime.GOOS == "windows" {
				t.Skip("expects what POSIX says of links and open files")
			}
			for _, guest := range []string{"/", "work", "/a/b"} {
				work := filepath.Join(dir, tt.folder)
				if tt.readWrite {
					work = t.TempDir()
				}
				out, errs, err := runCommand(t, k, wasi.Config{
					Args:     []string{"posix", tt.name, guest},
					Preopens: []wasi.Preopen{{Dir: work, Guest: guest, ReadWrite: tt.readWrite}},
				})
				if exit, ok := errors.AsType[*wasi.ExitError](err); ok && exit.Code == 0 {
					err = nil
				}
				if out != "" || errs != "" || err != nil {
					t.Errorf("as %q: %v\n%s%s", guest, err, out, errs)
				}
			}
		})
	}
}

func TestSurroundings(t *testing.T) {
	k := posix(t)
	for _, tt := range []struct {
		name string
		cfg  wasi.Config
		want string
	}{
		{"nothing", wasi.Config{Args: []string{"posix", "surroundings"}},
			"argument posix\nargument surroundings\nterminal 0\nterminal 0\nterminal 0\n"},
		{"all", wasi.Config{
			Args:     []string{"posix", "surroundings", "", "ü"},
			Env:      []wasi.EnvVar{{Name: "A", Value: "1"}, {Name: "B", Value: ""}, {Name: "Ü", Value: "="}},
			Terminal: wasi.Terminal{Stdin: true, Stderr: true},
		}, "argument posix\nargument surroundings\nargument \nargument ü\n" +
			"environment A=1\nenvironment B=\nenvironment Ü==\nterminal 1\nterminal 0\nterminal 1\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, errs, err := runCommand(t, k, tt.cfg)
			if out != tt.want || errs != "" || err != nil {
				t.Errorf("printed %q, %q, %v, want %q", out, errs, err, tt.want)
			}
		})
	}
}

func TestCat(t *testing.T) {
	k := posix(t)
	data := make([]byte, 1<<20+1)
	if _, err := rand.Read(data); err != nil {
		t.Fatal(err)
	}
	for _, in := range []string{"", "line\n", string(data)} {
		out, errs, err := runCommand(t, k, wasi.Config{Args: []string{"posix", "cat"}, Stdin: strings.NewReader(in)})
		if out != in || errs != "" || err != nil {
			t.Errorf("cat of %d bytes printed %d, %q, %v", len(in), len(out), errs, err)
		}
	}
}

// The adapter of preview 1 knows only success and failure.
func TestExit(t *testing.T) {
	_, _, err := runCommand(t, posix(t), wasi.Config{Args: []string{"posix", "exit", "3"}})
	if exit, ok := errors.AsType[*wasi.ExitError](err); !ok || exit.Code != 1 {
		t.Errorf("exit(3) = %v, want code 1", err)
	}
}

// One linked component serves runs with different grants at the same time.
func TestRunsInParallel(t *testing.T) {
	k := posix(t)
	var runs sync.WaitGroup
	for i := range 8 {
		runs.Go(func() {
			in := strings.Repeat(string(rune('a'+i)), 100_000)
			if out, _, err := runCommand(t, k, wasi.Config{Args: []string{"posix", "cat"}, Stdin: strings.NewReader(in)}); out != in || err != nil {
				t.Errorf("run %d printed %d bytes, %v", i, len(out), err)
			}
		})
	}
	runs.Wait()
}

// A guest that waits for input is ended by the context.
func TestContextEndsAWaitingGuest(t *testing.T) {
	k := posix(t)
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	err = command(ctx, k, wasi.Config{
		Args: []string{"posix", "cat"}, Stdin: r,
		Waiting: func(wait func()) { cancel(cause); wait() },
	})
	if !errors.Is(err, cause) {
		t.Errorf("run = %v, want %v", err, cause)
	}
}
