package wasi

import (
	"errors"
	"io/fs"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// systemStat returns what fs.FileInfo does not tell.
func systemStat(fi fs.FileInfo) sysStat {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return sysStat{
			known: true,
			dev:   uint64(st.Dev), ino: st.Ino, links: uint64(st.Nlink),
			atime: time.Unix(st.Atim.Unix()), ctime: time.Unix(st.Ctim.Unix()),
		}
	}
	return sysStat{links: 1}
}

// setTimes sets the times of the file. A zero time is left as it is.
func (f *hostFile) setTimes(atime, mtime time.Time) error {
	fi, err := f.look()
	if err != nil {
		return err
	}
	ts, err := timespecs(fi, atime, mtime)
	if err != nil {
		return err
	}
	err = unix.UtimesNanoAt(f.fd, "", ts, unix.AT_EMPTY_PATH)
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.EINVAL) { // before Linux 5.8
		own := "/proc/self/fd/" + strconv.Itoa(f.fd)
		return unix.UtimesNanoAt(unix.AT_FDCWD, own, ts, 0)
	}
	return err
}
