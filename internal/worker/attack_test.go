//go:build linux

package worker_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/berth-cli/berth/engine/cache"
	"github.com/berth-cli/berth/internal/worker"
)

// TestAttacks lets a guest that broke out try what it likes. Two of the attempts
// must work, or the test would see nothing.
func TestAttacks(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dir := project(t)
	secret := filepath.Join(dir, "outside.txt")
	inside := filepath.Join(dir, "box", "inside.txt")
	const (
		works   = "WORKED"
		refused = "refused: "
		killed  = "the worker was ended by the kernel: it made a system call that it is not allowed"
	)
	for _, tt := range []struct{ what, want string }{
		{"none", works},
		{"inside", works},
		{"read:/etc/passwd", refused},
		{"read:" + secret, refused},
		{"read:/proc/self/environ", refused},
		{"read:/proc/self/mem", refused},
		{"read:/proc/" + fmt.Sprint(os.Getpid()) + "/environ", refused},
		{"list:/", refused},
		{"list:" + dir, refused},
		{"up", refused},
		{"write:" + filepath.Join(dir, "new"), refused},
		{"write:" + inside, refused},
		{"scratch", refused},
		{"mkdir:" + filepath.Join(dir, "box", "new"), refused},
		{"remove:" + inside, refused},
		{"chmod:" + inside, refused},
		{"tgkill", refused},
		{"limit", refused},
		{"allocate", refused},
		{"allocate shared", refused},
		{"allocate stack", refused},
		{"allocate later", refused},
		{"memory file", refused},
		{"openat2:" + inside, refused},
		{"clone3", refused},
		{"dumpable", refused},
		{"orphan", refused},
		{"unlimit file", refused},
		{"truncate:" + inside, refused},
		{"link:" + inside, refused},
		{"symlink:" + inside, refused},
		{"fifo:" + inside, refused},
		{"own signals", refused},
		{"ioctl", refused},
		{"parent fds", refused},
		{"descriptors", refused},
		{"exec", killed},
		{"self", killed},
		{"ptrace", killed},
		{"memory", killed},
		{"socket", killed},
		{"dial:" + listener.Addr().String(), killed},
		{"fork", killed},
		{"kill", killed},
		{"uring", killed},
		{"exit", "the worker ended by itself with status 7"},
		{"abort", "the worker ended by itself with status 2 (panic: abandon ship)"},
		{"fault", "the worker was ended by the kernel: killed, as happens when memory is short"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			r := request(dir, attackPrefix+tt.what)
			r.Dirs = []string{"box"}
			got := observe(t.Context(), shared(t).Run, guest(t, "hostile-c/sync.wasm"), r, nil)
			if !strings.HasPrefix(got.Stdout+got.Err, tt.want) || !strings.HasPrefix(tt.want, refused[:3]) && tt.want != works &&
				!strings.Contains(strings.Join(got.Kinds, " "), "*worker.DeathError") {
				t.Errorf("stdout %q, error %q of %v, want %q", got.Stdout, got.Err, got.Kinds, tt.want)
			}
		})
	}
	if b, err := os.ReadFile(inside); err != nil || string(b) != "inside" {
		t.Errorf("inside.txt = %q, %v", b, err)
	}
}

// TestHang checks that a worker that hears and says nothing ends with its run, and
// one that closes its end of the connection at once.
func TestHang(t *testing.T) {
	l := shared(t)
	why := errors.New("because")
	ctx, cancel := context.WithCancelCause(t.Context())
	r := request(t.TempDir(), attackPrefix+"hang")
	r.Stdout = writerFunc(func([]byte) { cancel(why) })
	if _, err := l.Run(ctx, guest(t, "hostile-c/sync.wasm"), r); !errors.Is(err, why) {
		t.Errorf("Run = %v", err)
	}
	_, err := l.Run(t.Context(), guest(t, "hostile-c/sync.wasm"), request(t.TempDir(), attackPrefix+"close"))
	if _, ok := errors.AsType[*worker.DeathError](err); !ok {
		t.Errorf("Run = %v, want *DeathError", err)
	}
}

// TestLoadTime ends a worker that does not get ready.
func TestLoadTime(t *testing.T) {
	l := launch(t, worker.Options{Args: []string{idleArg}, LoadTime: 50 * time.Millisecond})
	_, err := l.Run(t.Context(), guest(t, "hostile-c/sync.wasm"), request(t.TempDir(), "hello"))
	if err == nil || !strings.Contains(err.Error(), "took too long to begin") {
		t.Errorf("Run = %v", err)
	}
}

// TestCacheApart checks that compiled code is kept for workers of the same component
// alone: the program's own cache has nothing of it.
func TestCacheApart(t *testing.T) {
	c, dir := newCache(t)
	r := request(t.TempDir(), "hello")
	r.Caller = &canister{}
	run := func(wasm []byte) {
		if _, err := launch(t, worker.Options{Cache: c}).Run(t.Context(), wasm, r); err != nil {
			t.Fatal(err)
		}
	}
	wasm := guest(t, "hostile-c/sync.wasm")
	run(wasm)
	first := entries(t, dir)
	run(wasm)
	if again := entries(t, dir); first == 0 || again != first {
		t.Errorf("%d entries, then %d, want the same ones", first, again)
	}
	run(append(wasm, 0, 2, 1, 'x')) // a custom section: the same code, another component
	if other := entries(t, dir); other != 2*first {
		t.Errorf("%d entries after another component, want %d", other, 2*first)
	}
}

// newCache returns a cache of code and its folder.
func newCache(t *testing.T) (*cache.Cache, string) {
	t.Helper()
	dir := t.TempDir()
	c, err := cache.Open(cache.Options{Dir: filepath.Join(dir, "code"), SecretFile: filepath.Join(dir, "secret")})
	if err != nil {
		t.Fatal(err)
	}
	return c, filepath.Join(dir, "code")
}

func entries(t *testing.T, dir string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// TestNothingLeft checks that no folder of a worker stays, whatever its end.
func TestNothingLeft(t *testing.T) {
	l := shared(t)
	before := scratchFolders(t)
	for _, what := range []string{"hello", attackPrefix + "socket", attackPrefix + "exit"} {
		_, _ = l.Run(t.Context(), guest(t, "hostile-c/sync.wasm"), request(t.TempDir(), what))
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if after := scratchFolders(t); after != before {
		t.Errorf("%d folders, want %d", after, before)
	}
}

func scratchFolders(t *testing.T) int {
	t.Helper()
	n := 0
	for _, dir := range []string{"/dev/shm", os.TempDir()} {
		files, err := filepath.Glob(filepath.Join(dir, "berth-worker-*"))
		if err != nil {
			t.Fatal(err)
		}
		n += len(files)
	}
	return n
}
