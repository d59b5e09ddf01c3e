package wasi

import (
	"errors"
	"io/fs"
	"os"
)

// folder is an open folder of the host. What is below it is reached by paths, which
// cannot leave it.
type folder struct {
	*os.Root
	quick quick
}

// Close closes the folder.
func (f *folder) Close() error { return errors.Join(f.quick.close(), f.Root.Close()) }

// look is Stat if follow, else Lstat.
func (f *folder) look(path string, follow bool) (fs.FileInfo, error) {
	fi := f.quick.look(f.Root, path)
	switch {
	case fi != nil && (!follow || fi.Mode().Type() != fs.ModeSymlink):
		return fi, nil
	case follow:
		return f.Root.Stat(path)
	}
	return f.Root.Lstat(path)
}

// open is OpenFile, and tells what was opened. A pipe does not make it wait.
func (f *folder) open(path string, how int) (*os.File, fs.FileInfo, error) {
	if how&os.O_CREATE == 0 {
		if file, fi := f.quick.open(f.Root, path, how); file != nil {
			return file, fi, nil
		}
	}
	file, err := f.Root.OpenFile(path, how|openNonblock, 0o666)
	if err != nil {
		return nil, nil, err
	}
	fi, err := file.Stat()
	if err != nil {
		_ = file.Close() // the error at hand is the one to tell
		return nil, nil, err
	}
	return file, fi, nil
}

// list opens the folder itself, for its names.
func (f *folder) list() (*os.File, error) {
	if file := f.quick.list(f.Root); file != nil {
		return file, nil
	}
	return f.Root.Open(".")
}
