package deploy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

var errNotRegular = errors.New("not a regular file")

// checkLock refuses a lock that is there and is no regular file. Locks are opened by
// their path: a link that came with a clone would make one elsewhere, or be held by
// another program.
func checkLock(file string) error {
	info, err := os.Lstat(file)
	if err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("lock %s: %w", file, errNotRegular)
	}
	return nil
}

// OutsideError says that a folder berth would write to is, by a symbolic link,
// outside the project: links can come with a clone.
type OutsideError struct {
	Folder string // below the project, as berth names it
	Leads  string // where it leads
}

func (e *OutsideError) Error() string {
	return fmt.Sprintf("%s leads out of the project, to %s: berth does not write there", e.Folder, e.Leads)
}

// insideProject checks that dir, which need not exist yet, is in the project
// whatever links are on the way. The error is *OutsideError.
func insideProject(projectDir, dir string) error {
	root, err := filepath.EvalSymlinks(projectDir)
	if err != nil {
		return fmt.Errorf("find project folder: %w", err)
	}
	for at := dir; at != projectDir; at = filepath.Dir(at) {
		real, err := filepath.EvalSymlinks(at)
		if errors.Is(err, fs.ErrNotExist) && at != filepath.Dir(at) {
			continue
		}
		if err != nil {
			return fmt.Errorf("find folder: %w", err)
		}
		if rel, err := filepath.Rel(root, real); err != nil || !filepath.IsLocal(rel) {
			return &OutsideError{Folder: at, Leads: real}
		}
		return nil
	}
	return nil
}
