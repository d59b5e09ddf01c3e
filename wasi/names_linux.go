package wasi

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"golang.org/x/sys/unix"
)

const (
	// listBytes is how much of a folder is read from the system at a time.
	listBytes = 8 << 10
	// direntName is where the name begins in what getdents64 returns:
	//
	//	inode 8 | offset 8 | length of all 2 | type 1 | name, 0, padding
	direntName = 19
)

// names are those of a folder that are read and not yet told.
type names struct {
	buf  []byte
	rest []byte // of buf
	err  error  // what follows rest
}

// next returns the next name in dir, io.EOF at the end. "." and ".." are left out.
func (n *names) next(dir *hostFile) (directoryEntry, error) {
	for {
		if len(n.rest) == 0 && n.err == nil {
			n.fill(dir)
		}
		if len(n.rest) == 0 {
			return directoryEntry{}, n.err
		}
		name, kind, ok := n.take()
		if !ok {
			n.rest, n.err = nil, codeIO
			continue
		}
		if typ, ok := typeOfDirent(dir, name, kind); ok {
			return directoryEntry{Type: typ, Name: name}, nil
		}
	}
}

// fill reads more names.
func (n *names) fill(dir *hostFile) {
	if n.buf == nil {
		n.buf = make([]byte, listBytes)
	}
	got, err := again(func() (int, error) { return unix.Getdents(dir.fd, n.buf) })
	if got == 0 && err == nil {
		err = io.EOF
	}
	n.rest, n.err = n.buf[:got], err
	if got > 0 {
		n.err = nil
	}
}

// take cuts one name off, with the kind the system says it is of. It returns false if
// that is no name.
func (n *names) take() (name string, kind byte, ok bool) {
	if len(n.rest) < direntName {
		return "", 0, false
	}
	size := int(binary.NativeEndian.Uint16(n.rest[16:]))
	if size < direntName || size > len(n.rest) {
		return "", 0, false
	}
	text, _, _ := bytes.Cut(n.rest[direntName:size], []byte{0})
	kind = n.rest[direntName-1]
	n.rest = n.rest[size:]
	return string(text), kind, true
}

// typeOfDirent returns the type of a name in dir, false if there is none to tell: it
// is dir itself or what is above, or gone by now.
func typeOfDirent(dir *hostFile, name string, kind byte) (descriptorType, bool) {
	switch {
	case name == "." || name == "..":
		return 0, false
	case kind != unix.DT_UNKNOWN:
		return typeOfMode(uint32(kind) << 12), true
	}
	var st unix.Stat_t
	_, err := again(func() (int, error) { return 0, unix.Fstatat(dir.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) })
	switch {
	case err == nil:
		return typeOfMode(st.Mode), true
	case errors.Is(err, unix.ENOENT):
		return 0, false
	}
	return typeUnknown, true
}

// typeOfMode returns the type that bits of a mode say.
func typeOfMode(mode uint32) descriptorType {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return typeRegularFile
	case unix.S_IFDIR:
		return typeDirectory
	case unix.S_IFLNK:
		return typeSymbolicLink
	case unix.S_IFIFO:
		return typeFIFO
	case unix.S_IFSOCK:
		return typeSocket
	case unix.S_IFCHR:
		return typeCharacterDevice
	case unix.S_IFBLK:
		return typeBlockDevice
	}
	return typeUnknown
}
