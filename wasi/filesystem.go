package wasi

import (
	"context"
	"errors"

	"github.com/berth-cli/berth/component"
)

// coded makes a guest's result of what the file system returned. Errors of other
// kinds end the guest.
func coded[R any](r R, err error) (component.Result[R, errorCode], error) {
	if err == nil {
		return component.OK[errorCode](r), nil
	}
	if code, ok := errors.AsType[errorCode](err); ok {
		return component.Fail[R](code), nil
	}
	return component.Result[R, errorCode]{}, err
}

// files is the host's side of wasi:filesystem/types.
type files struct{ *component.HostInstance }

// method0 defines a method without parameters of the descriptor.
func method0[R any](l files, name string, f func(*descriptor) (R, error)) {
	l.Func("[method]descriptor."+name, component.Func1(
		func(_ context.Context, d component.Borrow[*descriptor]) (component.Result[R, errorCode], error) {
			return coded(f(d.Value()))
		}))
}

func method1[A, R any](l files, name string, f func(*descriptor, A) (R, error)) {
	l.Func("[method]descriptor."+name, component.Func2(
		func(_ context.Context, d component.Borrow[*descriptor], a A) (component.Result[R, errorCode], error) {
			return coded(f(d.Value(), a))
		}))
}

func method2[A, B, R any](l files, name string, f func(*descriptor, A, B) (R, error)) {
	l.Func("[method]descriptor."+name, component.Func3(
		func(_ context.Context, d component.Borrow[*descriptor], a A, b B) (component.Result[R, errorCode], error) {
			return coded(f(d.Value(), a, b))
		}))
}

func method3[A, B, C, R any](l files, name string, f func(*descriptor, A, B, C) (R, error)) {
	l.Func("[method]descriptor."+name, component.Func4(
		func(_ context.Context, d component.Borrow[*descriptor], a A, b B, c C) (component.Result[R, errorCode], error) {
			return coded(f(d.Value(), a, b, c))
		}))
}

func method4[A, B, C, D, R any](l files, name string, f func(*descriptor, A, B, C, D) (R, error)) {
	l.Func("[method]descriptor."+name, component.Func5(
		func(_ context.Context, d component.Borrow[*descriptor], a A, b B, c C, e D) (component.Result[R, errorCode], error) {
			return coded(f(d.Value(), a, b, c, e))
		}))
}

// none is a method that returns nothing, as one that returns a Unit.
func none0(f func(*descriptor) error) func(*descriptor) (component.Unit, error) {
	return func(d *descriptor) (component.Unit, error) { return unit(f(d)) }
}

func none1[A any](f func(*descriptor, A) error) func(*descriptor, A) (component.Unit, error) {
	return func(d *descriptor, a A) (component.Unit, error) { return unit(f(d, a)) }
}

func none2[A, B any](f func(*descriptor, A, B) error) func(*descriptor, A, B) (component.Unit, error) {
	return func(d *descriptor, a A, b B) (component.Unit, error) { return unit(f(d, a, b)) }
}

// borrowed is a descriptor the guest lends for a call.
type borrowed = component.Borrow[*descriptor]

func addFilesystem(l *component.Linker) {
	l.Instance("wasi:filesystem/preopens@0.2").Func("get-directories", hostFunc0(getDirectories))

	types := files{l.Instance("wasi:filesystem/types@0.2")}
	types.Resource("descriptor", resource[*descriptor]())
	types.Resource("directory-entry-stream", resource[*listing]())
	types.Func("filesystem-error-code", self(fileErrorCode))
	types.Func("[method]directory-entry-stream.read-directory-entry", component.Func1(
		func(_ context.Context, s component.Borrow[*listing]) (component.Result[*directoryEntry, errorCode], error) {
			return coded(s.Value().next())
		}))
	types.Func("[method]descriptor.is-same-object", component.Func2(
		func(_ context.Context, a, b borrowed) (bool, error) { return a.Value().isSameObject(b.Value()), nil }))
	addFiles(types)
	addFolders(types)
}

// getDirectories hands out the preopens.
func getDirectories(h *Host, _ context.Context) ([]component.Tuple2[component.Own[*descriptor], string], error) {
	all, err := h.openPreopens()
	if err != nil {
		return nil, err
	}
	out := make([]component.Tuple2[component.Own[*descriptor], string], len(all))
	for i, p := range all {
		out[i].V0, out[i].V1 = component.NewOwn(p.Descriptor), p.Guest
	}
	return out, nil
}

// fileErrorCode returns the code behind the error of a stream, nil if the stream
// was of no file.
func fileErrorCode(e *Error) (*errorCode, error) {
	if code, ok := errors.AsType[errorCode](e.Err); ok {
		return &code, nil
	}
	return nil, nil
}

// addFiles defines what works on an open file or folder by itself.
func addFiles(l files) {
	method1(l, "read-via-stream", func(d *descriptor, offset uint64) (component.Own[*InputStream], error) {
		return owned(d.readStream(offset))
	})
	method1(l, "write-via-stream", func(d *descriptor, offset uint64) (component.Own[*OutputStream], error) {
		return owned(d.writeStream(offset))
	})
	method0(l, "append-via-stream", func(d *descriptor) (component.Own[*OutputStream], error) {
		return owned(d.appendStream())
	})
	method3(l, "advise", func(d *descriptor, _, _ uint64, _ advice) (component.Unit, error) {
		return unit(d.advise())
	})
	method2(l, "read", func(d *descriptor, n, offset uint64) (component.Tuple2[component.LentBytes, bool], error) {
		b, end, err := d.read(n, offset)
		return component.Tuple2[component.LentBytes, bool]{V0: b, V1: end}, err
	})
	method2(l, "write", func(d *descriptor, p component.LentBytes, offset uint64) (uint64, error) { return d.write(p, offset) })
	method0(l, "sync", none0((*descriptor).sync))
	method0(l, "sync-data", none0((*descriptor).sync))
	method0(l, "get-flags", (*descriptor).getFlags)
	method0(l, "get-type", (*descriptor).getType)
	method1(l, "set-size", none1((*descriptor).setSize))
	method2(l, "set-times", none2((*descriptor).setTimes))
	method0(l, "stat", (*descriptor).stat)
	method0(l, "metadata-hash", (*descriptor).metadataHash)
}

// advice is the enum of that name.
type advice uint8

// addFolders defines what works on names in a folder.
func addFolders(l files) {
	method0(l, "read-directory", func(d *descriptor) (component.Own[*listing], error) {
		return owned(d.readDirectory())
	})
	addLooks(l)
	method4(l, "set-times-at", func(d *descriptor, pf pathFlags, path string, access, modification newTimestamp) (component.Unit, error) {
		return unit(d.setTimesAt(pf, path, access, modification))
	})
	method1(l, "create-directory-at", none1((*descriptor).createDirectoryAt))
	method1(l, "remove-directory-at", none1((*descriptor).removeDirectoryAt))
	method1(l, "unlink-file-at", none1((*descriptor).unlinkFileAt))
	method1(l, "readlink-at", (*descriptor).readlinkAt)
	method2(l, "symlink-at", none2((*descriptor).symlinkAt))
	method3(l, "rename-at", func(d *descriptor, oldPath string, to borrowed, newPath string) (component.Unit, error) {
		return unit(d.renameAt(oldPath, to.Value(), newPath))
	})
	method4(l, "link-at", func(d *descriptor, pf pathFlags, oldPath string, to borrowed, newPath string) (component.Unit, error) {
		return unit(d.linkAt(pf, oldPath, to.Value(), newPath))
	})
}
