package jail

import "golang.org/x/sys/unix"

const auditArch = unix.AUDIT_ARCH_AARCH64

// usualHere are the calls under the names they have on this processor alone.
func usualHere() []uint32 {
	return []uint32{unix.SYS_FSTATAT, unix.SYS_PPOLL}
}

func attacksHere() []uint32 { return nil }
