package wasi_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/berth-cli/berth/wasi"
)

// Without ReadWrite every change is refused, as what the grant does not permit.
func TestReadOnlyGrant(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "file", "other", "sub/file", "empty/")
	if err := os.Symlink("file", filepath.Join(dir, "link")); err != nil {
		t.Skipf("this system makes no links: %v", err)
	}
	before := snapshot(t, dir)
	d := grant(t, dir, false)
	file := open(t, d, "file", 0, wasi.FlagRead)
	sub := open(t, d, "sub", wasi.OpenDirectory, wasi.FlagRead)
	at := func(of wasi.OpenFlags, df wasi.DescriptorFlags, path string) error {
		_, err := d.OpenAt(wasi.FollowLinks, path, of, df)
		return err
	}
	second := func(_ any, err error) error { return err }
	for name, err := range map[string]error{
		"open to write":        at(0, wasi.FlagWrite, "file"),
		"open to change":       at(0, wasi.FlagMutateDirectory, "sub"),
		"open to truncate":     at(wasi.OpenTruncate, readWrite, "file"),
		"truncate to read":     at(wasi.OpenTruncate, wasi.FlagRead, "file"),
		"create":               at(wasi.OpenCreate, wasi.FlagRead, "new"),
		"create what is there": at(wasi.OpenCreate, wasi.FlagRead, "file"),
		"create exclusive":     at(wasi.OpenCreate|wasi.OpenExclusive, wasi.FlagRead, "new"),
		"write":                second(file.Write([]byte("x"), 0)),
		"write stream":         second(file.WriteStream(0)),
		"append stream":        second(file.AppendStream()),
		"set size":             file.SetSize(0),
		"set times":            file.SetTimes(wasi.Now{}, wasi.Now{}),
		"set times of folder":  d.SetTimes(wasi.Now{}, wasi.Now{}),
		"set times at":         d.SetTimesAt(wasi.FollowLinks, "link", wasi.Now{}, wasi.Now{}),
		"set times at link":    d.SetTimesAt(0, "link", wasi.Now{}, wasi.Now{}),
		"mkdir":                d.CreateDirectoryAt("new"),
		"rmdir":                d.RemoveDirectoryAt("empty"),
		"unlink":               d.UnlinkFileAt("file"),
		"unlink below":         sub.UnlinkFileAt("file"),
		"symlink":              d.SymlinkAt("file", "new"),
		"rename":               d.RenameAt("file", d, "new"),
		"rename over":          d.RenameAt("file", d, "other"),
		"link":                 d.LinkAt(0, "file", d, "new"),
	} {
		if !errors.Is(err, wasi.CodeNotPermitted) {
			t.Errorf("%s: %v, want %v", name, err, wasi.CodeNotPermitted)
		}
	}
	if after := snapshot(t, dir); !slices.Equal(before, after) {
		t.Errorf("the folder changed, before:\n%q\nafter:\n%q", before, after)
	}
	if b, _, err := file.Read(100, 0); string(b) != "content of file" || err != nil {
		t.Errorf("Read = %q, %v", b, err)
	}
}

// Nothing moves between two grants, be they of one folder: not up, not down.
func TestBetweenGrants(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "file", "sub/file")
	h := newHost(t, wasi.Config{Preopens: []wasi.Preopen{
		{Dir: dir, Guest: "rw", ReadWrite: true},
		{Dir: dir, Guest: "again", ReadWrite: true},
		{Dir: filepath.Join(dir, "sub"), Guest: "sub", ReadWrite: true},
		{Dir: dir, Guest: "ro"},
	}})
	all := preopens(t, h)
	for i, from := range all {
		for j, to := range all {
			want := error(wasi.CodeCrossDevice)
			if i == 3 || j == 3 {
				want = wasi.CodeNotPermitted
			}
			if i == j && i != 3 {
				continue
			}
			if err := from.Descriptor.RenameAt("file", to.Descriptor, "moved"); !errors.Is(err, want) {
				t.Errorf("RenameAt from %s to %s: %v, want %v", from.Guest, to.Guest, err, want)
			}
			if err := from.Descriptor.LinkAt(0, "file", to.Descriptor, "linked"); !errors.Is(err, want) {
				t.Errorf("LinkAt from %s to %s: %v, want %v", from.Guest, to.Guest, err, want)
			}
		}
	}
}

// Within a grant, a file moves between descriptors of different folders.
func TestRenameBetweenDescriptors(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "a/file", "b/c/other")
	d := grant(t, dir, true)
	a, c := open(t, d, "a", wasi.OpenDirectory, 0), open(t, d, "b/c", wasi.OpenDirectory, 0)
	err := a.RenameAt("file", c, "moved")
	if runtime.GOOS == "windows" {
		if !errors.Is(err, wasi.CodeCrossDevice) {
			t.Errorf("RenameAt: %v, want %v", err, wasi.CodeCrossDevice)
		}
		return
	}
	if err != nil {
		t.Fatalf("RenameAt: %v", err)
	}
	if err := c.LinkAt(0, "moved", a, "back"); err != nil {
		t.Fatalf("LinkAt: %v", err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "a", "back")); string(b) != "content of a/file" {
		t.Errorf("file after RenameAt and LinkAt = %q, %v", b, err)
	}
	if err := a.RenameAt("../b", c, "x"); !errors.Is(err, wasi.CodeNotPermitted) {
		t.Errorf("RenameAt from above: %v, want %v", err, wasi.CodeNotPermitted)
	}
	if err := a.RenameAt("back", c, "../../x"); !errors.Is(err, wasi.CodeNotPermitted) {
		t.Errorf("RenameAt to above: %v, want %v", err, wasi.CodeNotPermitted)
	}
}
