//go:build linux && (amd64 || arm64)

package jail

import (
	"os"

	"golang.org/x/sys/unix"
)

// The parts of struct seccomp_data that a filter looks at. Both processors are
// little endian: the lower half of an argument comes first.
const (
	offNumber = 0
	offArch   = 4
	offArgs   = 16
)

func offArg(i int) uint32 { return uint32(offArgs + 8*i) }

// program is a filter of system calls in the making. Every block of it ends with a
// verdict or goes on with the next.
type program []unix.SockFilter

func (p *program) load(offset uint32) {
	*p = append(*p, unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset})
}

func (p *program) verdict(v uint32) {
	*p = append(*p, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: v})
}

// skipUnless goes n instructions further unless what was loaded is k.
func (p *program) skipUnless(k uint32, n uint8) {
	*p = append(*p, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: k, Jf: n})
}

// skipIfAny goes n instructions further if what was loaded has one of those bits.
func (p *program) skipIfAny(bits uint32, n uint8) {
	*p = append(*p, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: bits, Jt: n})
}

func deny(errno unix.Errno) uint32 { return unix.SECCOMP_RET_ERRNO | uint32(errno) }

// filter returns the program of a stage. What it does not name does not exist: that
// is the answer for which programs have another way.
func filter(stage Stage) []unix.SockFilter {
	p := &program{}
	p.load(offArch)
	*p = append(*p, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: auditArch, Jt: 1})
	p.verdict(unix.SECCOMP_RET_KILL_PROCESS)
	p.load(offNumber)
	p.each(usual(), unix.SECCOMP_RET_ALLOW)
	if stage == Prepare {
		p.each(preparing(), unix.SECCOMP_RET_ALLOW)
	}
	p.each(attacks(), unix.SECCOMP_RET_KILL_PROCESS)
	p.memory()
	p.open(stage)
	p.thread()
	p.signal()
	p.control()
	p.verdict(deny(unix.ENOSYS))
	return *p
}

// each gives the same verdict on calls whatever their arguments.
func (p *program) each(numbers []uint32, verdict uint32) {
	for _, n := range numbers {
		p.skipUnless(n, 1)
		p.verdict(verdict)
	}
}

// writing are the flags of openat of which one is set where a file can change.
const writing = unix.O_WRONLY | unix.O_RDWR | unix.O_CREAT | unix.O_TRUNC | unix.O_APPEND | (unix.O_TMPFILE &^ unix.O_DIRECTORY)

// open allows openat; when a guest runs, only to read.
func (p *program) open(stage Stage) {
	if stage == Prepare {
		p.each([]uint32{unix.SYS_OPENAT}, unix.SECCOMP_RET_ALLOW)
		return
	}
	p.skipUnless(unix.SYS_OPENAT, 4)
	p.load(offArg(2))
	p.skipIfAny(writing, 1)
	p.verdict(unix.SECCOMP_RET_ALLOW)
	p.verdict(deny(unix.EACCES))
}

// memory allows mmap of memory that counts as data: what is shared does not, nor what
// grows by itself, and a process could take as much of it as there is.
func (p *program) memory() {
	p.skipUnless(unix.SYS_MMAP, 4)
	p.load(offArg(3))
	p.skipIfAny(unix.MAP_SHARED|unix.MAP_GROWSDOWN, 1)
	p.verdict(unix.SECCOMP_RET_ALLOW)
	p.verdict(deny(unix.EPERM))
}

// thread allows clone for threads, which share everything, and not for processes.
func (p *program) thread() {
	p.skipUnless(unix.SYS_CLONE, 4)
	p.load(offArg(0))
	p.skipIfAny(unix.CLONE_THREAD, 1)
	p.verdict(unix.SECCOMP_RET_KILL_PROCESS)
	p.verdict(unix.SECCOMP_RET_ALLOW)
}

// signal allows signals between the threads of this process: the Go runtime
// interrupts goroutines by them.
func (p *program) signal() {
	p.skipUnless(unix.SYS_TGKILL, 4)
	p.load(offArg(0))
	p.skipUnless(uint32(os.Getpid()), 1)
	p.verdict(unix.SECCOMP_RET_ALLOW)
	p.verdict(deny(unix.EPERM))
}

// control allows what fcntl says of a descriptor, and to copy it.
func (p *program) control() {
	commands := []uint32{unix.F_GETFD, unix.F_SETFD, unix.F_GETFL, unix.F_SETFL, unix.F_DUPFD_CLOEXEC}
	p.skipUnless(unix.SYS_FCNTL, uint8(2+2*len(commands)))
	p.load(offArg(1))
	p.each(commands, unix.SECCOMP_RET_ALLOW)
	p.verdict(deny(unix.EPERM))
}
