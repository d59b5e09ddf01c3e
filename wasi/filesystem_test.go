package wasi_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/berth-cli/berth/wasi"
)

// open opens a path with all the grant allows.
func open(t testing.TB, d *wasi.Descriptor, path string, of wasi.OpenFlags, df wasi.DescriptorFlags) *wasi.Descriptor {
	t.Helper()
	opened, err := d.OpenAt(0, path, of, df)
	if err != nil {
		t.Fatalf("OpenAt(%q): %v", path, err)
	}
	t.Cleanup(func() { opened.Close() })
	return opened
}

const readWrite = wasi.FlagRead | wasi.FlagWrite

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

func TestOpenAt(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "file", "sub/file")
	d := grant(t, dir, true)
	for _, tt := range []struct {
		name  string
		path  string
		open  wasi.OpenFlags
		flags wasi.DescriptorFlags
		want  error
	}{
		{"file", "file", 0, wasi.FlagRead, nil},
		{"folder", "sub", 0, wasi.FlagRead, nil},
		{"folder as such", "sub", wasi.OpenDirectory, wasi.FlagRead, nil},
		{"folder with a slash", "sub/", 0, wasi.FlagRead, nil},
		{"here", ".", wasi.OpenDirectory, wasi.FlagRead | wasi.FlagMutateDirectory, nil},
		{"create", "new", wasi.OpenCreate, wasi.FlagWrite, nil},
		{"create again", "new", wasi.OpenCreate, wasi.FlagWrite, nil},
		{"with sync", "file", 0, readWrite | wasi.FlagFileIntegritySync, nil},
		{"missing", "none", 0, wasi.FlagRead, wasi.CodeNoEntry},
		{"missing folder", "none/x", wasi.OpenCreate, wasi.FlagWrite, wasi.CodeNoEntry},
		{"file as a folder", "file", wasi.OpenDirectory, wasi.FlagRead, wasi.CodeNotDirectory},
		{"file with a slash", "file/", 0, wasi.FlagRead, wasi.CodeNotDirectory},
		{"folder to write", "sub", 0, wasi.FlagWrite, wasi.CodeIsDirectory},
		{"folder to create", "sub", wasi.OpenCreate, wasi.FlagRead, wasi.CodeIsDirectory},
		{"exclusive on a file", "file", wasi.OpenCreate | wasi.OpenExclusive, wasi.FlagWrite, wasi.CodeExist},
		{"exclusive on a folder", "sub", wasi.OpenCreate | wasi.OpenExclusive, wasi.FlagWrite, wasi.CodeExist},
		{"create a folder", "x", wasi.OpenCreate | wasi.OpenDirectory, wasi.FlagRead, wasi.CodeInvalid},
		{"truncate to read", "file", wasi.OpenTruncate, wasi.FlagRead, wasi.CodeInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			opened, err := d.OpenAt(0, tt.path, tt.open, tt.flags)
			if !errors.Is(err, tt.want) {
				t.Fatalf("OpenAt(%q, %b, %b) = %v, want %v", tt.path, tt.open, tt.flags, err, tt.want)
			}
			if err == nil {
				opened.Close()
			}
		})
	}
	file := open(t, d, "file", 0, wasi.FlagRead)
	if _, err := file.OpenAt(0, "x", 0, wasi.FlagRead); !errors.Is(err, wasi.CodeNotDirectory) {
		t.Errorf("OpenAt below a file: %v, want %v", err, wasi.CodeNotDirectory)
	}
}

// A file is used for what it was opened for.
func TestAccess(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "file")
	d := grant(t, dir, true)
	second := func(_ any, err error) error { return err }
	read := func(f *wasi.Descriptor) error { _, _, err := f.Read(1, 0); return err }
	for name, df := range map[string]wasi.DescriptorFlags{
		"none": 0, "read": wasi.FlagRead, "write": wasi.FlagWrite, "both": readWrite,
	} {
		f := open(t, d, "file", 0, df)
		if got, _ := f.Flags(); got != df {
			t.Errorf("opened for %s: Flags = %b, want %b", name, got, df)
		}
		for what, err := range map[string]error{
			"read": read(f), "read stream": second(f.ReadStream(0)),
		} {
			if got := err == nil; got != (df&wasi.FlagRead != 0) {
				t.Errorf("opened for %s: %s: %v", name, what, err)
			}
		}
		for what, err := range map[string]error{
			"write":         second(f.Write([]byte("x"), 0)),
			"write stream":  second(f.WriteStream(0)),
			"append stream": second(f.AppendStream()),
			"set size":      f.SetSize(10),
		} {
			if got := err == nil; got != (df&wasi.FlagWrite != 0) {
				t.Errorf("opened for %s: %s: %v", name, what, err)
			}
		}
	}
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	big := bytes.Repeat([]byte("0123456789abcdef"), 3<<20/16)
	if err := os.WriteFile(filepath.Join(dir, "big"), big, 0o666); err != nil {
		t.Fatal(err)
	}
	f := open(t, grant(t, dir, false), "big", 0, wasi.FlagRead)
	size := uint64(len(big))
	for _, tt := range []struct {
		name      string
		n, offset uint64
		want      []byte
		end       bool
		err       error
	}{
		{"start", 3, 0, big[:3], false, nil},
		{"middle", 4, 5, big[5:9], false, nil},
		{"nothing", 0, 5, nil, false, nil},
		{"no more than 1 MiB", math.MaxUint64, 1, big[1 : 1+1<<20], false, nil},
		{"up to the end", 16, size - 16, big[size-16:], false, nil},
		{"beyond the end", 17, size - 16, big[size-16:], true, nil},
		{"at the end", 1, size, nil, true, nil},
		{"far away", 1 << 40, math.MaxInt64, nil, true, nil},
		{"too far", 1, math.MaxInt64 + 1, nil, false, wasi.CodeInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, end, err := f.Read(tt.n, tt.offset)
			if !bytes.Equal(b, tt.want) || end != tt.end || !errors.Is(err, tt.err) {
				t.Errorf("Read(%d, %d) = %d bytes, %v, %v, want %d bytes, %v, %v",
					tt.n, tt.offset, len(b), end, err, len(tt.want), tt.end, tt.err)
			}
		})
	}
}

// What a guest asks to read is not allocated before it is known to be there.
func TestReadAllocatesWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "small")
	f := open(t, grant(t, dir, false), "small", 0, wasi.FlagRead)
	b, _, err := f.Read(math.MaxUint64, 0)
	if err != nil || cap(b) > 64<<10 { // what reads share
		t.Errorf("Read of a small file: capacity %d, %v", cap(b), err)
	}
}

func TestFileStreams(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "file")
	d := grant(t, dir, true)
	f := open(t, d, "file", wasi.OpenTruncate, readWrite)
	write, err := f.WriteStream(3)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"one", "two"} {
		if err := write.BlockingWriteAndFlush(t.Context(), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	tail, err := f.AppendStream()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.SetSize(12); err != nil { // whoever extends it, the stream goes to the end
		t.Fatal(err)
	}
	if err := tail.BlockingWriteAndFlush(t.Context(), []byte("end")); err != nil {
		t.Fatal(err)
	}
	read, err := f.ReadStream(1)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil { // its streams go on
		t.Fatal(err)
	}
	b, err := read.BlockingRead(t.Context(), 100)
	if want := "\x00\x00onetwo\x00\x00\x00end"; string(b) != want || err != nil {
		t.Errorf("file = %q, %v, want %q", b, err, want)
	}
	if _, err := read.BlockingRead(t.Context(), 1); !errors.Is(err, wasi.ErrStreamClosed) {
		t.Errorf("read at the end: %v, want %v", err, wasi.ErrStreamClosed)
	}
}

// The file's error reaches the guest as a code.
func TestStreamErrorCode(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "file")
	f := open(t, grant(t, dir, true), "file", 0, readWrite)
	s, err := f.WriteStream(math.MaxInt64 - 1)
	if err != nil {
		t.Fatal(err)
	}
	err = s.BlockingWriteAndFlush(t.Context(), []byte("xyz"))
	if !errors.Is(err, wasi.CodeFileTooLarge) {
		t.Errorf("write beyond all sizes: %v, want %v", err, wasi.CodeFileTooLarge)
	}
	for _, offset := range []uint64{math.MaxInt64, math.MaxUint64} {
		if _, err := f.Write([]byte("x"), offset); !errors.Is(err, wasi.CodeFileTooLarge) {
			t.Errorf("Write at %d: %v, want %v", offset, err, wasi.CodeFileTooLarge)
		}
	}
	if err := f.SetSize(math.MaxUint64); !errors.Is(err, wasi.CodeFileTooLarge) {
		t.Errorf("SetSize: %v, want %v", err, wasi.CodeFileTooLarge)
	}
}

// Several guests that append to one file do not overwrite each other.
func TestAppendsFromSeveral(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("this system has no call for it")
	}
	dir := t.TempDir()
	writeFiles(t, dir, "log")
	if err := os.Truncate(filepath.Join(dir, "log"), 0); err != nil {
		t.Fatal(err)
	}
	var guests sync.WaitGroup
	for i := range 4 {
		f := open(t, grant(t, dir, true), "log", 0, wasi.FlagWrite)
		s, err := f.AppendStream()
		if err != nil {
			t.Fatal(err)
		}
		guests.Go(func() {
			for range 200 {
				if err := s.BlockingWriteAndFlush(t.Context(), fmt.Appendf(nil, "guest %d\n", i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	guests.Wait()
	b, err := os.ReadFile(filepath.Join(dir, "log"))
	if n := strings.Count(string(b), "\n"); err != nil || n != 800 || len(b) != 800*8 {
		t.Errorf("log has %d lines and %d bytes, %v, want 800 and 6400", n, len(b), err)
	}
}

func TestListing(t *testing.T) {
	dir := t.TempDir()
	want := []string{}
	for i := range 300 {
		want = append(want, fmt.Sprintf("file%03d", i))
	}
	writeFiles(t, dir, append(slices.Clone(want), "sub/")...)
	l, err := grant(t, dir, false).ReadDirectory()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for {
		e, err := l.Next()
		if err != nil {
			t.Fatal(err)
		}
		if e == nil {
			break
		}
		if (e.Name == "sub") != (e.Type == wasi.TypeDirectory) {
			t.Errorf("%s is of type %d", e.Name, e.Type)
		}
		got = append(got, e.Name)
	}
	slices.Sort(got)
	if !slices.Equal(got, append(want, "sub")) {
		t.Errorf("listing = %q", got)
	}
	if e, err := l.Next(); e != nil || err != nil {
		t.Errorf("Next at the end = %v, %v", e, err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestRemove(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "file", "full/file", "empty/", "empty2/")
	d := grant(t, dir, true)
	for _, tt := range []struct {
		name string
		err  error
		want error
	}{
		{"rmdir file", d.RemoveDirectoryAt("file"), wasi.CodeNotDirectory},
		{"rmdir full", d.RemoveDirectoryAt("full"), wasi.CodeNotEmpty},
		{"rmdir missing", d.RemoveDirectoryAt("none"), wasi.CodeNoEntry},
		{"rmdir here", d.RemoveDirectoryAt("."), wasi.CodeInvalid},
		{"rmdir empty", d.RemoveDirectoryAt("empty"), nil},
		{"rmdir with slash", d.RemoveDirectoryAt("empty2/"), nil},
		{"unlink folder", d.UnlinkFileAt("full"), wasi.CodeIsDirectory},
		{"unlink folder with slash", d.UnlinkFileAt("full/"), wasi.CodeIsDirectory},
		{"unlink file with slash", d.UnlinkFileAt("file/"), wasi.CodeNotDirectory},
		{"unlink missing", d.UnlinkFileAt("none"), wasi.CodeNoEntry},
		{"unlink", d.UnlinkFileAt("file"), nil},
		{"mkdir over", d.CreateDirectoryAt("full"), wasi.CodeExist},
		{"mkdir", d.CreateDirectoryAt("new"), nil},
		{"mkdir with slash", d.CreateDirectoryAt("new2/"), nil},
	} {
		if !errors.Is(tt.err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, tt.err, tt.want)
		}
	}
}

func TestStat(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "file", "sub/")
	mtime := time.Unix(1_700_000_000, 123_000_000)
	if err := os.Chtimes(filepath.Join(dir, "file"), mtime, mtime); err != nil {
		t.Fatal(err)
	}
	d := grant(t, dir, false)
	byPath, err := d.StatAt(0, "file")
	if err != nil {
		t.Fatal(err)
	}
	byFile, err := open(t, d, "file", 0, 0).Stat()
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range []wasi.Stat{byPath, byFile} {
		if st.Type != wasi.TypeRegularFile || st.Size != 15 || st.LinkCount != 1 ||
			*st.DataModificationTimestamp != (wasi.Datetime{Seconds: 1_700_000_000, Nanoseconds: 123_000_000}) {
			t.Errorf("stat = %+v, %+v", st, *st.DataModificationTimestamp)
		}
	}
	if st, err := d.Stat(); err != nil || st.Type != wasi.TypeDirectory {
		t.Errorf("Stat of the folder = %+v, %v", st, err)
	}
	if typ, err := open(t, d, "sub", 0, 0).Type(); err != nil || typ != wasi.TypeDirectory {
		t.Errorf("Type of a folder = %v, %v", typ, err)
	}
}

func TestSetTimes(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "file", "sub/")
	now := time.Unix(1_600_000_000, 0)
	h := newHost(t, wasi.Config{
		Preopens: []wasi.Preopen{{Dir: dir, ReadWrite: true}}, Now: func() time.Time { return now },
	})
	d := preopens(t, h)[0].Descriptor
	at := func(s uint64, ns uint32) wasi.Timestamp {
		return wasi.Timestamp{At: wasi.Datetime{Seconds: s, Nanoseconds: ns}}
	}
	file := open(t, d, "file", 0, readWrite)
	sub := open(t, d, "sub", 0, 0)
	for _, tt := range []struct {
		name          string
		set           func(a, m wasi.NewTimestamp) error
		atime, mtime  wasi.NewTimestamp
		wantA, wantM  uint64
		wantErr       error
		after, folder bool
	}{
		{name: "path", set: func(a, m wasi.NewTimestamp) error { return d.SetTimesAt(0, "file", a, m) },
			atime: at(100, 0), mtime: at(200, 0), wantA: 100, wantM: 200},
		{name: "file", set: file.SetTimes, atime: at(300, 0), mtime: wasi.NoChange{}, wantA: 300, wantM: 200},
		{name: "now", set: file.SetTimes, atime: wasi.NoChange{}, mtime: wasi.Now{}, wantA: 300, wantM: 1_600_000_000},
		{name: "followed", set: func(a, m wasi.NewTimestamp) error { return d.SetTimesAt(wasi.FollowLinks, "file", a, m) },
			atime: at(1, 0), mtime: wasi.NoChange{}, wantA: 1, wantM: 1_600_000_000},
		{name: "bad nanoseconds", set: file.SetTimes, atime: at(1, 1e9), mtime: wasi.Now{}, wantErr: wasi.CodeInvalid},
		{name: "far future", set: file.SetTimes, atime: at(math.MaxUint64, 0), mtime: wasi.Now{}, wantErr: wasi.CodeOverflow},
		{name: "folder", set: sub.SetTimes, atime: at(5, 0), mtime: at(6, 0), folder: true, wantA: 5, wantM: 6},
		{name: "this folder", set: func(a, m wasi.NewTimestamp) error { return sub.SetTimesAt(0, ".", a, m) },
			atime: at(7, 0), mtime: at(8, 0), folder: true, wantA: 7, wantM: 8},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.set(tt.atime, tt.mtime); !errors.Is(err, tt.wantErr) {
				t.Fatalf("set times = %v, want %v", err, tt.wantErr)
			}
			of := file
			if tt.folder {
				of = sub
			}
			st, err := of.Stat()
			if err != nil || tt.wantErr != nil {
				return
			}
			if st.DataAccessTimestamp.Seconds != tt.wantA || st.DataModificationTimestamp.Seconds != tt.wantM {
				t.Errorf("times = %v, %v, want %d, %d", *st.DataAccessTimestamp, *st.DataModificationTimestamp, tt.wantA, tt.wantM)
			}
		})
	}
}

func TestIdentity(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "file", "other")
	if err := os.Link(filepath.Join(dir, "file"), filepath.Join(dir, "same")); err != nil {
		t.Fatal(err)
	}
	d := grant(t, dir, true)
	file, same, other := open(t, d, "file", 0, readWrite), open(t, d, "same", 0, 0), open(t, d, "other", 0, 0)
	if !file.IsSameObject(same) || file.IsSameObject(other) || file.IsSameObject(d) || !d.IsSameObject(open(t, d, ".", 0, 0)) {
		t.Error("IsSameObject is wrong")
	}
	hash := func(h wasi.MetadataHash, err error) wasi.MetadataHash {
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	first := hash(file.MetadataHash())
	if hash(d.MetadataHashAt(0, "file")) != first {
		t.Error("hash by path differs from that by descriptor")
	}
	if runtime.GOOS != "windows" && (hash(same.MetadataHash()) != first || hash(other.MetadataHash()).Lower == first.Lower) {
		t.Error("hash does not tell files apart")
	}
	if err := file.SetSize(3); err != nil {
		t.Fatal(err)
	}
	if then := hash(file.MetadataHash()); then.Lower != first.Lower || then.Upper == first.Upper {
		t.Errorf("hash after a change = %v, want the lower half of %v and another upper half", then, first)
	}
	h := newHost(t, wasi.Config{Preopens: []wasi.Preopen{{Dir: dir}}})
	if hash(preopens(t, h)[0].Descriptor.MetadataHashAt(0, "same")).Lower == first.Lower {
		t.Error("two runs have the same hash")
	}
}
