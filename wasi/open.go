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
	open     openFlags
	flags    descriptorFlags
	creating bool // open has openCreate
}

// errChanged says that a name meant something else when it was opened than when it
// was looked at.
var errChanged = errors.New("file was replaced while it was opened")

// openPath opens a file or folder below d.
//
// What is neither, such as a pipe, a socket or a device, is refused: opening or
// reading it could wait forever, or do something.
func (d *descriptor) openPath(pf pathFlags, path string, open openFlags, flags descriptorFlags) (*descriptor, error) {
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
	r := openRequest{dir: dir, path: path, open: open, flags: flags, creating: open&openCreate != 0,
		follow: pf&followLinks != 0 || strings.HasSuffix(path, "/")}
	for range 4 {
		opened, err := d.openOnce(r)
		if !errors.Is(err, errChanged) {
			return opened, err
		}
	}
	return nil, codeBusy
}

// checkOpen refuses what the grant does not allow and what makes no sense.
func (d *descriptor) checkOpen(open openFlags, flags descriptorFlags) error {
	switch {
	case d.grant.readWrite:
	case open&(openCreate|openTruncate) != 0, flags&(flagWrite|flagMutateDirectory) != 0:
		return codeNotPermitted
	}
	if open&openDirectory != 0 && open&(openCreate|openExclusive|openTruncate) != 0 {
		return codeInvalid
	}
	if open&openTruncate != 0 && flags&flagWrite == 0 {
		return codeInvalid
	}
	return nil
}

// openOnce looks at what the path means and opens that, or errChanged.
func (d *descriptor) openOnce(r openRequest) (*descriptor, error) {
	fi, err := r.dir.look(r.path, r.follow)
	if d.host.looked != nil {
		d.host.looked()
	}
	switch {
	case errors.Is(err, fs.ErrNotExist) && r.creating:
		return d.create(r)
	case err != nil:
		return nil, errorCodeOf(err)
	case r.creating && r.open&openExclusive != 0:
		return nil, codeExist
	case fi.typ == typeSymbolicLink:
		return nil, codeLoop
	case fi.typ == typeDirectory:
		return d.openFolder(r, fi)
	case r.open&openDirectory != 0:
		return nil, codeNotDirectory
	case fi.typ != typeRegularFile:
		return nil, codeNotPermitted
	}
	return d.openFile(r, &fi, 0)
}

// create opens what was not there. Without following, whatever is there by now is
// not opened.
func (d *descriptor) create(r openRequest) (*descriptor, error) {
	how := os.O_CREATE
	exclusive := r.open&openExclusive != 0
	if exclusive || !r.follow {
		how |= os.O_EXCL
	}
	opened, err := d.openFile(r, nil, how)
	if !exclusive && !r.follow && errors.Is(err, codeExist) {
		return nil, errChanged
	}
	return opened, err
}

// openFile opens a regular file, which was fi if that is not nil.
func (d *descriptor) openFile(r openRequest, fi *fileInfo, how int) (*descriptor, error) {
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
func (d *descriptor) opened(open openFlags, flags descriptorFlags, f *hostFile) (*descriptor, error) {
	if open&openTruncate != 0 {
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
	return &descriptor{host: d.host, grant: d.grant, file: file, flags: flags &^ flagMutateDirectory}, nil
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
func openMode(flags descriptorFlags) int {
	how := os.O_RDONLY
	switch flags & (flagRead | flagWrite) {
	case flagWrite:
		how = os.O_WRONLY
	case flagRead | flagWrite:
		how = os.O_RDWR
	}
	if flags&(flagFileIntegritySync|flagDataIntegritySync) != 0 {
		how |= os.O_SYNC
	}
	return how
}

// checkOpened refuses what is not the regular file that was looked at, fi.
func checkOpened(now fileInfo, fi *fileInfo) error {
	switch {
	case fi != nil && !sameFile(*fi, now):
		return errChanged
	case now.typ == typeDirectory:
		return codeIsDirectory
	case now.typ != typeRegularFile:
		return codeNotPermitted
	}
	return nil
}

// openFolder opens a folder, which was fi.
func (d *descriptor) openFolder(r openRequest, fi fileInfo) (*descriptor, error) {
	if r.creating || r.flags&flagWrite != 0 {
		return nil, codeIsDirectory
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
