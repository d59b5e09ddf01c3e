package wire

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// kind is a type of errors that travels as such.
type kind struct {
	name string
	// encode returns the error's fields and causes, if it is of the kind.
	encode func(err error) (fields any, causes []error, ok bool)
	// decode makes the error again, nil if the data is of no such error.
	decode func(fields json.RawMessage, causes []error) error
}

// leaf is the kind of a type without a cause.
func leaf[E any, P interface {
	*E
	error
}](name string) kind {
	return node[E, P](name, nil)
}

// node is the kind of a type whose cause is the field that err points to.
func node[E any, P interface {
	*E
	error
}](name string, cause func(*E) *error) kind {
	return kind{
		name: name,
		encode: func(err error) (any, []error, bool) {
			p, ok := err.(P) //nolint:errorlint // this error, not one inside it
			if !ok || p == nil {
				return nil, nil, false
			}
			fields := *p
			if cause == nil {
				return fields, nil, true
			}
			inner := take(cause(&fields))
			return fields, inner, true
		},
		decode: func(text json.RawMessage, causes []error) error {
			p := P(new(E))
			if json.Unmarshal(text, p) != nil || len(causes) > 1 || len(causes) == 1 && cause == nil {
				return nil
			}
			if len(causes) == 1 {
				*cause((*E)(p)) = causes[0]
			}
			return p
		},
	}
}

// take empties a field and returns what was in it.
func take(field *error) []error {
	err := *field
	*field = nil
	if err == nil {
		return nil
	}
	return []error{err}
}

// kinds are the types that a run can end with, and that someone above looks for.
func kinds() []kind {
	return []kind{
		leaf[plugin.GuestError]("guest"),
		leaf[plugin.ExitError]("exit"),
		leaf[plugin.RefusedError]("refused"),
		node("limit", func(e *plugin.LimitError) *error { return &e.Err }),
		node("loop", func(e *plugin.LoopError) *error { return &e.Err }),
		node("host", func(e *plugin.HostError) *error { return &e.Err }),
		trapKind(),
		node("trap", func(e *component.Trap) *error { return &e.Err }),
		node("component-host", func(e *component.HostError) *error { return &e.Err }),
		node("component-limit", func(e *component.LimitError) *error { return &e.Err }),
		node("decode", func(e *component.DecodeError) *error { return &e.Err }),
		node("validation", func(e *component.ValidationError) *error { return &e.Err }),
		node("unsupported", func(e *component.UnsupportedError) *error { return &e.Err }),
		node("link", func(e *component.LinkError) *error { return &e.Err }),
		leaf[component.BindError]("bind"),
		leaf[component.MissingImportError]("missing-import"),
		leaf[icpsync.InterfaceError]("interface"),
		node("compile", func(e *engine.CompileError) *error { return &e.Err }),
		node("engine-trap", func(e *engine.Trap) *error { return &e.Err }),
		leaf[engine.LimitError]("engine-limit"),
		node("interrupted", func(e *engine.InterruptError) *error { return &e.Cause }),
		node("path", func(e *fs.PathError) *error { return &e.Err }),
		node("system-call", func(e *os.SyscallError) *error { return &e.Err }),
		errnoKind(),
		joinKind(),
	}
}

// trapFields are those of a plugin.TrapError, with its report as data, and the trap,
// which is its cause, apart.
type trapFields struct {
	plugin.TrapError
	Report *Report
	Trap   *struct{} // instead of that of plugin.TrapError
}

func trapKind() kind {
	return kind{
		name: "plugin-trap",
		encode: func(err error) (any, []error, bool) {
			e, ok := err.(*plugin.TrapError) //nolint:errorlint // this error, not one inside it
			if !ok || e == nil {
				return nil, nil, false
			}
			fields := trapFields{TrapError: *e, Report: EncodeReport(e.Report)}
			if e.Trap == nil {
				return fields, nil, true
			}
			return fields, []error{e.Trap}, true
		},
		decode: func(text json.RawMessage, causes []error) error {
			var fields trapFields
			if json.Unmarshal(text, &fields) != nil || len(causes) > 1 {
				return nil
			}
			report, bad := fields.Report.Decode(nil)
			if bad != nil {
				return nil
			}
			e := &fields.TrapError
			e.Report = report
			for _, cause := range causes {
				trap, ok := cause.(*component.Trap) //nolint:errorlint // it was one
				if !ok {
					return nil
				}
				e.Trap = trap
			}
			return e
		},
	}
}

func errnoKind() kind {
	return kind{
		name: "errno",
		encode: func(err error) (any, []error, bool) {
			errno, ok := err.(syscall.Errno) //nolint:errorlint // this error, not one inside it
			return uintptr(errno), nil, ok
		},
		decode: func(text json.RawMessage, causes []error) error {
			var number uint16
			if json.Unmarshal(text, &number) != nil || len(causes) > 0 {
				return nil
			}
			return syscall.Errno(number)
		},
	}
}

// joinKind is that of errors.Join.
func joinKind() kind {
	return kind{
		name: "join",
		encode: func(err error) (any, []error, bool) {
			causes := unwrap(err)
			ok := len(causes) > 0 && err.Error() == errors.Join(causes...).Error()
			_, several := err.(interface{ Unwrap() []error })
			return nil, causes, ok && several
		},
		decode: func(_ json.RawMessage, causes []error) error {
			return errors.Join(causes...)
		},
	}
}

// wellKnown are errors that are compared, by name.
func wellKnown() map[string]error {
	return map[string]error{
		"canceled": context.Canceled, "deadline": context.DeadlineExceeded,
		"eof": io.EOF, "unexpected-eof": io.ErrUnexpectedEOF,
		"not-exist": fs.ErrNotExist, "exist": fs.ErrExist, "permission": fs.ErrPermission, "closed": fs.ErrClosed,
		"engine-interrupted": engine.ErrInterrupted, "out-of-fuel": engine.ErrOutOfFuel, "engine-closed": engine.ErrClosed,
		"poisoned": component.ErrPoisoned, "not-found": component.ErrNotFound,
	}
}

const stoppedKind = "stopped"

// encodeKind returns nil if the error is of no kind.
func encodeKind(err error) (*Error, []error) {
	if err == ErrStopped { //nolint:errorlint // this error, not one inside it
		return &Error{Kind: stoppedKind}, nil
	}
	for name, known := range wellKnown() {
		if err == known { //nolint:errorlint // this error, not one inside it
			return &Error{Kind: name}, nil
		}
	}
	for _, k := range kinds() {
		fields, causes, ok := k.encode(err)
		if !ok {
			continue
		}
		text, failed := json.Marshal(fields)
		if failed != nil {
			return nil, nil
		}
		return &Error{Kind: k.name, Fields: text}, causes
	}
	return nil, nil
}

func decodeKind(e *Error, causes []error, stopped error) (err, bad error) {
	if e.Kind == stoppedKind && stopped == nil {
		stopped = &textError{text: ErrStopped.Error()}
	}
	if e.Kind == stoppedKind {
		return stopped, nil
	}
	if known := wellKnown()[e.Kind]; known != nil && len(causes) == 0 {
		return known, nil
	}
	for _, k := range kinds() {
		if k.name != e.Kind {
			continue
		}
		if err := k.decode(e.Fields, causes); err != nil {
			return err, nil
		}
	}
	return nil, ErrTree
}
