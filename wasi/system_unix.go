//go:build unix

package wasi

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// openNonblock keeps an open from waiting for the other end of a pipe, and a
// terminal from becoming that of this process.
const openNonblock = syscall.O_NONBLOCK | syscall.O_NOCTTY

// systemCode has nothing to add to posixCode.
func systemCode(syscall.Errno) (errorCode, bool) { return 0, false }

// checkSystemName has nothing to add to checkPath: every byte but / and NUL may be
// in a name.
func checkSystemName(string) error { return nil }

// guestTarget returns the target of a link as the guest is to see it.
func guestTarget(target string) (string, error) { return target, nil }

// within calls do with an open folder and the name in it that p means. The kernel
// is never given more than that one name, so it follows no link.
func (p place) within(do func(dirfd int, name string) error) error {
	f, err := p.root.Open(p.dir + "/.")
	if err != nil {
		return err
	}
	defer f.Close()
	return do(int(f.Fd()), p.base)
}

func rename(from, to place) error {
	return from.within(func(fromFD int, old string) error {
		return to.within(func(toFD int, name string) error {
			return unix.Renameat(fromFD, old, toFD, name)
		})
	})
}

func link(from, to place) error {
	return from.within(func(fromFD int, old string) error {
		return to.within(func(toFD int, name string) error {
			return unix.Linkat(fromFD, old, toFD, name, 0)
		})
	})
}

func removeFile(p place) error {
	err := p.within(func(fd int, name string) error { return unix.Unlinkat(fd, name, 0) })
	if errors.Is(err, syscall.EPERM) { // what macOS says of a folder
		if fi, e := p.root.Lstat(p.path()); e == nil && fi.IsDir() {
			return codeIsDirectory
		}
	}
	return err
}

func removeDir(p place) error {
	return p.within(func(fd int, name string) error { return unix.Unlinkat(fd, name, unix.AT_REMOVEDIR) })
}

// setLinkTimes sets the times of a link itself. A zero time is left as it is.
func setLinkTimes(p place, atime, mtime time.Time) error {
	fi, err := infoOf(p.root.Lstat(p.path()))
	if err != nil {
		return err
	}
	ts, err := timespecs(fi, atime, mtime)
	if err != nil {
		return err
	}
	return p.within(func(fd int, name string) error {
		return unix.UtimesNanoAt(fd, name, ts, unix.AT_SYMLINK_NOFOLLOW)
	})
}

// timespecs returns the two times, with those of fi instead of a zero one.
func timespecs(fi fileInfo, atime, mtime time.Time) ([]unix.Timespec, error) {
	if atime.IsZero() {
		atime = fi.atime
	}
	if mtime.IsZero() {
		mtime = fi.mtime
	}
	a, err := unix.TimeToTimespec(atime)
	if err != nil {
		return nil, err
	}
	m, err := unix.TimeToTimespec(mtime)
	return []unix.Timespec{a, m}, err
}

// syncFolder makes changes of a folder's entries durable.
func syncFolder(root *os.Root) error {
	f, err := root.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
