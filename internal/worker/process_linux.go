package worker

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"syscall"

	"github.com/berth-cli/berth/internal/worker/jail"
	"github.com/berth-cli/berth/plugin/icpsync"
	"golang.org/x/sys/unix"
)

const sigSys = syscall.SIGSYS

func supported() error { return nil }

// start starts a worker that can open the folders of the inputs and no other.
func (l *Launcher) start(inputs *icpsync.Inputs) (*process, error) {
	b := &birth{env: l.options.Env, args: l.options.Args}
	if err := b.open(inputs); err != nil {
		b.close()
		return nil, err
	}
	started := make(chan error)
	p := &process{stream: b.stream, exited: make(chan struct{})}
	l.ends.Go(func() {
		b.live(p, started)
		b.close()
	})
	if err := <-started; err != nil {
		_ = p.stream.Close()
		return nil, err
	}
	return p, nil
}

// birth is what a worker is started with.
type birth struct {
	env, args []string
	scratch   string     // its folder, "" before there is one
	jail      jail.Files // what it may open
	files     []*os.File // its descriptors, from 0 on
	ours      []*os.File // further ones, to close
	stream    net.Conn   // the parent's end, which start hands on
	stderr    *os.File   // likewise, to read
}

func (b *birth) open(inputs *icpsync.Inputs) error {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	b.files = append(b.files, null, null)
	var stderr *os.File
	if b.stderr, stderr, err = os.Pipe(); err != nil {
		return err
	}
	b.files = append(b.files, stderr)
	if err := b.connect(); err != nil {
		return err
	}
	for _, f := range inputs.Folders {
		dir, err := f.Root.Open(".")
		if err != nil {
			return err
		}
		b.files = append(b.files, dir)
	}
	return b.openFiles()
}

func (b *birth) connect() error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("socketpair: %w", err)
	}
	b.files = append(b.files, os.NewFile(uintptr(pair[1]), "worker"))
	parent := os.NewFile(uintptr(pair[0]), "parent")
	defer parent.Close() // FileConn makes a copy
	b.stream, err = net.FileConn(parent)
	if socket, ok := b.stream.(*net.UnixConn); ok {
		_ = socket.SetWriteBuffer(socketBytes) // as much of it as the system gives
	}
	return err
}

// socketBytes is how much may be on its way to a worker: compiled code is large, and
// each wait for the other side is a change of processes.
const socketBytes = 4 << 20

// openFiles opens what the jail lets the worker reach by name.
func (b *birth) openFiles() error {
	// Not by its name: an update may have put another program there.
	self, err := os.OpenFile(selfPath, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	b.ours = append(b.ours, self)
	if b.scratch, err = os.MkdirTemp(memoryDir, scratchPattern); err != nil {
		b.scratch, err = os.MkdirTemp("", scratchPattern)
	}
	if err != nil {
		return err
	}
	scratch, err := os.OpenFile(b.scratch, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	b.ours = append(b.ours, scratch)
	b.jail = jail.Files{Run: self, Read: b.files[firstFolder:], Scratch: scratch}
	return nil
}

const (
	selfPath       = "/proc/self/exe"
	memoryDir      = "/dev/shm"
	scratchPattern = "berth-worker-*"
)

// live is the life of a worker, on a thread that ends with it: the thread is as
// confined as the worker is, and the kernel ends the worker when the thread ends.
func (b *birth) live(p *process, started chan<- error) {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		runtime.LockOSThread() // and never unlocked
		p.landlock, p.noLandlock = jail.Confine(b.jail)
		if p.noLandlock != nil && !errors.Is(p.noLandlock, jail.ErrUnsupported) {
			started <- p.noLandlock
			return
		}
		b.run(p, started)
	}()
	<-gone
}

func (b *birth) run(p *process, started chan<- error) {
	var err error
	p.os, err = os.StartProcess(selfPath, b.args, &os.ProcAttr{
		Dir:   "/",
		Env:   append([]string{"TMPDIR=" + b.scratch}, b.env...),
		Files: b.files,
		// A group of its own: the terminal's interrupt is the parent's to hand on.
		Sys: &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true},
	})
	b.closeFiles()
	started <- err
	if err != nil {
		return
	}
	p.words = listen(b.stderr)
	p.state, _ = p.os.Wait()
	close(p.exited)
}

// closeFiles closes what is the worker's by now.
func (b *birth) closeFiles() {
	for _, f := range b.files {
		_ = f.Close()
	}
	b.files = nil
}

func (b *birth) close() {
	b.closeFiles()
	for _, f := range b.ours {
		_ = f.Close()
	}
	if b.stderr != nil {
		_ = b.stderr.Close()
	}
	if b.scratch != "" {
		_ = os.RemoveAll(b.scratch)
	}
}

// death says how a process that is gone ended.
func death(state *os.ProcessState, cpuSeconds uint64) *DeathError {
	e := &DeathError{ExitCode: -1}
	if state == nil {
		return e
	}
	e.ExitCode = state.ExitCode()
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		e.Signal = status.Signal()
	}
	used := state.UserTime() + state.SystemTime()
	e.CPUBound = cpuSeconds > 0 && uint64(used.Seconds()+0.5) >= cpuSeconds
	return e
}
