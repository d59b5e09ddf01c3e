package wasi

import (
	"io/fs"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// between returns the two places of an operation on two descriptors, both of which
// must come from the same preopen: one grant cannot be turned into another.
func (d *descriptor) between(oldPath string, to *descriptor, newPath string) (old, name place, err error) {
	oldRoot, err := d.mutable()
	if err != nil {
		return place{}, place{}, err
	}
	newRoot, err := to.mutable()
	if err != nil {
		return place{}, place{}, err
	}
	if d.grant != to.grant {
		return place{}, place{}, codeCrossDevice
	}
	if old, err = newPlace(oldRoot, oldPath); err != nil {
		return place{}, place{}, errorCodeOf(err)
	}
	if name, err = newPlace(newRoot, newPath); err != nil {
		return place{}, place{}, errorCodeOf(err)
	}
	return old, name, nil
}

// checkMoved refuses a link that would lead out of the root at its new place.
func (p place) checkMoved(name place) error {
	fi, err := p.root.Lstat(p.path())
	if err != nil || fi.Mode().Type() != fs.ModeSymlink {
		return err
	}
	target, err := p.root.Readlink(p.path())
	if err != nil {
		return err
	}
	return name.checkTarget(filepath.ToSlash(target))
}

// renameAt renames what oldPath means. A folder that is moved upwards takes the
// links in it along unchecked.
func (d *descriptor) renameAt(oldPath string, to *descriptor, newPath string) error {
	old, name, err := d.between(oldPath, to, newPath)
	if err != nil {
		return err
	}
	old.slash = old.slash || name.slash
	if err := old.checkSlash(); err != nil {
		return errorCodeOf(err)
	}
	if err := old.checkMoved(name); err != nil {
		return errorCodeOf(err)
	}
	return codeOrNil(rename(old, name))
}

// linkAt makes newPath another name of the file that oldPath means. Following a
// link is refused with invalid.
func (d *descriptor) linkAt(pf pathFlags, oldPath string, to *descriptor, newPath string) error {
	old, name, err := d.between(oldPath, to, newPath)
	if err != nil {
		return err
	}
	if pf&followLinks != 0 {
		return codeInvalid
	}
	if err := old.checkSlash(); err != nil {
		return errorCodeOf(err)
	}
	if name.slash {
		return codeNoEntry
	}
	if err := old.checkMoved(name); err != nil {
		return errorCodeOf(err)
	}
	return codeOrNil(link(old, name))
}

// symlinkAt makes path a link to target. A target that is absolute, or that leads
// out of the folder of d, is refused with not-permitted.
func (d *descriptor) symlinkAt(target, path string) error {
	root, err := d.mutable()
	if err != nil {
		return err
	}
	p, err := newPlace(root, path)
	switch {
	case err != nil:
		return errorCodeOf(err)
	case p.slash:
		return codeNoEntry
	}
	if err := p.checkTarget(target); err != nil {
		return errorCodeOf(err)
	}
	return codeOrNil(root.Symlink(filepath.FromSlash(target), p.path()))
}

// readlinkAt returns the target of a link. An absolute one is a path of the host
// and refused with not-permitted.
func (d *descriptor) readlinkAt(path string) (string, error) {
	dir, err := d.folder()
	if err != nil {
		return "", err
	}
	if err := checkPath(path); err != nil {
		return "", err
	}
	target, err := dir.Readlink(path)
	if err != nil {
		return "", errorCodeOf(err)
	}
	target, err = guestTarget(target)
	switch {
	case err != nil:
		return "", err
	case !utf8.ValidString(target):
		return "", codeIllegalByteSequence
	case strings.HasPrefix(target, "/"):
		return "", codeNotPermitted
	}
	return target, nil
}
