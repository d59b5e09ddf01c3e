package wasi

import (
	"errors"
	"io"
	"io/fs"
	"unicode/utf8"
)

// descriptorType is what kind of thing a name stands for.
type descriptorType uint8

// The types, in the order of the interface.
const (
	typeUnknown descriptorType = iota
	typeBlockDevice
	typeCharacterDevice
	typeDirectory
	typeFIFO
	typeSymbolicLink
	typeRegularFile
	typeSocket
)

func typeOf(m fs.FileMode) descriptorType {
	switch {
	case m.IsRegular():
		return typeRegularFile
	case m.IsDir():
		return typeDirectory
	case m&fs.ModeSymlink != 0:
		return typeSymbolicLink
	case m&fs.ModeCharDevice != 0:
		return typeCharacterDevice
	case m&fs.ModeDevice != 0:
		return typeBlockDevice
	case m&fs.ModeNamedPipe != 0:
		return typeFIFO
	case m&fs.ModeSocket != 0:
		return typeSocket
	}
	return typeUnknown
}

// createDirectoryAt makes a folder.
func (d *descriptor) createDirectoryAt(path string) error {
	root, err := d.mutable()
	if err != nil {
		return err
	}
	if err := checkPath(path); err != nil {
		return err
	}
	return codeOrNil(root.Mkdir(path, 0o777))
}

// removeDirectoryAt removes an empty folder.
func (d *descriptor) removeDirectoryAt(path string) error {
	root, err := d.mutable()
	if err != nil {
		return err
	}
	p, err := newPlace(root, path)
	if err != nil {
		return errorCodeOf(err)
	}
	return codeOrNil(removeDir(p))
}

// unlinkFileAt removes anything but a folder.
func (d *descriptor) unlinkFileAt(path string) error {
	root, err := d.mutable()
	if err != nil {
		return err
	}
	p, err := newPlace(root, path)
	if err == nil {
		err = p.checkSlash()
	}
	if err == nil {
		err = removeFile(p)
	}
	return codeOrNil(err)
}

// listing is a wasi:filesystem directory-entry-stream.
type listing struct {
	host  *Host
	file  *held[*hostFile]
	names names
}

// directoryEntry is one name in a folder.
type directoryEntry struct {
	Type descriptorType
	Name string
}

// readDirectory lists a folder.
func (d *descriptor) readDirectory() (*listing, error) {
	dir, err := d.folder()
	if err != nil {
		return nil, err
	}
	f, err := dir.list()
	if err != nil {
		return nil, errorCodeOf(err)
	}
	file, err := hold(d.host, f)
	if err != nil {
		return nil, err
	}
	if err := d.host.take(); err != nil {
		return nil, errors.Join(err, file.release())
	}
	return &listing{host: d.host, file: file}, nil
}

// next returns the next entry, in the system's order and without "." and "..", or
// nil at the end. A name that is not UTF-8 is an error of its own, after which the
// listing goes on.
func (l *listing) next() (*directoryEntry, error) {
	e, err := l.names.next(l.file.v)
	switch {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, errorCodeOf(err)
	case !utf8.ValidString(e.Name):
		return nil, codeIllegalByteSequence
	}
	return &e, nil
}

// close gives the listing up.
func (l *listing) close() error {
	l.host.release()
	return l.file.release()
}
