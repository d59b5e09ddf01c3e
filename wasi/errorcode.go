package wasi

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// ErrorCode is the error-code of wasi:filesystem. As a Go error it is what the
// guest is told.
type ErrorCode uint8

// The codes, in the order of the interface.
const (
	CodeAccess ErrorCode = iota
	CodeWouldBlock
	CodeAlready
	CodeBadDescriptor
	CodeBusy
	CodeDeadlock
	CodeQuota
	CodeExist
	CodeFileTooLarge
	CodeIllegalByteSequence
	CodeInProgress
	CodeInterrupted
	CodeInvalid
	CodeIO
	CodeIsDirectory
	CodeLoop
	CodeTooManyLinks
	CodeMessageSize
	CodeNameTooLong
	CodeNoDevice
	CodeNoEntry
	CodeNoLock
	CodeInsufficientMemory
	CodeInsufficientSpace
	CodeNotDirectory
	CodeNotEmpty
	CodeNotRecoverable
	CodeUnsupported
	CodeNoTTY
	CodeNoSuchDevice
	CodeOverflow
	CodeNotPermitted
	CodePipe
	CodeReadOnly
	CodeInvalidSeek
	CodeTextFileBusy
	CodeCrossDevice
)

// String returns the name the interface gives the code.
func (c ErrorCode) String() string {
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

func (c ErrorCode) Error() string { return c.String() }

// errorCodeOf returns what a guest is told of err, which is not nil. What the
// system has no number for, and what this package does not know, is io.
func errorCodeOf(err error) ErrorCode {
	if code, ok := errors.AsType[ErrorCode](err); ok {
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
		return CodeNotPermitted
	case errors.Is(err, fs.ErrNotExist):
		return CodeNoEntry
	case errors.Is(err, fs.ErrExist):
		return CodeExist
	case errors.Is(err, fs.ErrInvalid):
		return CodeInvalid
	case errors.Is(err, os.ErrClosed):
		return CodeBadDescriptor
	}
	return CodeIO
}

// isEscape says whether os.Root refused a path that leaves the root. The os
// package has no name for that error.
func isEscape(err error) bool {
	return strings.Contains(causeOf(err).Error(), "path escapes from parent")
}

// posixCode returns the code of an error number that both systems and this table
// know.
func posixCode(errno syscall.Errno) ErrorCode {
	for _, e := range [...]struct {
		errno syscall.Errno
		code  ErrorCode
	}{
		{syscall.ENOENT, CodeNoEntry},
		{syscall.EACCES, CodeAccess},
		{syscall.EAGAIN, CodeWouldBlock},
		{syscall.EALREADY, CodeAlready},
		{syscall.EBADF, CodeBadDescriptor},
		{syscall.EBUSY, CodeBusy},
		{syscall.EDEADLK, CodeDeadlock},
		{syscall.EDQUOT, CodeQuota},
		{syscall.EMFILE, CodeQuota},
		{syscall.ENFILE, CodeQuota},
		{syscall.EEXIST, CodeExist},
		{syscall.EFBIG, CodeFileTooLarge},
		{syscall.EILSEQ, CodeIllegalByteSequence},
		{syscall.EINPROGRESS, CodeInProgress},
		{syscall.EINTR, CodeInterrupted},
		{syscall.EINVAL, CodeInvalid},
		{syscall.EISDIR, CodeIsDirectory},
		{syscall.ELOOP, CodeLoop},
		{syscall.EMLINK, CodeTooManyLinks},
		{syscall.EMSGSIZE, CodeMessageSize},
		{syscall.ENAMETOOLONG, CodeNameTooLong},
		{syscall.ENODEV, CodeNoDevice},
		{syscall.ENOLCK, CodeNoLock},
		{syscall.ENOMEM, CodeInsufficientMemory},
		{syscall.ENOSPC, CodeInsufficientSpace},
		{syscall.ENOTDIR, CodeNotDirectory},
		{syscall.ENOTEMPTY, CodeNotEmpty},
		{syscall.ENOTRECOVERABLE, CodeNotRecoverable},
		{syscall.ENOTSUP, CodeUnsupported},
		{syscall.EOPNOTSUPP, CodeUnsupported},
		{syscall.ENOSYS, CodeUnsupported},
		{syscall.ENOTTY, CodeNoTTY},
		{syscall.ENXIO, CodeNoSuchDevice},
		{syscall.EOVERFLOW, CodeOverflow},
		{syscall.EPERM, CodeNotPermitted},
		{syscall.EPIPE, CodePipe},
		{syscall.EROFS, CodeReadOnly},
		{syscall.ESPIPE, CodeInvalidSeek},
		{syscall.ETXTBSY, CodeTextFileBusy},
		{syscall.EXDEV, CodeCrossDevice},
	} {
		if e.errno == errno {
			return e.code
		}
	}
	return CodeIO
}

// streamCause is what reading a file ended with: io.EOF stays what it is.
func streamCause(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return errorCodeOf(err)
}
