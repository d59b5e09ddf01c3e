package wasi

import (
	"errors"
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
func (f *folder) look(path string, follow bool) (fileInfo, error) {
	fi, ok := f.quick.look(f.Root, path)
	switch {
	case ok && (!follow || fi.typ != typeSymbolicLink):
		return fi, nil
	case follow:
		return infoOf(f.Root.Stat(path))
	}
	return infoOf(f.Root.Lstat(path))
}

// open is OpenFile, and tells what was opened. A pipe does not make it wait.
func (f *folder) open(path string, how int) (*hostFile, fileInfo, error) {
	if how&os.O_CREATE == 0 {
		if file, fi := f.quick.open(f.Root, path, how); file != nil {
			return file, fi, nil
		}
	}
	opened, err := f.Root.OpenFile(path, how|openNonblock, 0o666)
	if err != nil {
		return nil, fileInfo{}, err
	}
	file, err := newHostFile(opened)
	if err != nil {
		return nil, fileInfo{}, err
	}
	fi, err := file.look()
	if err != nil {
		_ = file.Close() // the error at hand is the one to tell
		return nil, fileInfo{}, err
	}
	return file, fi, nil
}

// list opens the folder itself, for its names.
func (f *folder) list() (*hostFile, error) {
	if file := f.quick.list(f.Root); file != nil {
		return file, nil
	}
	opened, err := f.Root.Open(".")
	if err != nil {
		return nil, err
	}
	return newHostFile(opened)
}
