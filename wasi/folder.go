package wasi

import (
	"errors"
	"io"
	"io/fs"
	"unicode/utf8"
)

// DescriptorType is what kind of thing a name stands for.
type DescriptorType uint8

// The types, in the order of the interface.
const (
	TypeUnknown DescriptorType = iota
	TypeBlockDevice
	TypeCharacterDevice
	TypeDirectory
	TypeFIFO
	TypeSymbolicLink
	TypeRegularFile
	TypeSocket
)

func typeOf(m fs.FileMode) DescriptorType {
	switch {
	case m.IsRegular():
		return TypeRegularFile
	case m.IsDir():
		return TypeDirectory
	case m&fs.ModeSymlink != 0:
		return TypeSymbolicLink
	case m&fs.ModeCharDevice != 0:
		return TypeCharacterDevice
	case m&fs.ModeDevice != 0:
		return TypeBlockDevice
	case m&fs.ModeNamedPipe != 0:
		return TypeFIFO
	case m&fs.ModeSocket != 0:
		return TypeSocket
	}
	return TypeUnknown
}

// CreateDirectoryAt makes a folder.
func (d *Descriptor) CreateDirectoryAt(path string) error {
	root, err := d.mutable()
	if err != nil {
		return err
	}
	if err := checkPath(path); err != nil {
		return err
	}
	return codeOrNil(root.Mkdir(path, 0o777))
}

// RemoveDirectoryAt removes an empty folder.
func (d *Descriptor) RemoveDirectoryAt(path string) error {
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

// UnlinkFileAt removes anything but a folder.
func (d *Descriptor) UnlinkFileAt(path string) error {
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

// Listing is a wasi:filesystem directory-entry-stream.
type Listing struct {
	host  *Host
	file  *held[*hostFile]
	names names
}

// DirectoryEntry is one name in a folder.
type DirectoryEntry struct {
	Type DescriptorType
	Name string
}

// ReadDirectory lists a folder.
func (d *Descriptor) ReadDirectory() (*Listing, error) {
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
	return &Listing{host: d.host, file: file}, nil
}

// Next returns the next entry, in the system's order and without "." and "..", or
// nil at the end. A name that is not UTF-8 is an error of its own, after which the
// listing goes on.
func (l *Listing) Next() (*DirectoryEntry, error) {
	e, err := l.names.next(l.file.v)
	switch {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, errorCodeOf(err)
	case !utf8.ValidString(e.Name):
		return nil, CodeIllegalByteSequence
	}
	return &e, nil
}

// Close gives the listing up.
func (l *Listing) Close() error {
	l.host.release()
	return l.file.release()
}
