package wasi

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/windows"
)

// openNonblock is nothing: an open does not wait here.
const openNonblock = 0

// systemCode returns the code of an error number of Windows.
func systemCode(errno syscall.Errno) (errorCode, bool) {
	for _, e := range [...]struct {
		errno syscall.Errno
		code  errorCode
	}{
		{windows.ERROR_INVALID_FUNCTION, codeUnsupported},
		{windows.ERROR_PATH_NOT_FOUND, codeNoEntry},
		{windows.ERROR_TOO_MANY_OPEN_FILES, codeQuota},
		{windows.ERROR_ACCESS_DENIED, codeAccess},
		{windows.ERROR_INVALID_HANDLE, codeBadDescriptor},
		{windows.ERROR_NOT_ENOUGH_MEMORY, codeInsufficientMemory},
		{windows.ERROR_OUTOFMEMORY, codeInsufficientMemory},
		{windows.ERROR_NOT_SAME_DEVICE, codeCrossDevice},
		{windows.ERROR_WRITE_PROTECT, codeReadOnly},
		{windows.ERROR_SHARING_VIOLATION, codeBusy},
		{windows.ERROR_LOCK_VIOLATION, codeBusy},
		{windows.ERROR_HANDLE_DISK_FULL, codeInsufficientSpace},
		{windows.ERROR_NOT_SUPPORTED, codeUnsupported},
		{windows.ERROR_FILE_EXISTS, codeExist},
		{windows.ERROR_INVALID_PARAMETER, codeInvalid},
		{windows.ERROR_BROKEN_PIPE, codePipe},
		{windows.ERROR_BUFFER_OVERFLOW, codeNameTooLong},
		{windows.ERROR_DISK_FULL, codeInsufficientSpace},
		{windows.ERROR_INVALID_NAME, codeInvalid},
		{windows.ERROR_NEGATIVE_SEEK, codeInvalid},
		{windows.ERROR_DIR_NOT_EMPTY, codeNotEmpty},
		{windows.ERROR_ALREADY_EXISTS, codeExist},
		{windows.ERROR_FILENAME_EXCED_RANGE, codeNameTooLong},
		{windows.ERROR_DIRECTORY, codeNotDirectory},
		{windows.ERROR_NOT_A_REPARSE_POINT, codeInvalid},
		{windows.ERROR_TOO_MANY_LINKS, codeTooManyLinks},
		{windows.ERROR_PRIVILEGE_NOT_HELD, codeNotPermitted},
		{windows.ERROR_CANT_RESOLVE_FILENAME, codeLoop},
	} {
		if e.errno == errno {
			return e.code, true
		}
	}
	return 0, false
}

// checkSystemName refuses what is a plain name to the guest and more than that to
// Windows: another separator, a drive, a stream of a file.
func checkSystemName(path string) error {
	if strings.ContainsAny(path, `\:`) {
		return codeNotPermitted
	}
	return nil
}

// guestTarget returns the target of a link as the guest is to see it.
func guestTarget(target string) (string, error) {
	if filepath.VolumeName(target) != "" {
		return "", codeNotPermitted
	}
	return filepath.ToSlash(target), nil
}

// readOnce reads from off on: no bytes at the end of the file.
func (f *hostFile) readOnce(p []byte, off int64) (int, error) {
	n, err := f.ReadAt(p, off)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// rename needs both places under one root; os.Root replaces no empty folder.
func rename(from, to place) error {
	if from.root != to.root {
		return codeCrossDevice
	}
	return from.root.Rename(from.path(), to.path())
}

// link needs both places under one root.
func link(from, to place) error {
	if from.root != to.root {
		return codeCrossDevice
	}
	return from.root.Link(from.path(), to.path())
}

func removeFile(p place) error { return remove(p, false) }

func removeDir(p place) error { return remove(p, true) }

// remove looks before it removes: os.Root removes files and folders alike.
func remove(p place, dir bool) error {
	fi, err := p.root.Lstat(p.path())
	switch {
	case err != nil:
		return err
	case dir && !fi.IsDir():
		return codeNotDirectory
	case !dir && fi.IsDir():
		return codeIsDirectory
	}
	return p.root.Remove(p.path())
}

// setLinkTimes is what os.Root cannot do on Windows.
func setLinkTimes(place, time.Time, time.Time) error { return codeUnsupported }

// syncFolder has nothing to do: Windows cannot.
func syncFolder(*os.Root) error { return nil }

// systemStat returns what fs.FileInfo does not tell. Windows has no time of the
// last change of status, and hands out no identity by path.
func systemStat(fi fs.FileInfo) sysStat {
	d, ok := fi.Sys().(*syscall.Win32FileAttributeData)
	if !ok {
		return sysStat{links: 1}
	}
	created := d.CreationTime.Nanoseconds()
	return sysStat{links: 1, ino: uint64(created), atime: time.Unix(0, d.LastAccessTime.Nanoseconds())}
}

// appendAll writes p at the end of the file as it is now. Another process that writes to it
// at the same time may be overwritten.
func (f *hostFile) appendAll(p []byte) error { return writeAtEnd(f, p) }

// setTimes sets the times of the file. A zero time is left as it is.
func (f *hostFile) setTimes(atime, mtime time.Time) error {
	var a, m *windows.Filetime
	if !atime.IsZero() {
		ft := windows.NsecToFiletime(atime.UnixNano())
		a = &ft
	}
	if !mtime.IsZero() {
		ft := windows.NsecToFiletime(mtime.UnixNano())
		m = &ft
	}
	return windows.SetFileTime(windows.Handle(f.Fd()), nil, a, m)
}
