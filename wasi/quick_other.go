//go:build !linux

package wasi

import "os"

// quick would be a shorter way than os.Root; there is none on this system.
type quick struct{}

func (quick) look(*os.Root, string) (fileInfo, bool)           { return fileInfo{}, false }
func (quick) open(*os.Root, string, int) (*hostFile, fileInfo) { return nil, fileInfo{} }
func (quick) list(*os.Root) *hostFile                          { return nil }
func (quick) close() error                                     { return nil }
