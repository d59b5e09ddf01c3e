package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Manifest is the file name of a project's manifest, canisterManifest that of a
// canister's own.
const (
	Manifest         = "icp.yaml"
	canisterManifest = "canister.yaml"
)

// OwnerError says that a manifest found above the working folder belongs to
// another user, whose commands it could make one run.
type OwnerError struct{ File string }

func (e *OwnerError) Error() string {
	return fmt.Sprintf("%s belongs to another user and is not used", e.File)
}

// Locate returns the nearest folder from dir upwards that holds an icp.yaml. The
// walk is lexical, so that a folder reached through a symbolic link has the
// parents its path shows. dir must be absolute.
//
// The error is *NotFoundError; *OwnerError if the manifest is above dir and not
// of this user or root.
func Locate(dir string) (string, error) {
	for at := filepath.Clean(dir); ; at = filepath.Dir(at) {
		info, err := os.Stat(filepath.Join(at, Manifest))
		if err == nil && at != filepath.Clean(dir) && !trustedOwner(info) {
			return "", &OwnerError{File: filepath.Join(at, Manifest)}
		}
		if err == nil {
			return at, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("look for %s: %w", Manifest, err)
		}
		if filepath.Dir(at) == at {
			return "", &NotFoundError{Dir: dir}
		}
	}
}

// At returns dir if it holds an icp.yaml itself; it looks no further.
func At(dir string) (string, error) {
	if _, err := os.Stat(filepath.Join(dir, Manifest)); err != nil {
		return "", &NotFoundError{Dir: dir}
	}
	return dir, nil
}
