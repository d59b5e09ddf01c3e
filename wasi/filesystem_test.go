package wasi_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

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
