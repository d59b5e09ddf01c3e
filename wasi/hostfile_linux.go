package wasi

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// hostFile is an open regular file or folder. An os.File would cost two calls of the
// system more, to find out that the poller cannot watch it, and a finalizer.
//
// Once closed it is no file any more, whatever the system uses its number for.
type hostFile struct{ fd int }

// newHostFile takes f over.
func newHostFile(f *os.File) (*hostFile, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err := errors.Join(err, f.Close()); err != nil {
		if fd >= 0 {
			_ = unix.Close(fd) // nothing was written through it
		}
		return nil, err
	}
	return &hostFile{fd}, nil
}

// again calls the system until no signal interrupts it.
func again(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err == nil || !errors.Is(err, unix.EINTR) {
			return max(n, 0), err
		}
	}
}

// Close closes the file. Linux forgets the number even if it returns an error.
func (f *hostFile) Close() error {
	fd := f.fd
	f.fd = -1
	return unix.Close(fd)
}

func (f *hostFile) look() (fileInfo, error) {
	var st unix.Stat_t
	_, err := again(func() (int, error) { return 0, unix.Fstat(f.fd, &st) })
	if err != nil {
		return fileInfo{}, err
	}
	return infoOfStat(&st), nil
}

// readOnce reads what one call of the system returns, from off on: no bytes at the
// end of the file.
func (f *hostFile) readOnce(p []byte, off int64) (int, error) {
	return again(func() (int, error) { return unix.Pread(f.fd, p, off) })
}

// ReadAt implements io.ReaderAt.
func (f *hostFile) ReadAt(p []byte, off int64) (done int, err error) {
	for done < len(p) {
		n, err := f.readOnce(p[done:], off+int64(done))
		if err != nil {
			return done, err
		}
		if n == 0 {
			return done, io.EOF
		}
		done += n
	}
	return done, nil
}

// WriteAt implements io.WriterAt.
func (f *hostFile) WriteAt(p []byte, off int64) (int, error) {
	return f.writeAll(p, func(done int) (int, error) { return unix.Pwrite(f.fd, p[done:], off+int64(done)) })
}

// writeAll has write write what it has not yet done of p.
func (f *hostFile) writeAll(p []byte, write func(done int) (int, error)) (done int, err error) {
	for done < len(p) {
		n, err := again(func() (int, error) { return write(done) })
		if err != nil {
			return done, err
		}
		if n == 0 {
			return done, io.ErrShortWrite
		}
		done += n
	}
	return done, nil
}

// appendAll writes p at the end of the file, wherever that is by then.
func (f *hostFile) appendAll(p []byte) error {
	done, err := f.writeAll(p, func(done int) (int, error) {
		return unix.Pwritev2(f.fd, [][]byte{p[done:]}, 0, unix.RWF_APPEND)
	})
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		return writeAtEnd(f, p[done:])
	}
	return err
}

// Truncate cuts or extends the file to size bytes.
func (f *hostFile) Truncate(size int64) error {
	_, err := again(func() (int, error) { return 0, unix.Ftruncate(f.fd, size) })
	return err
}

// Sync makes what was written durable.
func (f *hostFile) Sync() error {
	_, err := again(func() (int, error) { return 0, unix.Fsync(f.fd) })
	return err
}
