//go:build !unix && !windows

package atomicfile

import "os"

func rename(oldName, newName string) error { return os.Rename(oldName, newName) }

func syncDir(string) error { return nil }
