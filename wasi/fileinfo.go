package wasi

import (
	"io/fs"
	"os"
	"time"
)

// fileInfo is what the system tells about a file.
type fileInfo struct {
	typ   descriptorType
	size  int64
	mtime time.Time
	sysStat
	from fs.FileInfo // nil if the kernel was asked
}

// sysStat is what systems tell about a file each in its way.
type sysStat struct {
	known        bool // dev and ino name the file
	dev, ino     uint64
	links        uint64
	atime, ctime time.Time // zero if not told
}

// infoOf takes over what package os returned of looking at a file.
func infoOf(fi fs.FileInfo, err error) (fileInfo, error) {
	if err != nil {
		return fileInfo{}, err
	}
	return fileInfo{typ: typeOf(fi.Mode()), size: fi.Size(), mtime: fi.ModTime(), sysStat: systemStat(fi), from: fi}, nil
}

// sameFile says whether both are of the same file.
func sameFile(a, b fileInfo) bool {
	if a.known && b.known {
		return a.dev == b.dev && a.ino == b.ino
	}
	return a.from != nil && b.from != nil && os.SameFile(a.from, b.from)
}
