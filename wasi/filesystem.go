package wasi

import (
	"context"
	"errors"

	"github.com/berth-cli/berth/component"
)

// coded makes a guest's result of what the file system returned. Errors of other
// kinds end the guest.
func coded[R any](r R, err error) (component.Result[R, ErrorCode], error) {
	if err == nil {
		return component.OK[ErrorCode](r), nil
	}
	if code, ok := errors.AsType[ErrorCode](err); ok {
		return component.Fail[R](code), nil
	}
	return component.Result[R, ErrorCode]{}, err
}

// files is the host's side of wasi:filesystem/types.
type files struct{ *component.HostInstance }

// method0 defines a method without parameters of the descriptor.
func method0[R any](l files, name string, f func(*Descriptor) (R, error)) {
	l.Func("[method]descriptor."+name, component.Func1(
		func(_ context.Context, d component.Borrow[*Descriptor]) (component.Result[R, ErrorCode], error) {
			return coded(f(d.Value()))
		}))
}

func method1[A, R any](l files, name string, f func(*Descriptor, A) (R, error)) {
	l.Func("[method]descriptor."+name, component.Func2(
		func(_ context.Context, d component.Borrow[*Descriptor], a A) (component.Result[R, ErrorCode], error) {
			return coded(f(d.Value(), a))
		}))
}

func method2[A, B, R any](l files, name string, f func(*Descriptor, A, B) (R, error)) {
	l.Func("[method]descriptor."+name, component.Func3(
		func(_ context.Context, d component.Borrow[*Descriptor], a A, b B) (component.Result[R, ErrorCode], error) {
			return coded(f(d.Value(), a, b))
		}))
}

func method3[A, B, C, R any](l files, name string, f func(*Descriptor, A, B, C) (R, error)) {
	l.Func("[method]descriptor."+name, component.Func4(
		func(_ context.Context, d component.Borrow[*Descriptor], a A, b B, c C) (component.Result[R, ErrorCode], error) {
			return coded(f(d.Value(), a, b, c))
		}))
}

func method4[A, B, C, D, R any](l files, name string, f func(*Descriptor, A, B, C, D) (R, error)) {
	l.Func("[method]descriptor."+name, component.Func5(
		func(_ context.Context, d component.Borrow[*Descriptor], a A, b B, c C, e D) (component.Result[R, ErrorCode], error) {
			return coded(f(d.Value(), a, b, c, e))
		}))
}

// none is a method that returns nothing, as one that returns a Unit.
func none0(f func(*Descriptor) error) func(*Descriptor) (component.Unit, error) {
	return func(d *Descriptor) (component.Unit, error) { return unit(f(d)) }
}

func none1[A any](f func(*Descriptor, A) error) func(*Descriptor, A) (component.Unit, error) {
	return func(d *Descriptor, a A) (component.Unit, error) { return unit(f(d, a)) }
}

func none2[A, B any](f func(*Descriptor, A, B) error) func(*Descriptor, A, B) (component.Unit, error) {
	return func(d *Descriptor, a A, b B) (component.Unit, error) { return unit(f(d, a, b)) }
}

// borrowed is a descriptor the guest lends for a call.
type borrowed = component.Borrow[*Descriptor]

func addFilesystem(l *component.Linker) {
	l.Instance("wasi:filesystem/preopens@0.2").Func("get-directories", hostFunc0(getDirectories))

	types := files{l.Instance("wasi:filesystem/types@0.2")}
	types.Resource("descriptor", resource[*Descriptor]())
	types.Resource("directory-entry-stream", resource[*Listing]())
	types.Func("filesystem-error-code", self(fileErrorCode))
	types.Func("[method]directory-entry-stream.read-directory-entry", component.Func1(
		func(_ context.Context, s component.Borrow[*Listing]) (component.Result[*DirectoryEntry, ErrorCode], error) {
			return coded(s.Value().Next())
		}))
	types.Func("[method]descriptor.is-same-object", component.Func2(
		func(_ context.Context, a, b borrowed) (bool, error) { return a.Value().IsSameObject(b.Value()), nil }))
	addFiles(types)
	addFolders(types)
}

// getDirectories hands out the preopens.
func getDirectories(h *Host, _ context.Context) ([]component.Tuple2[component.Own[*Descriptor], string], error) {
	all, err := h.Preopens()
	if err != nil {
		return nil, err
	}
	out := make([]component.Tuple2[component.Own[*Descriptor], string], len(all))
	for i, p := range all {
		out[i].V0, out[i].V1 = component.NewOwn(p.Descriptor), p.Guest
	}
	return out, nil
}

// fileErrorCode returns the code behind the error of a stream, nil if the stream
// was of no file.
func fileErrorCode(e *Error) (*ErrorCode, error) {
	if code, ok := errors.AsType[ErrorCode](e.Err); ok {
		return &code, nil
	}
	return nil, nil
}

// addFiles defines what works on an open file or folder by itself.
func addFiles(l files) {
	method1(l, "read-via-stream", func(d *Descriptor, offset uint64) (component.Own[*InputStream], error) {
		return owned(d.ReadStream(offset))
	})
	method1(l, "write-via-stream", func(d *Descriptor, offset uint64) (component.Own[*OutputStream], error) {
		return owned(d.WriteStream(offset))
	})
	method0(l, "append-via-stream", func(d *Descriptor) (component.Own[*OutputStream], error) {
		return owned(d.AppendStream())
	})
	method3(l, "advise", func(d *Descriptor, _, _ uint64, _ advice) (component.Unit, error) {
		return unit(d.Advise())
	})
	method2(l, "read", func(d *Descriptor, n, offset uint64) (component.Tuple2[component.LentBytes, bool], error) {
		b, end, err := d.Read(n, offset)
		return component.Tuple2[component.LentBytes, bool]{V0: b, V1: end}, err
	})
	method2(l, "write", func(d *Descriptor, p component.LentBytes, offset uint64) (uint64, error) { return d.Write(p, offset) })
	method0(l, "sync", none0((*Descriptor).Sync))
	method0(l, "sync-data", none0((*Descriptor).Sync))
	method0(l, "get-flags", (*Descriptor).Flags)
	method0(l, "get-type", (*Descriptor).Type)
	method1(l, "set-size", none1((*Descriptor).SetSize))
	method2(l, "set-times", none2((*Descriptor).SetTimes))
	method0(l, "stat", (*Descriptor).Stat)
	method0(l, "metadata-hash", (*Descriptor).MetadataHash)
}

// advice is the enum of that name.
type advice uint8

// addFolders defines what works on names in a folder.
func addFolders(l files) {
	method0(l, "read-directory", func(d *Descriptor) (component.Own[*Listing], error) {
		return owned(d.ReadDirectory())
	})
	addLooks(l)
	method4(l, "set-times-at", func(d *Descriptor, pf PathFlags, path string, access, modification NewTimestamp) (component.Unit, error) {
		return unit(d.SetTimesAt(pf, path, access, modification))
	})
	method1(l, "create-directory-at", none1((*Descriptor).CreateDirectoryAt))
	method1(l, "remove-directory-at", none1((*Descriptor).RemoveDirectoryAt))
	method1(l, "unlink-file-at", none1((*Descriptor).UnlinkFileAt))
	method1(l, "readlink-at", (*Descriptor).ReadlinkAt)
	method2(l, "symlink-at", none2((*Descriptor).SymlinkAt))
	method3(l, "rename-at", func(d *Descriptor, oldPath string, to borrowed, newPath string) (component.Unit, error) {
		return unit(d.RenameAt(oldPath, to.Value(), newPath))
	})
	method4(l, "link-at", func(d *Descriptor, pf PathFlags, oldPath string, to borrowed, newPath string) (component.Unit, error) {
		return unit(d.LinkAt(pf, oldPath, to.Value(), newPath))
	})
}
