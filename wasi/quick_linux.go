package wasi

import (
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
	dir *hostFile // nil until it is needed
	off bool      // it cannot be had
}

// beneath is how the kernel walks a path.
const beneath = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS

// fd returns the folder, -1 if it cannot be had.
func (q *quick) fd(root *os.Root) int {
	if q.dir == nil && !q.off {
		f, err := root.Open(".")
		if err == nil {
			q.dir, err = newHostFile(f)
		}
		q.off = err != nil
	}
	if q.off {
		return -1
	}
	return q.dir.fd
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

// look is Lstat. It returns false if os.Root is to look.
func (q *quick) look(root *os.Root, path string) (fileInfo, bool) {
	var st unix.Stat_t
	if path != ".." && strings.IndexByte(path, '/') < 0 {
		if dir := q.fd(root); dir < 0 || unix.Fstatat(dir, path, &st, unix.AT_SYMLINK_NOFOLLOW) != nil {
			return fileInfo{}, false
		}
		return infoOfStat(&st), true
	}
	fd := q.openat(root, path, unix.O_PATH)
	if fd < 0 {
		return fileInfo{}, false
	}
	err := unix.Fstat(fd, &st)
	if unix.Close(fd) != nil || err != nil {
		return fileInfo{}, false
	}
	return infoOfStat(&st), true
}

// open is OpenFile of what exists. It returns nil if os.Root is to open it.
func (q *quick) open(root *os.Root, path string, how int) (*hostFile, fileInfo) {
	fd := q.openat(root, path, how|openNonblock)
	if fd < 0 {
		return nil, fileInfo{}
	}
	f := &hostFile{fd}
	fi, err := f.look()
	if err != nil {
		_ = f.Close() // it is opened anew
		return nil, fileInfo{}
	}
	return f, fi
}

// list opens the folder itself. It returns nil if os.Root is to open it.
func (q *quick) list(root *os.Root) *hostFile {
	fd := q.openat(root, ".", unix.O_RDONLY|unix.O_DIRECTORY)
	if fd < 0 {
		return nil
	}
	return &hostFile{fd}
}

func (q *quick) close() error {
	q.off = true
	if q.dir == nil {
		return nil
	}
	dir := q.dir
	q.dir = nil
	return dir.Close()
}

// infoOfStat takes over what the kernel tells about a file.
func infoOfStat(st *unix.Stat_t) fileInfo {
	return fileInfo{
		typ: typeOfMode(st.Mode), size: st.Size, mtime: time.Unix(st.Mtim.Unix()),
		sysStat: sysStat{
			known: true,
			dev:   uint64(st.Dev), ino: st.Ino, links: uint64(st.Nlink),
			atime: time.Unix(st.Atim.Unix()), ctime: time.Unix(st.Ctim.Unix()),
		},
	}
}
