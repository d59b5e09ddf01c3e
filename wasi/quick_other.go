//go:build !linux

package wasi

import (
	"io/fs"
	"os"
)

// quick would be a shorter way than os.Root; there is none on this system.
type quick struct{}

func (quick) look(*os.Root, string) fs.FileInfo                  { return nil }
func (quick) open(*os.Root, string, int) (*os.File, fs.FileInfo) { return nil, nil }
func (quick) list(*os.Root) *os.File                             { return nil }
func (quick) close() error                                       { return nil }

func sameFile(a, b fs.FileInfo) bool { return os.SameFile(a, b) }
