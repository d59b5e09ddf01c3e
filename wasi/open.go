package wasi

import (
	"errors"
	"io/fs"
	"os"
	"strings"
)

// openRequest is what open-at was asked for.
type openRequest struct {
	dir      *folder
	path     string
	follow   bool
	open     OpenFlags
	flags    DescriptorFlags
	creating bool // open has OpenCreate
}

// errChanged says that a name meant something else when it was opened than when it
// was looked at.
var errChanged = errors.New("file was replaced while it was opened")

// OpenAt opens a file or folder below d.
//
// What is neither, such as a pipe, a socket or a device, is refused: opening or
// reading it could wait forever, or do something.
func (d *Descriptor) OpenAt(pf PathFlags, path string, open OpenFlags, flags DescriptorFlags) (*Descriptor, error) {
	dir, err := d.folder()
	if err != nil {
		return nil, err
	}
	if err := checkPath(path); err != nil {
		return nil, err
	}
	if err := d.checkOpen(open, flags); err != nil {
		return nil, err
	}
	r := openRequest{dir: dir, path: path, open: open, flags: flags, creating: open&OpenCreate != 0,
		follow: pf&FollowLinks != 0 || strings.HasSuffix(path, "/")}
	for range 4 {
		opened, err := d.openOnce(r)
		if !errors.Is(err, errChanged) {
			return opened, err
		}
	}
	return nil, CodeBusy
}

// checkOpen refuses what the grant does not allow and what makes no sense.
func (d *Descriptor) checkOpen(open OpenFlags, flags DescriptorFlags) error {
	switch {
	case d.grant.readWrite:
	case open&(OpenCreate|OpenTruncate) != 0, flags&(FlagWrite|FlagMutateDirectory) != 0:
		return CodeNotPermitted
	}
	if open&OpenDirectory != 0 && open&(OpenCreate|OpenExclusive|OpenTruncate) != 0 {
		return CodeInvalid
	}
	if open&OpenTruncate != 0 && flags&FlagWrite == 0 {
		return CodeInvalid
	}
	return nil
}

// openOnce looks at what the path means and opens that, or errChanged.
func (d *Descriptor) openOnce(r openRequest) (*Descriptor, error) {
	fi, err := r.dir.look(r.path, r.follow)
	if d.host.looked != nil {
		d.host.looked()
	}
	switch {
	case errors.Is(err, fs.ErrNotExist) && r.creating:
		return d.create(r)
	case err != nil:
		return nil, errorCodeOf(err)
	case r.creating && r.open&OpenExclusive != 0:
		return nil, CodeExist
	case fi.typ == TypeSymbolicLink:
		return nil, CodeLoop
	case fi.typ == TypeDirectory:
		return d.openFolder(r, fi)
	case r.open&OpenDirectory != 0:
		return nil, CodeNotDirectory
	case fi.typ != TypeRegularFile:
		return nil, CodeNotPermitted
	}
	return d.openFile(r, &fi, 0)
}

// create opens what was not there. Without following, whatever is there by now is
// not opened.
func (d *Descriptor) create(r openRequest) (*Descriptor, error) {
	how := os.O_CREATE
	exclusive := r.open&OpenExclusive != 0
	if exclusive || !r.follow {
		how |= os.O_EXCL
	}
	opened, err := d.openFile(r, nil, how)
	if !exclusive && !r.follow && errors.Is(err, CodeExist) {
		return nil, errChanged
	}
	return opened, err
}

// openFile opens a regular file, which was fi if that is not nil.
func (d *Descriptor) openFile(r openRequest, fi *fileInfo, how int) (*Descriptor, error) {
	f, now, err := r.dir.open(r.path, how|openMode(r.flags))
	if err != nil {
		return nil, openError(err, fi != nil)
	}
	if err := checkOpened(now, fi); err != nil {
		_ = f.Close() // the error at hand is the one to tell
		return nil, err
	}
	return d.opened(r.open, r.flags, f)
}

// opened returns the descriptor of f, a regular file, which it owns.
func (d *Descriptor) opened(open OpenFlags, flags DescriptorFlags, f *hostFile) (*Descriptor, error) {
	if open&OpenTruncate != 0 {
		if err := f.Truncate(0); err != nil {
			_ = f.Close() // the error at hand is the one to tell
			return nil, errorCodeOf(err)
		}
	}
	file, err := hold(d.host, f)
	if err != nil {
		return nil, err
	}
	if err := d.host.take(); err != nil {
		return nil, errors.Join(err, file.release())
	}
	return &Descriptor{host: d.host, grant: d.grant, file: file, flags: flags &^ FlagMutateDirectory}, nil
}

// openError tells of a name that was seen and is gone as of one that changed.
func openError(err error, seen bool) error {
	if seen && errors.Is(err, fs.ErrNotExist) {
		return errChanged
	}
	return errorCodeOf(err)
}

// openMode returns the access that flags ask for. Without any, a descriptor can
// still be asked about the file, which takes one that is open.
func openMode(flags DescriptorFlags) int {
	how := os.O_RDONLY
	switch flags & (FlagRead | FlagWrite) {
	case FlagWrite:
		how = os.O_WRONLY
	case FlagRead | FlagWrite:
		how = os.O_RDWR
	}
	if flags&(FlagFileIntegritySync|FlagDataIntegritySync) != 0 {
		how |= os.O_SYNC
	}
	return how
}

// checkOpened refuses what is not the regular file that was looked at, fi.
func checkOpened(now fileInfo, fi *fileInfo) error {
	switch {
	case fi != nil && !sameFile(*fi, now):
		return errChanged
	case now.typ == TypeDirectory:
		return CodeIsDirectory
	case now.typ != TypeRegularFile:
		return CodeNotPermitted
	}
	return nil
}

// openFolder opens a folder, which was fi.
func (d *Descriptor) openFolder(r openRequest, fi fileInfo) (*Descriptor, error) {
	if r.creating || r.flags&FlagWrite != 0 {
		return nil, CodeIsDirectory
	}
	// The dot makes whatever is no folder by now an error; opening it might wait.
	root, err := r.dir.OpenRoot(r.path + "/.")
	if err != nil {
		return nil, openError(err, true)
	}
	if now, err := infoOf(root.Stat(".")); err != nil || !sameFile(fi, now) {
		return nil, errors.Join(errChanged, root.Close())
	}
	dir, err := hold(d.host, &folder{Root: root})
	if err != nil {
		return nil, err
	}
	opened, err := d.host.newFolder(d.grant, dir)
	if err != nil {
		return nil, errors.Join(err, dir.release())
	}
	return opened, nil
}
