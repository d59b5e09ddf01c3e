package jail

import (
	"fmt"
	"os"
	"unsafe" // the kernel takes pointers

	"golang.org/x/sys/unix"
)

// The rights that Landlock can withhold, by the version that brought them.
const (
	firstRights = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE |
		unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR |
		unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG |
		unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO |
		unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK | unix.LANDLOCK_ACCESS_FS_MAKE_SYM

	runRights     = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE
	readRights    = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	scratchRights = readRights | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE |
		unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG |
		unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE
)

// handled is all that a version of Landlock can withhold and we want withheld.
//
// Signals are left out: the thread that Confine restricts would not reach the other
// threads of its own process, which the Go runtime does by signals.
func handled(abi int) unix.LandlockRulesetAttr {
	a := unix.LandlockRulesetAttr{Handled_access_fs: firstRights}
	for version, right := range map[int]uint64{
		2: unix.LANDLOCK_ACCESS_FS_REFER,
		3: unix.LANDLOCK_ACCESS_FS_TRUNCATE,
		5: unix.LANDLOCK_ACCESS_FS_IOCTL_DEV,
	} {
		if abi >= version {
			a.Handled_access_fs |= right
		}
	}
	if abi >= 4 {
		a.Handled_access_net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	if abi >= 6 {
		a.Scoped = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
	}
	return a
}

// Confine takes from the calling thread, which must be locked to its goroutine and
// never be unlocked, all rights to files but those to f, the right to gain others,
// and TCP. What it starts from then on inherits that. abi is the version of
// Landlock in force; the error is ErrUnsupported if there is none.
func Confine(f Files) (abi int, err error) {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 0, fmt.Errorf("give up privileges: %w", err)
	}
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0, fmt.Errorf("landlock: %w: %w", ErrUnsupported, errno)
	}
	abi = int(version)
	attr := handled(abi)
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0)
	if errno != 0 {
		return 0, fmt.Errorf("landlock: create rules: %w", errno)
	}
	defer unix.Close(int(fd))
	if err := allowAll(int(fd), attr.Handled_access_fs, f); err != nil {
		return 0, err
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, 0, 0); errno != 0 {
		return 0, fmt.Errorf("landlock: restrict: %w", errno)
	}
	return abi, nil
}

func allowAll(ruleset int, known uint64, f Files) error {
	if err := allow(ruleset, f.Run, known&runRights); err != nil {
		return err
	}
	for _, dir := range f.Read {
		if err := allow(ruleset, dir, known&readRights); err != nil {
			return err
		}
	}
	if f.Scratch != nil {
		if err := allow(ruleset, f.Scratch, known&scratchRights); err != nil {
			return err
		}
	}
	return allowLibraries(ruleset, known)
}

// allowLibraries lets a program that is linked dynamically start: what it needs of
// the system is the same everywhere, and nobody's secret.
func allowLibraries(ruleset int, known uint64) error {
	for _, name := range []string{"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"} {
		f, err := os.OpenFile(name, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			continue // it is not that kind of system
		}
		rights := known & (runRights | readRights)
		if info, err := f.Stat(); err != nil || !info.IsDir() {
			rights &= runRights
		}
		err = allow(ruleset, f, rights)
		_ = f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func allow(ruleset int, f *os.File, rights uint64) error {
	rule := unix.LandlockPathBeneathAttr{Allowed_access: rights, Parent_fd: int32(f.Fd())}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(ruleset), unix.LANDLOCK_RULE_PATH_BENEATH,
		uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
	if errno != 0 {
		return fmt.Errorf("landlock: allow %s: %w", f.Name(), errno)
	}
	return nil
}
