package wasi

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// errorCode is the error-code of wasi:filesystem. As a Go error it is what the
// guest is told.
type errorCode uint8

// The codes, in the order of the interface.
const (
	codeAccess errorCode = iota
	codeWouldBlock
	codeAlready
	codeBadDescriptor
	codeBusy
	codeDeadlock
	codeQuota
	codeExist
	codeFileTooLarge
	codeIllegalByteSequence
	codeInProgress
	codeInterrupted
	codeInvalid
	codeIO
	codeIsDirectory
	codeLoop
	codeTooManyLinks
	codeMessageSize
	codeNameTooLong
	codeNoDevice
	codeNoEntry
	codeNoLock
	codeInsufficientMemory
	codeInsufficientSpace
	codeNotDirectory
	codeNotEmpty
	codeNotRecoverable
	codeUnsupported
	codeNoTTY
	codeNoSuchDevice
	codeOverflow
	codeNotPermitted
	codePipe
	codeReadOnly
	codeInvalidSeek
	codeTextFileBusy
	codeCrossDevice
)

// String returns the name the interface gives the code.
func (c errorCode) String() string {
	names := strings.Fields(`access would-block already bad-descriptor busy deadlock quota exist
		file-too-large illegal-byte-sequence in-progress interrupted invalid io is-directory loop
		too-many-links message-size name-too-long no-device no-entry no-lock insufficient-memory
		insufficient-space not-directory not-empty not-recoverable unsupported no-tty
		no-such-device overflow not-permitted pipe read-only invalid-seek text-file-busy
		cross-device`)
	if int(c) >= len(names) {
		return "unknown"
	}
	return names[c]
}

func (c errorCode) Error() string { return c.String() }

// errorCodeOf returns what a guest is told of err, which is not nil. What the
// system has no number for, and what this package does not know, is io.
func errorCodeOf(err error) errorCode {
	if code, ok := errors.AsType[errorCode](err); ok {
		return code
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		if code, ok := systemCode(errno); ok {
			return code
		}
		return posixCode(errno)
	}
	switch {
	case isEscape(err):
		return codeNotPermitted
	case errors.Is(err, fs.ErrNotExist):
		return codeNoEntry
	case errors.Is(err, fs.ErrExist):
		return codeExist
	case errors.Is(err, fs.ErrInvalid):
		return codeInvalid
	case errors.Is(err, os.ErrClosed):
		return codeBadDescriptor
	}
	return codeIO
}

// isEscape says whether os.Root refused a path that leaves the root. The os
// package has no name for that error.
func isEscape(err error) bool {
	return strings.Contains(causeOf(err).Error(), "path escapes from parent")
}

// posixCode returns the code of an error number that both systems and this table
// know.
func posixCode(errno syscall.Errno) errorCode {
	for _, e := range [...]struct {
		errno syscall.Errno
		code  errorCode
	}{
		{syscall.ENOENT, codeNoEntry},
		{syscall.EACCES, codeAccess},
		{syscall.EAGAIN, codeWouldBlock},
		{syscall.EALREADY, codeAlready},
		{syscall.EBADF, codeBadDescriptor},
		{syscall.EBUSY, codeBusy},
		{syscall.EDEADLK, codeDeadlock},
		{syscall.EDQUOT, codeQuota},
		{syscall.EMFILE, codeQuota},
		{syscall.ENFILE, codeQuota},
		{syscall.EEXIST, codeExist},
		{syscall.EFBIG, codeFileTooLarge},
		{syscall.EILSEQ, codeIllegalByteSequence},
		{syscall.EINPROGRESS, codeInProgress},
		{syscall.EINTR, codeInterrupted},
		{syscall.EINVAL, codeInvalid},
		{syscall.EISDIR, codeIsDirectory},
		{syscall.ELOOP, codeLoop},
		{syscall.EMLINK, codeTooManyLinks},
		{syscall.EMSGSIZE, codeMessageSize},
		{syscall.ENAMETOOLONG, codeNameTooLong},
		{syscall.ENODEV, codeNoDevice},
		{syscall.ENOLCK, codeNoLock},
		{syscall.ENOMEM, codeInsufficientMemory},
		{syscall.ENOSPC, codeInsufficientSpace},
		{syscall.ENOTDIR, codeNotDirectory},
		{syscall.ENOTEMPTY, codeNotEmpty},
		{syscall.ENOTRECOVERABLE, codeNotRecoverable},
		{syscall.ENOTSUP, codeUnsupported},
		{syscall.EOPNOTSUPP, codeUnsupported},
		{syscall.ENOSYS, codeUnsupported},
		{syscall.ENOTTY, codeNoTTY},
		{syscall.ENXIO, codeNoSuchDevice},
		{syscall.EOVERFLOW, codeOverflow},
		{syscall.EPERM, codeNotPermitted},
		{syscall.EPIPE, codePipe},
		{syscall.EROFS, codeReadOnly},
		{syscall.ESPIPE, codeInvalidSeek},
		{syscall.ETXTBSY, codeTextFileBusy},
		{syscall.EXDEV, codeCrossDevice},
	} {
		if e.errno == errno {
			return e.code
		}
	}
	return codeIO
}

// streamCause is what reading a file ended with: io.EOF stays what it is.
func streamCause(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return errorCodeOf(err)
}
