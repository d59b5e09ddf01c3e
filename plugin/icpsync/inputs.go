package icpsync

import (
	"fmt"
	"os"
)

// Inputs are the folders and files of a request, checked and opened.
type Inputs struct {
	Folders []Folder
	Files   []File
}

// Folder is an opened folder.
type Folder struct {
	Name string // as declared, which is what the plugin knows it by
	Root *os.Root
}

// File is a file that was read.
type File struct {
	Name    string // as declared
	Content string // UTF-8
}

// Open checks and opens what Dirs and Files declare, folders first, in their order:
// for who runs the plugin elsewhere, by Request.Inputs. The caller closes it. The
// error is [*PathError].
func (r Request) Open() (*Inputs, error) {
	root, err := os.OpenRoot(r.Dir)
	if err != nil {
		return nil, fmt.Errorf("open canister folder: %w", err)
	}
	defer root.Close()
	in := &Inputs{}
	for _, path := range r.Dirs {
		dir, err := openDir(root, path)
		if err != nil {
			in.Close()
			return nil, err
		}
		in.Folders = append(in.Folders, Folder{Name: path, Root: dir})
	}
	for _, path := range r.Files {
		text, err := readFile(root, path)
		if err != nil {
			in.Close()
			return nil, err
		}
		in.Files = append(in.Files, File{Name: path, Content: text})
	}
	return in, nil
}

// Close closes the folders.
func (in *Inputs) Close() {
	for _, f := range in.Folders {
		f.Root.Close()
	}
}
