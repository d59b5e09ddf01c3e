package worker_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"

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

// An attackFunc is an attempt. What it returns is what refused it.
type attackFunc = func(arg string, r icpsync.Request) error

func attacks() map[string]attackFunc {
	all := map[string]attackFunc{}
	for _, some := range []map[string]attackFunc{fileAttacks(), processAttacks(), resourceAttacks(), endings()} {
		maps.Copy(all, some)
	}
	return all
}

// fileAttacks go for files and folders; "inside" is what the worker may do.
func fileAttacks() map[string]attackFunc {
	return map[string]attackFunc{
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
		"mkdir":    func(arg string, _ icpsync.Request) error { return os.Mkdir(arg, 0o700) },
		"remove":   func(arg string, _ icpsync.Request) error { return os.Remove(arg) },
		"chmod":    func(arg string, _ icpsync.Request) error { return os.Chmod(arg, 0o777) },
		"truncate": func(arg string, _ icpsync.Request) error { return unix.Truncate(arg, 0) },
		"link":     func(arg string, _ icpsync.Request) error { return os.Link(arg, arg+"2") },
		"symlink":  func(arg string, _ icpsync.Request) error { return os.Symlink("/", arg+"3") },
		"fifo":     func(arg string, _ icpsync.Request) error { return unix.Mkfifo(arg+"4", 0o600) },
		"openat2": func(arg string, _ icpsync.Request) error {
			_, err := unix.Openat2(unix.AT_FDCWD, arg, &unix.OpenHow{Flags: unix.O_RDWR})
			return err
		},
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
	}
}

// processAttacks go for other programs and processes, the network and the kernel.
func processAttacks() map[string]attackFunc {
	return map[string]attackFunc{
		"exec": func(string, icpsync.Request) error { return unix.Exec("/bin/true", []string{"true"}, nil) },
		"self": func(string, icpsync.Request) error { return unix.Exec("/proc/self/exe", []string{"berth"}, nil) },
		"fork": func(string, icpsync.Request) error { return rawFork() },
		"clone3": func(string, icpsync.Request) error {
			_, _, errno := unix.RawSyscall(unix.SYS_CLONE3, 0, 0, 0)
			return errnoOrNil(errno)
		},
		"ptrace": func(string, icpsync.Request) error { return unix.PtraceAttach(os.Getppid()) },
		"memory": func(string, icpsync.Request) error {
			_, err := unix.ProcessVMReadv(os.Getppid(), make([]unix.Iovec, 1), make([]unix.RemoteIovec, 1), 0)
			return err
		},
		"kill": func(string, icpsync.Request) error { return unix.Kill(os.Getppid(), unix.SIGTERM) },
		"tgkill": func(string, icpsync.Request) error {
			ppid := os.Getppid()
			return unix.Tgkill(ppid, ppid, unix.SIGTERM)
		},
		"parent fds": func(string, icpsync.Request) error {
			_, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/0", os.Getppid()))
			return err
		},
		"own signals": func(string, icpsync.Request) error {
			_, err := unix.FcntlInt(uintptr(socketOf()), unix.F_SETOWN, os.Getppid())
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
		"uring": func(string, icpsync.Request) error {
			_, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, 0, 0)
			return errnoOrNil(errno)
		},
		"ioctl": func(string, icpsync.Request) error { return unix.IoctlSetInt(0, unix.TIOCSTI, 0) },
	}
}

// resourceAttacks take more than the worker may have, or free it of a bound.
func resourceAttacks() map[string]attackFunc {
	return map[string]attackFunc{
		"limit": func(string, icpsync.Request) error {
			return unix.Prlimit(0, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 100_000, Max: 100_000}, nil)
		},
		"unlimit file": func(string, icpsync.Request) error {
			return unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 1 << 20, Max: 1 << 20})
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
		"descriptors": func(_ string, r icpsync.Request) error {
			for range 5000 {
				if _, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 0); err != nil {
					return err
				}
			}
			return nil
		},
		"dumpable": func(string, icpsync.Request) error { return unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0) },
		"orphan":   func(string, icpsync.Request) error { return unix.Prctl(unix.PR_SET_PDEATHSIG, 0, 0, 0, 0) },
	}
}

// endings leave the parent alone, or without an answer.
func endings() map[string]attackFunc {
	return map[string]attackFunc{
		"none":  func(string, icpsync.Request) error { return nil },
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
