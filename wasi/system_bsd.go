//go:build darwin || freebsd || netbsd

package wasi

import (
	"io/fs"
	"os"
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

// appendTo writes p at the end of f as it is now. Another process that writes to f
// at the same time may be overwritten: these systems have no call for it.
func appendTo(f *os.File, p []byte) error { return writeAtEnd(f, p) }

// setFileTimes sets the times of an open file, to the microsecond. A zero time is
// left as it is.
func setFileTimes(f *os.File, atime, mtime time.Time) error {
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	if atime.IsZero() {
		atime = systemStat(fi).atime
	}
	if mtime.IsZero() {
		mtime = fi.ModTime()
	}
	return unix.Futimes(int(f.Fd()), []unix.Timeval{
		unix.NsecToTimeval(atime.UnixNano()), unix.NsecToTimeval(mtime.UnixNano()),
	})
}
