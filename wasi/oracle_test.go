//go:build linux

package wasi_test

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/wasi"
)

// node is a file or folder of the model: what POSIX says, in memory.
type node struct {
	names map[string]*node // nil for a file
	data  []byte
}

// model is a tree that a guest changes, without links.
type model struct{ root *node }

// walk finds the folders that path leads through, and its last name.
func (m *model) walk(path string) (stack []*node, last string, err error) {
	stack = []*node{m.root}
	names := strings.Split(path, "/")
	for _, name := range names[:len(names)-1] {
		switch name {
		case ".":
			continue
		case "..":
			if len(stack) == 1 {
				return nil, "", wasi.CodeNotPermitted
			}
			stack = stack[:len(stack)-1]
			continue
		}
		next := stack[len(stack)-1].names[name]
		switch {
		case next == nil:
			return nil, "", wasi.CodeNoEntry
		case next.names == nil:
			return nil, "", wasi.CodeNotDirectory
		}
		stack = append(stack, next)
	}
	return stack, names[len(names)-1], nil
}

// find returns the folder of path, its last name, and what that is, if anything.
func (m *model) find(path string) (dir *node, last string, n *node, err error) {
	stack, last, err := m.walk(path)
	if err != nil {
		return nil, "", nil, err
	}
	dir = stack[len(stack)-1]
	return dir, last, dir.names[last], nil
}

func (m *model) mkdir(path string) error {
	dir, last, n, err := m.find(path)
	switch {
	case err != nil:
		return err
	case n != nil:
		return wasi.CodeExist
	}
	dir.names[last] = &node{names: map[string]*node{}}
	return nil
}

func (m *model) rmdir(path string) error {
	dir, last, n, err := m.find(path)
	switch {
	case err != nil:
		return err
	case n == nil:
		return wasi.CodeNoEntry
	case n.names == nil:
		return wasi.CodeNotDirectory
	case len(n.names) > 0:
		return wasi.CodeNotEmpty
	}
	delete(dir.names, last)
	return nil
}

func (m *model) unlink(path string) error {
	dir, last, n, err := m.find(path)
	switch {
	case err != nil:
		return err
	case n == nil:
		return wasi.CodeNoEntry
	case n.names != nil:
		return wasi.CodeIsDirectory
	}
	delete(dir.names, last)
	return nil
}

func (m *model) link(from, to string) error {
	_, _, n, err := m.find(from)
	if err == nil && n == nil {
		err = wasi.CodeNoEntry
	}
	if err != nil {
		return err
	}
	dir, last, there, err := m.find(to)
	switch {
	case err != nil:
		return err
	case there != nil:
		return wasi.CodeExist
	case n.names != nil:
		return wasi.CodeNotPermitted
	}
	dir.names[last] = n
	return nil
}

func (m *model) rename(from, to string) error {
	fromStack, fromLast, err := m.walk(from)
	if err != nil {
		return err
	}
	fromDir := fromStack[len(fromStack)-1]
	n := fromDir.names[fromLast]
	if n == nil {
		return wasi.CodeNoEntry
	}
	toStack, toLast, err := m.walk(to)
	if err != nil {
		return err
	}
	toDir := toStack[len(toStack)-1]
	there := toDir.names[toLast]
	switch {
	case slices.Contains(toStack, n):
		return wasi.CodeInvalid
	case there != nil && slices.Contains(fromStack, there):
		return wasi.CodeNotEmpty
	case there == n:
		return nil
	case there == nil:
	case n.names != nil && there.names == nil:
		return wasi.CodeNotDirectory
	case n.names == nil && there.names != nil:
		return wasi.CodeIsDirectory
	case len(there.names) > 0:
		return wasi.CodeNotEmpty
	}
	delete(fromDir.names, fromLast)
	toDir.names[toLast] = n
	return nil
}

// write creates the file if need be, cuts it if told, and writes text at offset.
func (m *model) write(path, text string, offset int, truncate bool) error {
	dir, last, n, err := m.find(path)
	switch {
	case err != nil:
		return err
	case n == nil:
		n = &node{}
		dir.names[last] = n
	case n.names != nil:
		return wasi.CodeIsDirectory
	}
	if truncate {
		n.data = nil
	}
	if end := offset + len(text); end > len(n.data) {
		n.data = append(n.data, make([]byte, end-len(n.data))...)
	}
	copy(n.data[offset:], text)
	return nil
}

// read returns what a file holds, or the sorted names of a folder.
func (m *model) read(path string) (string, error) {
	_, _, n, err := m.find(path)
	switch {
	case err != nil:
		return "", err
	case n == nil:
		return "", wasi.CodeNoEntry
	case n.names != nil:
		return strings.Join(slices.Sorted(maps.Keys(n.names)), " "), nil
	}
	return string(n.data), nil
}

// realWrite does what model.write does.
func realWrite(d *wasi.Descriptor, path, text string, offset int, truncate bool) error {
	of := wasi.OpenCreate
	if truncate {
		of |= wasi.OpenTruncate
	}
	f, err := d.OpenAt(wasi.FollowLinks, path, of, wasi.FlagWrite)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write([]byte(text), uint64(offset))
	return err
}

// realRead does what model.read does.
func realRead(d *wasi.Descriptor, path string) (string, error) {
	f, err := d.OpenAt(0, path, 0, wasi.FlagRead)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if typ, err := f.Type(); typ != wasi.TypeDirectory {
		b, _, err2 := f.Read(1<<20, 0)
		return string(b), errors.Join(err, err2)
	}
	l, err := f.ReadDirectory()
	if err != nil {
		return "", err
	}
	defer l.Close()
	var names []string
	for {
		e, err := l.Next()
		if e == nil {
			slices.Sort(names)
			return strings.Join(names, " "), err
		}
		names = append(names, e.Name)
	}
}

// script turns bytes into operations.
type script struct{ bytes.Reader }

func (s *script) next(n int) int {
	b, _ := s.ReadByte() // 0 at the end
	return int(b) % n
}

func (s *script) path() string {
	names := []string{"a", "b", "c", "a", "b", "c", ".", ".."}
	var path []string
	for range s.next(3) {
		path = append(path, names[s.next(len(names))])
	}
	return strings.Join(append(path, names[s.next(3)]), "/")
}

// step does one operation on both and returns what they answered.
func (s *script) step(m *model, d *wasi.Descriptor) (what, want, got string, wantErr, gotErr error) {
	path := s.path()
	switch s.next(8) {
	case 0, 1:
		what, wantErr, gotErr = "mkdir", m.mkdir(path), d.CreateDirectoryAt(path)
	case 2:
		what, wantErr, gotErr = "rmdir", m.rmdir(path), d.RemoveDirectoryAt(path)
	case 3:
		what, wantErr, gotErr = "unlink", m.unlink(path), d.UnlinkFileAt(path)
	case 4:
		to := s.path()
		what, wantErr, gotErr = "rename to "+to, m.rename(path, to), d.RenameAt(path, d, to)
	case 5:
		to := s.path()
		what, wantErr, gotErr = "link to "+to, m.link(path, to), d.LinkAt(0, path, d, to)
	case 6:
		text, offset, truncate := strings.Repeat("x", s.next(5)), s.next(10), s.next(2) == 0
		if text == "" {
			offset = 0 // writing nothing extends nothing
		}
		what = "write"
		wantErr, gotErr = m.write(path, text, offset, truncate), realWrite(d, path, text, offset, truncate)
	default:
		what = "read"
		want, wantErr = m.read(path)
		got, gotErr = realRead(d, path)
	}
	return what + " " + path, want, got, wantErr, gotErr
}

// runScript does the operations and compares every answer. It returns how often
// which succeeded.
func runScript(t *testing.T, data []byte) map[string]int {
	t.Helper()
	var s script
	s.Reset(data)
	m := &model{root: &node{names: map[string]*node{}}}
	d := grant(t, t.TempDir(), true)
	done := map[string]int{}
	for s.Len() > 0 {
		what, want, got, wantErr, gotErr := s.step(m, d)
		if want != got || !errors.Is(gotErr, wantErr) {
			t.Fatalf("%s: %q, %v, want %q, %v", what, got, gotErr, want, wantErr)
		}
		if gotErr == nil {
			done[strings.Fields(what)[0]]++
		}
	}
	return done
}

func TestFilesystemAgainstModel(t *testing.T) {
	done := map[string]int{}
	for seed := range uint64(15) {
		r := rand.New(rand.NewPCG(seed, 0))
		data := make([]byte, 6000)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		for kind, n := range runScript(t, data) {
			done[kind] += n
		}
	}
	for _, kind := range []string{"mkdir", "rmdir", "unlink", "rename", "link", "write", "read"} {
		if done[kind] < 10 {
			t.Errorf("%s succeeded %d times, which shows little", kind, done[kind])
		}
	}
	t.Logf("succeeded: %v", done)
}

// FuzzFilesystem does the operations a script stands for on a real folder and on a
// model, and compares all answers.
func FuzzFilesystem(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x01\x01\x00\x06\x04\x05\x00\x02\x00\x01\x07"))
	f.Add([]byte("mkdir, write, rename over, remove"))
	f.Fuzz(func(t *testing.T, data []byte) {
		runScript(t, data[:min(len(data), 2000)])
	})
}

// FuzzPath tries paths on a folder with links that lead out: nothing outside is
// seen or changed.
func FuzzPath(f *testing.F) {
	for _, path := range []string{
		"file", "sub/deep/../../file", "upwards/file", "absolute", "self/self/../x", "a\x00", "", "/", "sub//up-twice/.",
		"inside-up", "through/..", "dangling/../x", strings.Repeat("../", 20),
	} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		dir, secret := jail(t)
		d := grant(t, dir, true)
		before := snapshot(t, secret)
		for name, op := range operations(d) {
			if err := op(path); err != nil {
				if _, ok := errors.AsType[wasi.ErrorCode](err); !ok {
					t.Errorf("%s of %q: %v is no code for the guest", name, path, err)
				}
			}
			if got, err := realRead(d, path); err == nil && strings.Contains(got, "secret") {
				t.Errorf("%q shows %q", path, got)
			}
		}
		if after := snapshot(t, secret); !slices.Equal(before, after) {
			t.Errorf("%q changed what is outside: %q, was %q", path, after, before)
		}
	})
}
