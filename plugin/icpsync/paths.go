package icpsync

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// PathError says why a declared folder or file cannot be handed to a plugin.
type PathError struct {
	Kind string // "dir" or "file"
	Path string // as declared
	File string // absolute, for what the system said no to
	Link string // the symbolic link in the way, relative to the canister's folder, or ""
	Err  error
}

func (e *PathError) Error() string {
	switch {
	case e.Link != "":
		return fmt.Sprintf("plugin %s '%s' resolves through a symlink ('%s'); symlinks are not allowed in plugin %ss",
			e.Kind, e.Path, e.Link, e.Kind)
	case errors.Is(e.Err, errUnsafePath):
		return fmt.Sprintf("plugin %s '%s' %v", e.Kind, e.Path, e.Err)
	case e.Err == nil:
		return fmt.Sprintf("plugin %s '%s' cannot be used", e.Kind, e.Path)
	case e.Kind == "file":
		return fmt.Sprintf("failed to read plugin input file at %s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("failed to preopen directory '%s' for the plugin: %v", e.File, e.Err)
}

// Unwrap returns the cause.
func (e *PathError) Unwrap() error { return e.Err }

var (
	errUnsafePath = errors.New("is not a safe relative path (no absolute paths or '..' allowed)")
	errSymlink    = errors.New("symbolic link")
	errNotFile    = errors.New("not a regular file")
	errNotFolder  = errors.New("not a directory")
	errSwapped    = errors.New("changed while it was opened")
	errNotUTF8    = errors.New("is not UTF-8 text; hand it over in a folder, by 'dirs'")
	errFileSize   = fmt.Errorf("is larger than %d MiB; hand it over in a folder, by 'dirs'", maxFileBytes>>20)
)

// maxFileBytes bounds an inline file.
const maxFileBytes = 64 << 20

// components returns the parts of a declared path. The error is errUnsafePath if
// it is absolute or has a "..", also one that would not leave the folder.
func components(path string) ([]string, error) {
	if filepath.VolumeName(path) != "" || os.IsPathSeparator(firstByte(path)) {
		return nil, errUnsafePath
	}
	var parts []string
	for _, part := range strings.FieldsFunc(path, func(r rune) bool { return r < 0x80 && os.IsPathSeparator(uint8(r)) }) {
		switch part {
		case ".":
		case "..":
			return nil, errUnsafePath
		default:
			parts = append(parts, part)
		}
	}
	return parts, nil
}

func firstByte(s string) byte {
	if s == "" {
		return 0
	}
	return s[0]
}

// openDir opens a declared folder below root. Every step down is looked at and
// opened through the folder above it, so that what was looked at is what is
// opened.
func openDir(root *os.Root, path string) (*os.Root, error) {
	parts, err := components(path)
	if err != nil {
		return nil, &PathError{Kind: "dir", Path: path, Err: err}
	}
	dir, link, err := descend(root, parts)
	if err != nil {
		return nil, &PathError{Kind: "dir", Path: path, File: absolute(root, path), Link: link, Err: err}
	}
	return dir, nil
}

// absolute is for messages only.
func absolute(root *os.Root, path string) string { return filepath.Join(root.Name(), path) }

// descend opens root's subfolder of those parts, which may be none. If a part is a
// symbolic link, link is the path up to it.
func descend(root *os.Root, parts []string) (dir *os.Root, link string, err error) {
	dir, err = root.OpenRoot(".")
	for i, part := range parts {
		if err != nil {
			return nil, link, err
		}
		var next *os.Root
		next, err = step(dir, part)
		dir.Close()
		if errors.Is(err, errSymlink) {
			link = strings.Join(parts[:i+1], "/")
		}
		dir = next
	}
	return dir, link, err
}

func step(dir *os.Root, name string) (*os.Root, error) {
	seen, err := dir.Lstat(name)
	if err != nil {
		return nil, err
	}
	if seen.Mode()&fs.ModeSymlink != 0 {
		return nil, errSymlink
	}
	if !seen.IsDir() {
		return nil, errNotFolder
	}
	next, err := dir.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	opened, err := next.Stat(".")
	if err == nil && !os.SameFile(seen, opened) {
		err = errSwapped
	}
	if err != nil {
		next.Close()
		return nil, err
	}
	return next, nil
}

// readFile reads a declared file below root, by the rules of openDir.
func readFile(root *os.Root, path string) (string, error) {
	fail := func(link string, err error) (string, error) {
		return "", &PathError{Kind: "file", Path: path, File: absolute(root, path), Link: link, Err: err}
	}
	parts, err := components(path)
	if err != nil {
		return fail("", err)
	}
	if len(parts) == 0 {
		return fail("", errNotFile)
	}
	last := len(parts) - 1
	dir, link, err := descend(root, parts[:last])
	if err != nil {
		return fail(link, err)
	}
	defer dir.Close()
	text, err := readRegular(dir, parts[last])
	if errors.Is(err, errSymlink) {
		link = strings.Join(parts, "/")
	}
	if err != nil {
		return fail(link, err)
	}
	return text, nil
}

func readRegular(dir *os.Root, name string) (string, error) {
	seen, err := dir.Lstat(name)
	if err != nil {
		return "", err
	}
	if seen.Mode()&fs.ModeSymlink != 0 {
		return "", errSymlink
	}
	if !seen.Mode().IsRegular() {
		return "", errNotFile
	}
	f, err := dir.OpenFile(name, os.O_RDONLY|nonBlocking, 0)
	if err != nil {
		return "", err
	}
	defer f.Close()
	opened, err := f.Stat()
	if err == nil && !os.SameFile(seen, opened) {
		err = errSwapped
	}
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1)) //nolint:forbidigo // bounded by the reader
	switch {
	case err != nil:
		return "", err
	case len(b) > maxFileBytes:
		return "", errFileSize
	case !utf8.Valid(b):
		return "", errNotUTF8
	}
	return string(b), nil
}
