package wasi

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// systemStat returns what fs.FileInfo does not tell.
func systemStat(fi fs.FileInfo) sysStat {
	switch st := fi.Sys().(type) {
	case *syscall.Stat_t:
		return sysStat{
			known: true,
			dev:   uint64(st.Dev), ino: st.Ino, links: uint64(st.Nlink),
			atime: time.Unix(st.Atim.Unix()), ctime: time.Unix(st.Ctim.Unix()),
		}
	case *unix.Stat_t:
		return sysStat{
			known: true,
			dev:   uint64(st.Dev), ino: st.Ino, links: uint64(st.Nlink),
			atime: time.Unix(st.Atim.Unix()), ctime: time.Unix(st.Ctim.Unix()),
		}
	}
	return sysStat{links: 1}
}

// appendTo writes p at the end of f, wherever that is by then.
func appendTo(f *os.File, p []byte) error {
	for len(p) > 0 {
		n, err := unix.Pwritev2(int(f.Fd()), [][]byte{p}, 0, unix.RWF_APPEND)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.ENOSYS) {
			return writeAtEnd(f, p)
		}
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// setFileTimes sets the times of an open file. A zero time is left as it is.
func setFileTimes(f *os.File, atime, mtime time.Time) error {
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	ts, err := timespecs(fi, atime, mtime)
	if err != nil {
		return err
	}
	err = unix.UtimesNanoAt(int(f.Fd()), "", ts, unix.AT_EMPTY_PATH)
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.EINVAL) { // before Linux 5.8
		own := "/proc/self/fd/" + strconv.Itoa(int(f.Fd()))
		return unix.UtimesNanoAt(unix.AT_FDCWD, own, ts, 0)
	}
	return err
}
