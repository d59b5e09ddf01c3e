// Package atomicfile writes files that are either the old one or the new one,
// whole, whenever the program or the machine stops.
//
//	err := atomicfile.WriteFile(path, data, 0o600)
//
// A file is written under a temporary name beside its own, synced, and renamed.
// What else is in the folder is not trusted: the temporary name is new and random,
// and a symbolic link at the target is replaced, not followed.
//
// Functions are safe for concurrent use; of two writers of one name the last to
// rename wins. A crash can leave a temporary file behind, named ".tmp-*".
package atomicfile

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// TempPattern matches, as path/filepath.Match takes it, the names of files that a
// crash left behind.
const TempPattern = ".tmp-*"

// WriteFile replaces or creates the file name with data. Its permissions become
// perm, whatever the umask and the old file's. The folder must exist.
func WriteFile(name string, data []byte, perm fs.FileMode) error {
	return Write(name, perm, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Write is WriteFile with the contents that fill writes. If fill returns an error
// the file stays as it was, and Write returns that error, wrapped.
func Write(name string, perm fs.FileMode, fill func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), TempPattern)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := finish(f, perm, fill); err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := Rename(f.Name(), name); err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// finish fills and closes f so that its bytes are on the disk.
func finish(f *os.File, perm fs.FileMode, fill func(io.Writer) error) error {
	err := fill(f)
	if err == nil {
		err = f.Chmod(perm)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// Rename moves a file, replacing what is at newName, and makes the move lasting.
// Both names must be on one file system.
func Rename(oldName, newName string) error {
	if err := rename(oldName, newName); err != nil {
		return err
	}
	return syncDir(filepath.Dir(newName))
}
