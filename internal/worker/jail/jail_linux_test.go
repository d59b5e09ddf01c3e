//go:build linux && (amd64 || arm64)

package jail_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/berth-cli/berth/internal/worker/jail"
	"golang.org/x/sys/unix"
)

// prisonerArg makes this test program lock itself in and try something: a stage,
// what to try, and a file.
const prisonerArg = "prisoner"

func TestMain(m *testing.M) {
	if len(os.Args) != 5 || os.Args[1] != prisonerArg {
		os.Exit(m.Run())
	}
	stage := map[string]jail.Stage{"prepare": jail.Prepare, "run": jail.Run}[os.Args[2]]
	err := jail.Limit(jail.Limits{DataBytes: 1 << 30, Descriptors: 64})
	if err == nil {
		err = jail.Seal(jail.Prepare)
	}
	if err == nil && stage == jail.Run {
		err = jail.Seal(jail.Run)
	}
	if err != nil {
		fmt.Println("not locked in:", err)
		os.Exit(1)
	}
	fmt.Println(try(os.Args[3], os.Args[4]))
	os.Exit(0)
}

func try(what, file string) error {
	switch what {
	case "write":
		return os.WriteFile(file, []byte("x"), 0o600)
	case "read":
		_, err := os.ReadFile(file)
		return err
	case "socket":
		_, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		return err
	case "exec":
		return unix.Exec("/proc/self/exe", []string{"x"}, nil)
	case "threads":
		for range 20 {
			go func() { runtime.LockOSThread(); select {} }()
		}
		runtime.GC()
		return nil
	}
	return errors.New("what?")
}

// TestStages checks what each stage takes away, and what it leaves.
func TestStages(t *testing.T) {
	const killed = "signal: bad system call"
	for _, tt := range []struct{ stage, what, want string }{
		{"prepare", "write", "<nil>"},
		{"prepare", "read", "<nil>"},
		{"prepare", "socket", killed},
		{"prepare", "exec", killed},
		{"prepare", "threads", "<nil>"},
		{"run", "write", "permission denied"},
		{"run", "read", "<nil>"},
		{"run", "socket", killed},
		{"run", "exec", killed},
		{"run", "threads", "<nil>"},
	} {
		t.Run(tt.stage+" "+tt.what, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(os.Args[0], prisonerArg, tt.stage, tt.what, file).CombinedOutput()
			got := string(out)
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				got += exit.Error()
			}
			if !strings.Contains(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// TestConfine checks that what a confined thread starts reaches its own files alone,
// and that the rest of this process is free.
func TestConfine(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"granted", "outside"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "file"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ what, file, want string }{
		{"read", "granted/file", "<nil>"},
		{"write", "granted/file", "permission denied"},
		{"read", "outside/file", "permission denied"},
	} {
		t.Run(tt.what+" "+tt.file, func(t *testing.T) {
			out, err := confined(t, filepath.Join(dir, "granted"), "prepare", tt.what, filepath.Join(dir, tt.file))
			if errors.Is(err, jail.ErrUnsupported) {
				t.Skipf("no Landlock here: %v", err)
			}
			if err != nil || !strings.Contains(out, tt.want) {
				t.Errorf("%q, %v, want %q", out, err, tt.want)
			}
		})
	}
	if _, err := os.ReadFile(filepath.Join(dir, "outside", "file")); err != nil {
		t.Errorf("this process is confined, too: %v", err)
	}
}

// confined runs this program as a prisoner that may read a folder.
func confined(t *testing.T, folder string, args ...string) (string, error) {
	t.Helper()
	open := func(name string) *os.File {
		f, err := os.OpenFile(name, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	files := jail.Files{Run: open("/proc/self/exe"), Read: []*os.File{open(folder)}}
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	failed := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked
		failed <- func() error {
			if _, err := jail.Confine(files); err != nil {
				return err
			}
			p, err := os.StartProcess("/proc/self/exe", append([]string{os.Args[0], prisonerArg}, args...),
				&os.ProcAttr{Files: []*os.File{out, out, out}, Sys: &syscall.SysProcAttr{}})
			if err != nil {
				return err
			}
			_, err = p.Wait()
			return err
		}()
	}()
	if err := <-failed; err != nil {
		return "", err
	}
	b, err := os.ReadFile(out.Name())
	return string(b), err
}
