package wasi

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// descriptor is a wasi:filesystem descriptor: an open file, or a folder and all
// that is below it. Its methods are those of the interface; their errors are an
// errorCode for the guest, or anything else to end it.
type descriptor struct {
	host  *Host
	grant *grant
	dir   *held[*folder]   // nil for a file
	file  *held[*hostFile] // nil for a folder
	flags descriptorFlags
}

// descriptorFlags are what a descriptor was opened for.
type descriptorFlags uint8

// The flags, in the order of the interface.
const (
	flagRead descriptorFlags = 1 << iota
	flagWrite
	flagFileIntegritySync
	flagDataIntegritySync
	flagRequestedWriteSync
	flagMutateDirectory
)

// pathFlags say how the last name of a path is resolved.
type pathFlags uint8

// followLinks follows a link that the last name is; those before it always are.
const followLinks pathFlags = 1

// openFlags say what opening may do besides.
type openFlags uint8

// The flags, in the order of the interface.
const (
	openCreate openFlags = 1 << iota
	openDirectory
	openExclusive
	openTruncate
)

// grant is what all descriptors that come from one preopen share.
type grant struct {
	guest     string
	readWrite bool
	root      *held[*folder]
}

// held is a file or folder of the host with several owners: the descriptor, and
// the streams made from it.
type held[T io.Closer] struct {
	host *Host
	v    T
	refs int
}

// hold makes v the host's, to be closed with it at the latest. v is closed at once
// if there are too many.
func hold[T io.Closer](h *Host, v T) (*held[T], error) {
	if len(h.live)-len(h.preopens) >= h.limits.MaxDescriptors {
		_ = v.Close() // nothing was written through it
		h.refused = limitError("MaxDescriptors", h.limits.MaxDescriptors, uint64(h.limits.MaxDescriptors)+1)
		return nil, codeQuota
	}
	h.live[v] = struct{}{}
	return &held[T]{host: h, v: v, refs: 1}, nil
}

func (x *held[T]) retain() *held[T] {
	x.refs++
	return x
}

// release closes x with its last owner, unless the host did before.
func (x *held[T]) release() error {
	if x.refs--; x.refs > 0 {
		return nil
	}
	if _, ok := x.host.live[x.v]; !ok {
		return nil
	}
	delete(x.host.live, x.v)
	return x.v.Close()
}

// checkTexts refuses text that no guest can be given.
func checkTexts(cfg Config) error {
	for i, a := range cfg.Args {
		if !utf8.ValidString(a) {
			return fmt.Errorf("argument %d, %q, is not UTF-8", i, a)
		}
	}
	for _, e := range cfg.Env {
		if !utf8.ValidString(e.Name) || !utf8.ValidString(e.Value) {
			return fmt.Errorf("environment variable %q is not UTF-8", e.Name)
		}
	}
	if !utf8.ValidString(cfg.InitialDir) {
		return fmt.Errorf("initial folder %q is not UTF-8", cfg.InitialDir)
	}
	return nil
}

// preopen opens one folder for the guest.
func (h *Host) preopen(p Preopen) error {
	if !utf8.ValidString(p.Guest) || strings.IndexByte(p.Guest, 0) >= 0 {
		return fmt.Errorf("name is no text for a path")
	}
	root, err := openGranted(p)
	if err != nil {
		return err
	}
	dir := &folder{Root: root}
	g := &grant{guest: p.Guest, readWrite: p.ReadWrite, root: &held[*folder]{host: h, v: dir, refs: 1}}
	h.live[dir] = struct{}{}
	h.preopens = append(h.preopens, g)
	return nil
}

// openGranted opens the folder of p. The dot behind the name makes whatever is no
// folder an error, where opening it might wait.
func openGranted(p Preopen) (*os.Root, error) {
	if p.Root != nil {
		return p.Root.OpenRoot(".")
	}
	if p.Dir == "" {
		return nil, fmt.Errorf("neither a folder nor a root is given")
	}
	return os.OpenRoot(p.Dir + string(os.PathSeparator) + ".")
}

// preopened is a folder the guest was granted, under the name it knows it by.
type preopened struct {
	Descriptor *descriptor
	Guest      string
}

// openPreopens returns a new descriptor of each granted folder, in the order of
// Config. The error ends the guest.
func (h *Host) openPreopens() ([]preopened, error) {
	var all []preopened
	for _, g := range h.preopens {
		d, err := h.newFolder(g, g.root.retain())
		if err != nil {
			return nil, err
		}
		all = append(all, preopened{Descriptor: d, Guest: g.guest})
	}
	return all, nil
}

// newFolder returns a descriptor that owns dir.
func (h *Host) newFolder(g *grant, dir *held[*folder]) (*descriptor, error) {
	if err := h.take(); err != nil {
		return nil, err
	}
	d := &descriptor{host: h, grant: g, dir: dir, flags: flagRead}
	if g.readWrite {
		d.flags |= flagMutateDirectory
	}
	return d, nil
}

// close gives the descriptor up. Streams made from it stay.
func (d *descriptor) close() error {
	d.host.release()
	if d.dir != nil {
		return d.dir.release()
	}
	return d.file.release()
}

// folder returns the folder d is.
func (d *descriptor) folder() (*folder, error) {
	if d.dir == nil {
		return nil, codeNotDirectory
	}
	return d.dir.v, nil
}

// mutable returns the root of a folder the guest may change, and is about to.
func (d *descriptor) mutable() (*os.Root, error) {
	dir, err := d.folder()
	switch {
	case err != nil:
		return nil, err
	case !d.grant.readWrite:
		return nil, codeNotPermitted
	}
	d.host.forget()
	return dir.Root, nil
}

// readable returns the file if it was opened for reading.
func (d *descriptor) readable() (*hostFile, error) {
	if d.file == nil || d.flags&flagRead == 0 {
		return nil, codeBadDescriptor
	}
	return d.file.v, nil
}

// writable returns the file if it was opened for writing.
func (d *descriptor) writable() (*hostFile, error) {
	switch {
	case !d.grant.readWrite:
		return nil, codeNotPermitted
	case d.file == nil || d.flags&flagWrite == 0:
		return nil, codeBadDescriptor
	}
	return d.file.v, nil
}

// getFlags is get-flags.
func (d *descriptor) getFlags() (descriptorFlags, error) { return d.flags, nil }
