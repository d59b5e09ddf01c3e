package wasi

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// Error is a wasi:io error: why the last operation on a stream failed. It is a
// resource of the guest, which may ask an interface to say more of the cause.
type Error struct {
	Err  error // the cause, as the Source or Sink returned it
	host *Host
}

// newError returns the resource that tells the guest of err.
func (h *Host) newError(err error) (*Error, error) {
	if e := h.take(); e != nil {
		return nil, e
	}
	return &Error{Err: err, host: h}, nil
}

// debugString returns the cause in plain words. It names no path of the host.
func (e *Error) debugString() string { return causeOf(e.Err).Error() }

// close gives e up.
func (e *Error) close() error {
	e.host.release()
	return nil
}

// causeOf strips what names paths of the host.
func causeOf(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return causeOf(pe.Err)
	}
	if le, ok := errors.AsType[*os.LinkError](err); ok {
		return causeOf(le.Err)
	}
	if se, ok := errors.AsType[*os.SyscallError](err); ok {
		return se.Err
	}
	if no, ok := errors.AsType[syscall.Errno](err); ok {
		return no
	}
	if err == nil {
		return errors.New("unknown error")
	}
	return err
}
