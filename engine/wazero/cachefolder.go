package wazero

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tetratelabs/wazero"
)

// folder is a folder for wazero's own cache, which reads and writes files and
// trusts them. It lives as long as what uses it; one whose process was killed is
// removed when another engine begins.
type folder struct {
	root  string // given to wazero
	dir   string // in root, which wazero made for its version
	owned *os.File
	made  fs.FileInfo // of root
	cache wazero.CompilationCache
}

// folderPattern is the name of the folders.
const folderPattern = "berth-wazero-*"

// memoryDir is a folder in memory where Linux has one: wazero syncs each file.
const memoryDir = "/dev/shm"

// newFolder makes a folder.
func newFolder() (*folder, error) {
	f, err := newFolderIn(memoryDir)
	if err != nil {
		f, err = newFolderIn(os.TempDir())
	}
	return f, err
}

func newFolderIn(parent string) (*folder, error) {
	root, owned, err := makeOwned(parent)
	if err != nil {
		return nil, err
	}
	f := &folder{root: root, owned: owned}
	if f.made, err = os.Lstat(root); err == nil {
		f.cache, err = wazero.NewCompilationCacheWithDir(root)
	}
	if err == nil {
		f.dir, err = subfolder(root)
	}
	if err != nil {
		f.remove()
		return nil, err
	}
	return f, nil
}

// subfolder returns the one folder in root.
func subfolder(root string) (string, error) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return "", err
	}
	if len(entries) != 1 || !entries[0].IsDir() {
		return "", errors.New("unknown layout of wazero's cache")
	}
	return filepath.Join(root, entries[0].Name()), nil
}

var errReplaced = errors.New("the folder for compiled code was replaced by another")

// check returns an error if what is where the folder was is another: its parent is
// everybody's, and what wazero finds there it runs. That the folder is gone is none.
func (f *folder) check() error {
	now, err := os.Lstat(f.root)
	if err == nil && !os.SameFile(now, f.made) {
		return errReplaced
	}
	return nil
}

func (f *folder) remove() {
	if f.check() == nil {
		_ = os.RemoveAll(f.root)
	}
	_ = f.owned.Close()
}

// clear removes all files.
func (f *folder) clear() {
	entries, _ := os.ReadDir(f.dir)
	for _, e := range entries {
		_ = os.Remove(filepath.Join(f.dir, e.Name()))
	}
}

// take returns the one file there is, and removes it.
func (f *folder) take() (codeFile, bool) {
	defer f.clear()
	entries, err := os.ReadDir(f.dir)
	if err != nil || len(entries) != 1 {
		return codeFile{}, false
	}
	name := entries[0].Name()
	code, err := os.ReadFile(filepath.Join(f.dir, name))
	return codeFile{name: name, code: code}, err == nil
}

// lend writes a file of that name for wazero to read while use runs. It reports
// whether wazero took it: it makes the name of what it compiles, writes a file of
// its own if there is none of that name, and replaces one that another version of
// it made.
func (f *folder) lend(name string, code io.WriterTo, use func() error) (taken bool, err error) {
	if err := f.check(); err != nil {
		return false, err
	}
	defer f.clear()
	path := filepath.Join(f.dir, name)
	before, err := writeNew(path, code)
	if err != nil {
		return false, err
	}
	if err := use(); err != nil {
		return false, err
	}
	entries, err := os.ReadDir(f.dir)
	if err != nil || len(entries) != 1 {
		return false, err
	}
	after, err := os.Lstat(path)
	return err == nil && os.SameFile(before, after), err
}

func writeNew(path string, code io.WriterTo) (fs.FileInfo, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = code.WriteTo(file)
	info, serr := file.Stat()
	return info, errors.Join(err, serr, file.Close())
}

// codeFile is a file of wazero's cache: the code of one module, named by that.
type codeFile struct {
	name string
	code []byte
}
