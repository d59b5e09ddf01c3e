//go:build !linux

package wasi

import (
	"io/fs"
	"os"
)

// hostFile is an open file or folder.
type hostFile struct{ *os.File }

// newHostFile takes f over.
func newHostFile(f *os.File) (*hostFile, error) { return &hostFile{f}, nil }

func (f *hostFile) look() (fileInfo, error) { return infoOf(f.Stat()) }

// listBatch is how many names are read from the system at a time.
const listBatch = 128

// names are those of a folder that are read and not yet told.
type names struct {
	batch []fs.DirEntry
	err   error // what follows batch
}

// next returns the next name in dir, io.EOF at the end.
func (n *names) next(dir *hostFile) (directoryEntry, error) {
	if len(n.batch) == 0 && n.err == nil {
		n.batch, n.err = dir.ReadDir(listBatch)
	}
	if len(n.batch) == 0 {
		return directoryEntry{}, n.err
	}
	e := n.batch[0]
	n.batch = n.batch[1:]
	return directoryEntry{Type: typeOf(e.Type()), Name: e.Name()}, nil
}
