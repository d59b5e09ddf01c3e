//go:build darwin || freebsd || netbsd

package wasi

import (
	"errors"
	"io/fs"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// systemStat returns what fs.FileInfo does not tell.
func systemStat(fi fs.FileInfo) sysStat {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return sysStat{links: 1}
	}
	return sysStat{
		known: true,
		dev:   uint64(st.Dev), ino: uint64(st.Ino), links: uint64(st.Nlink),
		atime: time.Unix(st.Atimespec.Unix()), ctime: time.Unix(st.Ctimespec.Unix()),
	}
}

// appendAll writes p at the end of the file as it is now. Another process that writes to it
// at the same time may be overwritten: these systems have no call for it.
func (f *hostFile) appendAll(p []byte) error { return writeAtEnd(f, p) }

// setTimes sets the times of the file, to the microsecond. A zero time is
// left as it is.
func (f *hostFile) setTimes(atime, mtime time.Time) error {
	fi, err := f.look()
	if err != nil {
		return err
	}
	if atime.IsZero() {
		atime = fi.atime
	}
	if mtime.IsZero() {
		mtime = fi.mtime
	}
	return unix.Futimes(int(f.Fd()), []unix.Timeval{
		unix.NsecToTimeval(atime.UnixNano()), unix.NsecToTimeval(mtime.UnixNano()),
	})
}

// readOnce reads what one call of the system returns, from off on: no bytes at the
// end of the file. os.File asks again after a short read.
func (f *hostFile) readOnce(p []byte, off int64) (n int, err error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	closed := conn.Read(func(fd uintptr) bool {
		for {
			n, err = unix.Pread(int(fd), p, off)
			if !errors.Is(err, syscall.EINTR) {
				return true
			}
		}
	})
	return max(n, 0), errors.Join(closed, err)
}
