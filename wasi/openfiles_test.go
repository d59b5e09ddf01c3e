//go:build linux

package wasi_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/wasi"
)

// inode is a file of the model, which names and open descriptors share.
type inode struct {
	data  []byte
	links int
}

// disk is a folder of the model: files by name, and symbolic links.
type disk struct {
	files map[string]*inode
	links map[string]string
	open  [4]*handle
}

// handle is a file that is open in the model and in truth.
type handle struct {
	file        *inode
	real        *wasi.Descriptor
	read, write bool
}

var (
	fileNames = []string{"a", "b", "c"}
	linkNames = []string{"l", "m"}
	allNames  = slices.Concat(fileNames, linkNames)
)

// resolve follows links to a file's name.
func (m *disk) resolve(name string) (string, error) {
	for range 50 {
		target, ok := m.links[name]
		if !ok {
			return name, nil
		}
		name = target
	}
	return "", wasi.CodeLoop
}

// openFile is open-at in the model.
func (m *disk) openFile(name string, follow bool, of wasi.OpenFlags, df wasi.DescriptorFlags) (*inode, error) {
	if of&wasi.OpenTruncate != 0 && df&wasi.FlagWrite == 0 {
		return nil, wasi.CodeInvalid
	}
	_, isLink := m.links[name]
	if follow {
		var err error
		if name, err = m.resolve(name); err != nil {
			return nil, err
		}
	} else if isLink {
		return nil, wasi.CodeLoop
	}
	f := m.files[name]
	switch {
	case f == nil && of&wasi.OpenCreate == 0:
		return nil, wasi.CodeNoEntry
	case f == nil:
		f = &inode{links: 1}
		m.files[name] = f
	case of&wasi.OpenExclusive != 0:
		return nil, wasi.CodeExist
	}
	if of&wasi.OpenTruncate != 0 {
		f.data = nil
	}
	return f, nil
}

func (f *inode) resize(n int) {
	if n <= len(f.data) {
		f.data = f.data[:n:n]
		return
	}
	f.data = append(f.data, make([]byte, n-len(f.data))...)
}

func (f *inode) writeAt(text string, at int) {
	if text == "" {
		return
	}
	f.resize(max(len(f.data), at+len(text)))
	copy(f.data[at:], text)
}

func (m *disk) exists(name string) bool {
	_, link := m.links[name]
	return link || m.files[name] != nil
}

func (m *disk) unlink(name string) error {
	if _, ok := m.links[name]; ok {
		delete(m.links, name)
		return nil
	}
	f := m.files[name]
	if f == nil {
		return wasi.CodeNoEntry
	}
	f.links--
	delete(m.files, name)
	return nil
}

// rename renames a file to a file's name.
func (m *disk) rename(from, to string) error {
	f, there := m.files[from], m.files[to]
	switch {
	case f == nil:
		return wasi.CodeNoEntry
	case f == there:
		return nil
	case there != nil:
		there.links--
	}
	delete(m.files, from)
	m.files[to] = f
	return nil
}

func (m *disk) link(from, to string) error {
	f := m.files[from]
	switch {
	case f == nil:
		return wasi.CodeNoEntry
	case m.files[to] != nil:
		return wasi.CodeExist
	}
	f.links++
	m.files[to] = f
	return nil
}

func (m *disk) symlink(target, name string) error {
	switch {
	case strings.HasPrefix(target, "/"), strings.HasPrefix(target, ".."):
		return wasi.CodeNotPermitted
	case m.exists(name):
		return wasi.CodeExist
	}
	m.links[name] = target
	return nil
}

func (m *disk) readlink(name string) (string, error) {
	target, ok := m.links[name]
	switch {
	case ok:
		return target, nil
	case m.files[name] != nil:
		return "", wasi.CodeInvalid
	}
	return "", wasi.CodeNoEntry
}

// about is what stat tells, of a link itself.
func (m *disk) about(name string) (string, error) {
	if target, ok := m.links[name]; ok {
		return fmt.Sprint(wasi.TypeSymbolicLink, len(target)), nil
	}
	if f := m.files[name]; f != nil {
		return f.about(), nil
	}
	return "", wasi.CodeNoEntry
}

func (f *inode) about() string { return fmt.Sprint(wasi.TypeRegularFile, len(f.data), f.links) }

func realAbout(s wasi.Stat, err error) (string, error) {
	if err != nil {
		return "", err
	}
	if s.Type == wasi.TypeSymbolicLink {
		return fmt.Sprint(s.Type, s.Size), nil
	}
	return fmt.Sprint(s.Type, s.Size, s.LinkCount), nil
}

// answer is what one side says to an operation.
type answer struct {
	text string
	err  error
}

func answerOf(text string, err error) answer { return answer{text, err} }

// fileStep does one operation on both sides.
func (s *script) fileStep(m *disk, d *wasi.Descriptor) (what string, want, got answer) {
	pick := func(names []string) string { return names[s.next(len(names))] }
	name := pick(allNames)
	switch s.next(9) {
	case 0, 1:
		return s.openStep(m, d, name)
	case 2:
		return "unlink " + name, answer{err: m.unlink(name)}, answer{err: d.UnlinkFileAt(name)}
	case 3:
		from, to := pick(fileNames), pick(fileNames)
		return "rename " + from + " " + to, answer{err: m.rename(from, to)}, answer{err: d.RenameAt(from, d, to)}
	case 4:
		from, to := pick(fileNames), pick(fileNames)
		return "link " + from + " " + to, answer{err: m.link(from, to)}, answer{err: d.LinkAt(0, from, d, to)}
	case 5:
		target := pick([]string{"a", "b", "c", "l", "m", "../secret", "/etc/passwd"})
		at := pick(linkNames)
		return "symlink " + target + " " + at, answer{err: m.symlink(target, at)}, answer{err: d.SymlinkAt(target, at)}
	case 6:
		return "readlink " + name, answerOf(m.readlink(name)), answerOf(d.ReadlinkAt(name))
	case 7:
		return "stat " + name, answerOf(m.about(name)), answerOf(realAbout(d.StatAt(0, name)))
	}
	return "list", answer{text: fmt.Sprint(slices.Sorted(maps.Keys(m.names())))}, answerOf(realNames(d))
}

func (m *disk) names() map[string]bool {
	all := map[string]bool{}
	for n := range m.files {
		all[n] = true
	}
	for n := range m.links {
		all[n] = true
	}
	return all
}

func realNames(d *wasi.Descriptor) (string, error) {
	text, err := realRead(d, ".")
	return fmt.Sprint(strings.Fields(text)), err
}

// openStep opens a file into a slot. Through a link nothing is created.
func (s *script) openStep(m *disk, d *wasi.Descriptor, name string) (what string, want, got answer) {
	slot := s.next(len(m.open))
	df := []wasi.DescriptorFlags{wasi.FlagRead, wasi.FlagWrite, wasi.FlagRead | wasi.FlagWrite}[s.next(3)]
	of := []wasi.OpenFlags{0, wasi.OpenCreate, wasi.OpenCreate | wasi.OpenExclusive, wasi.OpenTruncate, wasi.OpenCreate | wasi.OpenTruncate}[s.next(5)]
	follow := wasi.PathFlags(0)
	if slices.Contains(linkNames, name) {
		of &^= wasi.OpenCreate | wasi.OpenExclusive
		follow = []wasi.PathFlags{0, wasi.FollowLinks}[s.next(2)]
	}
	file, wantErr := m.openFile(name, follow != 0, of, df)
	opened, gotErr := d.OpenAt(follow, name, of, df)
	if gotErr == nil {
		if h := m.open[slot]; h != nil {
			gotErr = h.real.Close()
		}
		m.open[slot] = &handle{file, opened, df&wasi.FlagRead != 0, df&wasi.FlagWrite != 0}
	}
	return fmt.Sprintf("open %s %v %v %v", name, follow, of, df), answer{err: wantErr}, answer{err: gotErr}
}

// handleStep does one operation on an open file.
func (s *script) handleStep(t *testing.T, h *handle) (what string, want, got answer) {
	n, at := s.next(9), s.next(20)
	text := "written!"[:n%9]
	refuse := func(may bool) error {
		if may {
			return nil
		}
		return wasi.CodeBadDescriptor
	}
	switch s.next(5) {
	case 0:
		want = answer{err: refuse(h.read)}
		if h.read {
			want.text = string(h.file.data[min(at, len(h.file.data)):min(at+n, len(h.file.data))])
		}
		b, _, err := h.real.Read(uint64(n), uint64(at))
		return fmt.Sprintf("read %d at %d", n, at), want, answer{string(b), err}
	case 1:
		if h.write {
			h.file.writeAt(text, at)
		}
		_, err := h.real.Write([]byte(text), uint64(at))
		return fmt.Sprintf("write %q at %d", text, at), answer{err: refuse(h.write)}, answer{err: err}
	case 2:
		if h.write {
			h.file.writeAt(text, len(h.file.data))
		}
		return "append " + text, answer{err: refuse(h.write)}, answer{err: realAppend(t, h.real, text)}
	case 3:
		if h.write {
			h.file.resize(at)
		}
		return fmt.Sprintf("set size %d", at), answer{err: refuse(h.write)}, answer{err: h.real.SetSize(uint64(at))}
	}
	return "stat", answer{text: h.file.about()}, answerOf(realAbout(h.real.Stat()))
}

func realAppend(t *testing.T, d *wasi.Descriptor, text string) error {
	s, err := d.AppendStream()
	if err != nil {
		return err
	}
	return errors.Join(s.BlockingWriteAndFlush(t.Context(), []byte(text)), s.Close())
}

// runFiles does the operations a script stands for on both sides and compares every
// answer, and what is outside. It returns how often which succeeded.
func runFiles(t *testing.T, data []byte) map[string]int {
	t.Helper()
	top := t.TempDir()
	writeFiles(t, top, "secret/file", "jail/.keep")
	d := grant(t, filepath.Join(top, "jail"), true)
	if err := d.UnlinkFileAt(".keep"); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, filepath.Join(top, "secret"))
	m := &disk{files: map[string]*inode{}, links: map[string]string{}}
	var s script
	s.Reset(data)
	done, log := map[string]int{}, []string(nil)
	for s.Len() > 0 {
		var what string
		var want, got answer
		if h := m.open[s.next(len(m.open))]; h != nil && s.next(2) == 0 {
			what, want, got = s.handleStep(t, h)
		} else {
			what, want, got = s.fileStep(m, d)
		}
		log = append(log, what)
		if want.text != got.text || !errors.Is(got.err, want.err) {
			t.Fatalf("%s: %q, %v, want %q, %v", strings.Join(log[max(0, len(log)-20):], "\n"), got.text, got.err, want.text, want.err)
		}
		if got.err == nil {
			done[strings.Fields(what)[0]]++
		}
	}
	for _, h := range m.open {
		if h != nil {
			h.real.Close()
		}
	}
	if after := snapshot(t, filepath.Join(top, "secret")); !slices.Equal(before, after) {
		t.Errorf("what is outside changed: %q, was %q", after, before)
	}
	return done
}

// Files that are open, renamed and removed meanwhile, and links, are as POSIX says.
func TestOpenFilesAgainstModel(t *testing.T) {
	done := map[string]int{}
	for seed := range uint64(15) {
		r := rand.New(rand.NewPCG(seed, 1))
		data := make([]byte, 6000)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		for kind, n := range runFiles(t, data) {
			done[kind] += n
		}
	}
	for _, kind := range []string{"open", "read", "write", "append", "set", "stat", "unlink", "rename", "link", "symlink", "readlink", "list"} {
		if done[kind] < 10 {
			t.Errorf("%s succeeded %d times, which shows little", kind, done[kind])
		}
	}
}

// FuzzOpenFiles is TestOpenFilesAgainstModel with scripts a fuzzer finds.
func FuzzOpenFiles(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x02\x01\x00\x00\x08\x03\x01"))
	f.Add([]byte("open, write, rename, unlink, read what is gone"))
	f.Fuzz(func(t *testing.T, data []byte) { runFiles(t, data[:min(len(data), 2000)]) })
}
