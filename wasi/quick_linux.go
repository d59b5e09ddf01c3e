package wasi

import (
	"io/fs"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// quick is a shorter way than os.Root to what is in a folder. os.Root opens every
// folder on the way; here the kernel walks the path, and openat2 makes it stop where
// the path leaves the folder or meets a link. Then, and after any other error, the
// answer is that there is no quick way, and os.Root is to say what there is.
type quick struct {
	dir *os.File // nil until it is needed
	off bool     // it cannot be had
}

// beneath is how the kernel walks a path.
const beneath = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS

// fd returns the folder, -1 if it cannot be had.
func (q *quick) fd(root *os.Root) int {
	if q.dir == nil && !q.off {
		var err error
		if q.dir, err = root.Open("."); err != nil {
			q.off = true
		}
	}
	if q.off {
		return -1
	}
	return int(q.dir.Fd())
}

// openat returns what is at path, -1 if it cannot be had.
func (q *quick) openat(root *os.Root, path string, how int) int {
	dir := q.fd(root)
	if dir < 0 {
		return -1
	}
	fd, err := unix.Openat2(dir, path, &unix.OpenHow{Flags: uint64(how | unix.O_CLOEXEC | unix.O_NOFOLLOW), Resolve: beneath})
	if err == unix.ENOSYS {
		q.off = true
	}
	if err != nil {
		return -1
	}
	return fd
}

// look is Lstat. It returns nil if os.Root is to look.
func (q *quick) look(root *os.Root, path string) fs.FileInfo {
	fi := &statInfo{}
	if path != ".." && strings.IndexByte(path, '/') < 0 {
		if dir := q.fd(root); dir < 0 || unix.Fstatat(dir, path, &fi.st, unix.AT_SYMLINK_NOFOLLOW) != nil {
			return nil
		}
		return fi
	}
	fd := q.openat(root, path, unix.O_PATH)
	if fd < 0 {
		return nil
	}
	err := unix.Fstat(fd, &fi.st)
	if unix.Close(fd) != nil || err != nil {
		return nil
	}
	return fi
}

// open is OpenFile of what exists. It returns nil if os.Root is to open it.
func (q *quick) open(root *os.Root, path string, how int) (*os.File, fs.FileInfo) {
	fd := q.openat(root, path, how|openNonblock)
	if fd < 0 {
		return nil, nil
	}
	fi := &statInfo{}
	if err := unix.Fstat(fd, &fi.st); err != nil {
		_ = unix.Close(fd) // it is opened anew
		return nil, nil
	}
	return os.NewFile(uintptr(fd), path), fi
}

// list opens the folder itself. It returns nil if os.Root is to open it, whose files
// look at every name they list.
func (q *quick) list(root *os.Root) *os.File {
	fd := q.openat(root, ".", unix.O_RDONLY|unix.O_DIRECTORY)
	if fd < 0 {
		return nil
	}
	return os.NewFile(uintptr(fd), ".")
}

func (q *quick) close() error {
	q.off = true
	if q.dir == nil {
		return nil
	}
	return q.dir.Close()
}

// statInfo is what fstat tells.
type statInfo struct{ st unix.Stat_t }

var _ fs.FileInfo = (*statInfo)(nil)

func (fi *statInfo) Name() string       { return "" }
func (fi *statInfo) Size() int64        { return fi.st.Size }
func (fi *statInfo) ModTime() time.Time { return time.Unix(fi.st.Mtim.Unix()) }
func (fi *statInfo) IsDir() bool        { return fi.st.Mode&unix.S_IFMT == unix.S_IFDIR }
func (fi *statInfo) Sys() any           { return &fi.st }

// Mode returns the type; nothing here asks for more.
func (fi *statInfo) Mode() fs.FileMode {
	switch fi.st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return 0
	case unix.S_IFDIR:
		return fs.ModeDir
	case unix.S_IFLNK:
		return fs.ModeSymlink
	case unix.S_IFIFO:
		return fs.ModeNamedPipe
	case unix.S_IFSOCK:
		return fs.ModeSocket
	case unix.S_IFCHR:
		return fs.ModeDevice | fs.ModeCharDevice
	case unix.S_IFBLK:
		return fs.ModeDevice
	}
	return fs.ModeIrregular
}

// sameFile says whether both are of the same file.
func sameFile(a, b fs.FileInfo) bool {
	x, y := systemStat(a), systemStat(b)
	return x.known && y.known && x.dev == y.dev && x.ino == y.ino
}
