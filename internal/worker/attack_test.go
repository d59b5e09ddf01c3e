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
	"syscall"
	"testing"
	"time"

	"github.com/berth-cli/berth/engine/cache"
	"github.com/berth-cli/berth/internal/worker"
	"github.com/berth-cli/berth/plugin/icpsync"
	"golang.org/x/sys/unix"
)

// attackPrefix begins the name of an environment that tells a worker to attack. A
// colon sets its argument off.
const attackPrefix = "attack-"

// attack is what a guest that broke out does in a worker that is locked in. It says
// on standard output what came of it.
func attack(r icpsync.Request) {
	name, isAttack := strings.CutPrefix(r.Environment, attackPrefix)
	if !isAttack {
		return
	}
	name, arg, _ := strings.Cut(name, ":")
	err := attacks()[name](arg, r)
	text := "WORKED"
	if err != nil {
		text = "refused: " + err.Error()
	}
	fmt.Fprintln(r.Stdout, text)
}

func attacks() map[string]func(arg string, r icpsync.Request) error {
	return map[string]func(string, icpsync.Request) error{
		"none": func(string, icpsync.Request) error { return nil },
		"read": func(arg string, _ icpsync.Request) error {
			_, err := os.ReadFile(arg)
			return err
		},
		"list": func(arg string, _ icpsync.Request) error {
			_, err := os.ReadDir(arg)
			return err
		},
		"write": func(arg string, _ icpsync.Request) error { return os.WriteFile(arg, []byte("x"), 0o600) },
		"scratch": func(string, icpsync.Request) error {
			return os.WriteFile(filepath.Join(os.Getenv("TMPDIR"), "x"), []byte("x"), 0o600)
		},
		"mkdir":  func(arg string, _ icpsync.Request) error { return os.Mkdir(arg, 0o700) },
		"remove": func(arg string, _ icpsync.Request) error { return os.Remove(arg) },
		"chmod":  func(arg string, _ icpsync.Request) error { return os.Chmod(arg, 0o777) },
		"up": func(_ string, r icpsync.Request) error {
			f, err := r.Inputs.Folders[0].Root.Open(".")
			if err != nil {
				return err
			}
			_, err = unix.Openat(int(f.Fd()), "../outside.txt", unix.O_RDONLY, 0)
			return err
		},
		"inside": func(_ string, r icpsync.Request) error {
			_, err := r.Inputs.Folders[0].Root.ReadFile("inside.txt")
			return err
		},
		"exec":   func(string, icpsync.Request) error { return unix.Exec("/bin/true", []string{"true"}, nil) },
		"self":   func(string, icpsync.Request) error { return unix.Exec("/proc/self/exe", []string{"berth"}, nil) },
		"ptrace": func(string, icpsync.Request) error { return unix.PtraceAttach(os.Getppid()) },
		"memory": func(string, icpsync.Request) error {
			_, err := unix.ProcessVMReadv(os.Getppid(), make([]unix.Iovec, 1), make([]unix.RemoteIovec, 1), 0)
			return err
		},
		"socket": func(string, icpsync.Request) error {
			_, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
			return err
		},
		"dial": func(arg string, _ icpsync.Request) error {
			_, err := new(net.Dialer).DialContext(context.Background(), "tcp", arg)
			return err
		},
		"fork": func(string, icpsync.Request) error { return rawFork() },
		"kill": func(string, icpsync.Request) error { return unix.Kill(os.Getppid(), unix.SIGTERM) },
		"tgkill": func(string, icpsync.Request) error {
			ppid := os.Getppid()
			return unix.Tgkill(ppid, ppid, unix.SIGTERM)
		},
		"limit": func(string, icpsync.Request) error {
			return unix.Prlimit(0, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 100_000, Max: 100_000}, nil)
		},
		"uring": func(string, icpsync.Request) error {
			_, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, 0, 0)
			return errnoOrNil(errno)
		},
		"allocate": func(string, icpsync.Request) error {
			_, err := unix.Mmap(-1, 0, 8<<30, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
			return err
		},
		"allocate shared": func(string, icpsync.Request) error {
			_, err := unix.Mmap(-1, 0, 8<<30, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_SHARED)
			return err
		},
		"allocate stack": func(string, icpsync.Request) error {
			_, err := unix.Mmap(-1, 0, 8<<30, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_GROWSDOWN)
			return err
		},
		"allocate later": func(string, icpsync.Request) error {
			b, err := unix.Mmap(-1, 0, 8<<30, unix.PROT_NONE, unix.MAP_ANON|unix.MAP_PRIVATE)
			if err != nil {
				return nil
			}
			return unix.Mprotect(b, unix.PROT_READ|unix.PROT_WRITE)
		},
		"memory file": func(string, icpsync.Request) error { _, err := unix.MemfdCreate("x", 0); return err },
		"openat2": func(arg string, _ icpsync.Request) error {
			_, err := unix.Openat2(unix.AT_FDCWD, arg, &unix.OpenHow{Flags: unix.O_RDWR})
			return err
		},
		"clone3": func(string, icpsync.Request) error {
			_, _, errno := unix.RawSyscall(unix.SYS_CLONE3, 0, 0, 0)
			return errnoOrNil(errno)
		},
		"dumpable": func(string, icpsync.Request) error { return unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0) },
		"orphan":   func(string, icpsync.Request) error { return unix.Prctl(unix.PR_SET_PDEATHSIG, 0, 0, 0, 0) },
		"unlimit file": func(string, icpsync.Request) error {
			return unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 1 << 20, Max: 1 << 20})
		},
		"truncate": func(arg string, _ icpsync.Request) error { return unix.Truncate(arg, 0) },
		"link":     func(arg string, _ icpsync.Request) error { return os.Link(arg, arg+"2") },
		"symlink":  func(arg string, _ icpsync.Request) error { return os.Symlink("/", arg+"3") },
		"fifo":     func(arg string, _ icpsync.Request) error { return unix.Mkfifo(arg+"4", 0o600) },
		"own signals": func(string, icpsync.Request) error {
			_, err := unix.FcntlInt(uintptr(socketOf()), unix.F_SETOWN, os.Getppid())
			return err
		},
		"ioctl": func(string, icpsync.Request) error { return unix.IoctlSetInt(0, unix.TIOCSTI, 0) },
		"parent fds": func(string, icpsync.Request) error {
			_, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/0", os.Getppid()))
			return err
		},
		"descriptors": func(_ string, r icpsync.Request) error {
			for range 5000 {
				if _, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 0); err != nil {
					return err
				}
			}
			return nil
		},
		"exit":  func(string, icpsync.Request) error { os.Exit(7); return nil },
		"abort": func(string, icpsync.Request) error { go func() { panic("abandon ship") }(); select {} },
		"fault": func(string, icpsync.Request) error { return unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGKILL) },
		"hang":  func(_ string, r icpsync.Request) error { fmt.Fprintln(r.Stdout, "hanging"); select {} },
		"close": func(string, icpsync.Request) error { _ = unix.Close(socketOf()); select {} },
	}
}

func errnoOrNil(errno syscall.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}

func rawFork() error {
	_, _, errno := unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	return errnoOrNil(errno)
}

// socketOf is the descriptor of the socket to the parent.
func socketOf() int {
	for fd := 3; fd < 64; fd++ {
		var st unix.Stat_t
		if unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFSOCK {
			return fd
		}
	}
	return -1
}

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
