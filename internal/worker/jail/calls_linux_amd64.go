package jail

import "golang.org/x/sys/unix"

const auditArch = unix.AUDIT_ARCH_X86_64

// usualHere are the calls under the names they have on this processor alone.
func usualHere() []uint32 {
	return []uint32{unix.SYS_NEWFSTATAT, unix.SYS_EPOLL_WAIT, unix.SYS_POLL, unix.SYS_ARCH_PRCTL}
}

func attacksHere() []uint32 { return []uint32{unix.SYS_FORK, unix.SYS_VFORK} }
