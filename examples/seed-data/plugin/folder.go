//go:build wasip1

package main

import (
	"io/fs"
	"os"
	"syscall"
)

// firstGranted is the descriptor of the first folder a program is granted; the
// others follow.
const firstGranted = 3

// folder is a granted folder as a file system. Going through its descriptor works
// whatever its name is; Go's paths start from the first folder that was granted
// and do not lead to the others.
type folder struct{ fd int }

// granted returns the i-th folder of the step's dirs.
func granted(i int) folder { return folder{firstGranted + i} }

// Open opens a file or folder below the folder.
func (f folder) Open(name string) (fs.File, error) {
	fd, err := syscall.Openat(f.fd, name, syscall.O_RDONLY, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}
