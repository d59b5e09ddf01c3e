package cache

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrUnsafe is the error of a folder or file that others could write or read.
var ErrUnsafe = errors.New("not this user's alone")

// loadSecret reads the secret, making one if there is none.
func loadSecret(name string) ([]byte, error) {
	secret, err := readSecret(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	if err := makeSecret(name); err != nil {
		return nil, err
	}
	return readSecret(name)
}

func readSecret(name string) ([]byte, error) {
	if err := checkOwned(name, 0, 0o077); err != nil {
		return nil, err
	}
	secret, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if len(secret) != secretLen {
		return nil, fmt.Errorf("%s has %d bytes, want %d: remove it to make a new one", name, len(secret), secretLen)
	}
	return secret, nil
}

// makeSecret writes a new secret unless another process was faster: a link, unlike
// a rename, replaces nothing.
func makeSecret(name string) error {
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".cache-key-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	secret := make([]byte, secretLen)
	_, err = rand.Read(secret)
	if err == nil {
		_, err = f.Write(secret)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	if err := os.Link(f.Name(), name); err != nil && !errors.Is(err, fs.ErrExist) {
		return writeExclusive(name, secret)
	}
	return nil
}

// writeExclusive is for file systems without hard links.
func writeExclusive(name string, secret []byte) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(secret)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// checkOwned checks that name is of that type, not a link to one, and this user's,
// with none of the forbidden permission bits.
func checkOwned(name string, kind, forbidden fs.FileMode) error {
	info, err := os.Lstat(name)
	if err != nil {
		return err
	}
	if info.Mode().Type() != kind {
		return fmt.Errorf("%s: %w: it is %v", name, ErrUnsafe, info.Mode().Type())
	}
	return checkOwner(name, info, forbidden)
}
