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
func systemCode(errno syscall.Errno) (ErrorCode, bool) {
	for _, e := range [...]struct {
		errno syscall.Errno
		code  ErrorCode
	}{
		{windows.ERROR_INVALID_FUNCTION, CodeUnsupported},
		{windows.ERROR_PATH_NOT_FOUND, CodeNoEntry},
		{windows.ERROR_TOO_MANY_OPEN_FILES, CodeQuota},
		{windows.ERROR_ACCESS_DENIED, CodeAccess},
		{windows.ERROR_INVALID_HANDLE, CodeBadDescriptor},
		{windows.ERROR_NOT_ENOUGH_MEMORY, CodeInsufficientMemory},
		{windows.ERROR_OUTOFMEMORY, CodeInsufficientMemory},
		{windows.ERROR_NOT_SAME_DEVICE, CodeCrossDevice},
		{windows.ERROR_WRITE_PROTECT, CodeReadOnly},
		{windows.ERROR_SHARING_VIOLATION, CodeBusy},
		{windows.ERROR_LOCK_VIOLATION, CodeBusy},
		{windows.ERROR_HANDLE_DISK_FULL, CodeInsufficientSpace},
		{windows.ERROR_NOT_SUPPORTED, CodeUnsupported},
		{windows.ERROR_FILE_EXISTS, CodeExist},
		{windows.ERROR_INVALID_PARAMETER, CodeInvalid},
		{windows.ERROR_BROKEN_PIPE, CodePipe},
		{windows.ERROR_BUFFER_OVERFLOW, CodeNameTooLong},
		{windows.ERROR_DISK_FULL, CodeInsufficientSpace},
		{windows.ERROR_INVALID_NAME, CodeInvalid},
		{windows.ERROR_NEGATIVE_SEEK, CodeInvalid},
		{windows.ERROR_DIR_NOT_EMPTY, CodeNotEmpty},
		{windows.ERROR_ALREADY_EXISTS, CodeExist},
		{windows.ERROR_FILENAME_EXCED_RANGE, CodeNameTooLong},
		{windows.ERROR_DIRECTORY, CodeNotDirectory},
		{windows.ERROR_NOT_A_REPARSE_POINT, CodeInvalid},
		{windows.ERROR_TOO_MANY_LINKS, CodeTooManyLinks},
		{windows.ERROR_PRIVILEGE_NOT_HELD, CodeNotPermitted},
		{windows.ERROR_CANT_RESOLVE_FILENAME, CodeLoop},
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
		return CodeNotPermitted
	}
	return nil
}

// guestTarget returns the target of a link as the guest is to see it.
func guestTarget(target string) (string, error) {
	if filepath.VolumeName(target) != "" {
		return "", CodeNotPermitted
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
		return CodeCrossDevice
	}
	return from.root.Rename(from.path(), to.path())
}

// link needs both places under one root.
func link(from, to place) error {
	if from.root != to.root {
		return CodeCrossDevice
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
		return CodeNotDirectory
	case !dir && fi.IsDir():
		return CodeIsDirectory
	}
	return p.root.Remove(p.path())
}

// setLinkTimes is what os.Root cannot do on Windows.
func setLinkTimes(place, time.Time, time.Time) error { return CodeUnsupported }

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
