package wasi

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

const (
	// maxPathBytes is the longest path of a guest, that of Linux.
	maxPathBytes = 4096
	// maxLinks is how many links are followed on the way to one place, as many as
	// os.Root follows.
	maxLinks = 8
	// maxDepth is the deepest folder in which a link that leads upwards is made.
	maxDepth = 255
)

// checkPath refuses what is no relative path of the guest's kind. Everything else
// is left to os.Root, which is given the path as it is.
func checkPath(path string) error {
	switch {
	case path == "":
		return codeNoEntry
	case len(path) > maxPathBytes:
		return codeNameTooLong
	case !utf8.ValidString(path):
		return codeIllegalByteSequence
	case strings.IndexByte(path, 0) >= 0:
		return codeInvalid
	case path[0] == '/':
		return codeNotPermitted
	}
	return checkSystemName(path)
}

// place is a name in a folder, which may lie any number of folders below root. The
// folder is found through root; base is one plain name.
type place struct {
	root  *os.Root
	dir   string
	base  string
	slash bool // the guest wrote a slash at the end: it means a folder
}

// newPlace splits path at its last name.
func newPlace(root *os.Root, path string) (place, error) {
	if err := checkPath(path); err != nil {
		return place{}, err
	}
	p := place{root: root, dir: ".", base: strings.TrimRight(path, "/")}
	p.slash = len(p.base) < len(path)
	if i := strings.LastIndexByte(p.base, '/'); i >= 0 {
		p.dir, p.base = p.base[:i], p.base[i+1:]
	}
	if p.base != "." && p.base != ".." {
		return p, nil
	}
	if _, err := root.Lstat(path); err != nil { // such as that it leaves root
		return place{}, err
	}
	return place{}, codeInvalid
}

func (p place) path() string {
	if p.dir == "." {
		return p.base
	}
	return p.dir + "/" + p.base
}

// checkSlash refuses a slash behind what is not a folder.
func (p place) checkSlash() error {
	if !p.slash {
		return nil
	}
	fi, err := p.root.Lstat(p.path())
	if err == nil && !fi.IsDir() {
		err = codeNotDirectory
	}
	return err
}

// checkTarget refuses a link at p that would lead out of the root. Nothing in this
// package would follow it, but whatever reads the folder later might.
//
// A name before ".." is refused too: it may be a link itself.
func (p place) checkTarget(target string) error {
	if err := checkPath(target); err != nil {
		return err
	}
	up, down := 0, false
	for name := range strings.SplitSeq(target, "/") {
		switch name {
		case "", ".":
		case "..":
			if down {
				return codeNotPermitted
			}
			up++
		default:
			down = true
		}
	}
	if up == 0 {
		return nil
	}
	depth, err := p.depth()
	if err == nil && up > depth {
		err = codeNotPermitted
	}
	return err
}

// depth returns how many folders p's folder really is below the root, links
// resolved.
func (p place) depth() (int, error) {
	var at []string
	links := 0
	for todo := strings.Split(p.dir, "/"); len(todo) > 0; {
		name := todo[0]
		todo = todo[1:]
		switch {
		case name == "" || name == ".":
			continue
		case name == ".." && len(at) == 0:
			return 0, codeNotPermitted
		case name == "..":
			at = at[:len(at)-1]
			continue
		case len(at) == maxDepth:
			return 0, codeNameTooLong
		}
		at = append(at, name)
		target, err := p.linkTarget(strings.Join(at, "/"))
		if err != nil {
			return 0, err
		}
		if target == "" {
			continue
		}
		if links++; links > maxLinks {
			return 0, codeLoop
		}
		at = at[:len(at)-1]
		todo = append(strings.Split(target, "/"), todo...)
	}
	return len(at), nil
}

// linkTarget returns the target of the link at path, "" if there is no link.
func (p place) linkTarget(path string) (string, error) {
	fi, err := p.root.Lstat(path)
	if err != nil || fi.Mode().Type() != fs.ModeSymlink {
		return "", err
	}
	target, err := p.root.Readlink(path)
	if err != nil {
		return "", err
	}
	target = filepath.ToSlash(target)
	if strings.HasPrefix(target, "/") {
		return "", codeNotPermitted
	}
	return target, nil
}
