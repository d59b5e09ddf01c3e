package wasi_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/berth-cli/berth/wasi"
)

// statCall is the number of the guest's call in which the tests look.
const statCall = 5

// What one call found answers only the call right after it, for the same path: the
// file grows in between, which the hash would tell.
func TestHashAfterStat(t *testing.T) {
	for _, tt := range []struct {
		name  string
		flags wasi.PathFlags
		path  string
		call  uint64
		want  bool // the hash is that of the file before
	}{
		{"next call", 0, "file", statCall + 1, true},
		{"same call", 0, "file", statCall, false},
		{"later call", 0, "file", statCall + 2, false},
		{"no call", 0, "file", 0, false},
		{"other path", 0, "./file", statCall + 1, false},
		{"other flags", wasi.FollowLinks, "file", statCall + 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			writeFiles(t, dir, "file")
			d := grant(t, dir, false)
			before, err := d.MetadataHashAt(0, "file")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.StatAtCall(0, "file", statCall); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "file"), []byte("longer than it was"), 0o666); err != nil {
				t.Fatal(err)
			}
			got, err := d.HashAtCall(tt.flags, tt.path, tt.call)
			if err != nil || got.Lower != before.Lower || (got == before) != tt.want {
				t.Errorf("HashAtCall(%d, %q, %d) = %v, %v; before it was %v", tt.flags, tt.path, tt.call, got, err, before)
			}
		})
	}
}

// A file that was looked at is opened as any other: as what the name means by then.
func TestOpenAfterStat(t *testing.T) {
	for _, tt := range []struct {
		name   string
		other  string // takes the place of the file after it was looked at
		follow wasi.PathFlags
		open   wasi.OpenFlags
		flags  wasi.DescriptorFlags
		want   error
		holds  string
	}{
		{name: "the same", holds: "content of file"},
		{name: "another file", other: "sub/file", holds: "content of sub/file"},
		{name: "a folder", other: "sub"},
		{name: "a link in", other: "inside-up", want: wasi.CodeLoop},
		{name: "a link in to follow", other: "inside-up", follow: wasi.FollowLinks, want: wasi.CodeLoop},
		{name: "a link out", other: "upwards-file", want: wasi.CodeLoop},
		{name: "a link out to follow", other: "upwards-file", follow: wasi.FollowLinks, want: wasi.CodeNotPermitted},
		{name: "as a folder", open: wasi.OpenDirectory, want: wasi.CodeNotDirectory},
		{name: "a new one", open: wasi.OpenCreate | wasi.OpenExclusive, want: wasi.CodeNotPermitted},
		{name: "to write", flags: wasi.FlagWrite, want: wasi.CodeNotPermitted},
		{name: "to change", flags: wasi.FlagMutateDirectory, want: wasi.CodeNotPermitted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, _ := jail(t)
			d := grant(t, dir, false)
			if _, err := d.StatAtCall(0, "file", statCall); err != nil {
				t.Fatal(err)
			}
			if tt.other != "" {
				replace(t, filepath.Join(dir, tt.other), filepath.Join(dir, "file"))
			}
			opened, err := d.OpenAtCall(tt.follow, "file", tt.open, wasi.FlagRead|tt.flags, statCall+1)
			if !errors.Is(err, tt.want) {
				t.Fatalf("OpenAtCall = %v, want %v", err, tt.want)
			}
			if err != nil {
				return
			}
			defer opened.Close()
			if b, _, _ := opened.Read(100, 0); string(b) != tt.holds {
				t.Errorf("what was opened holds %q, want %q", b, tt.holds)
			}
		})
	}
}

// What was looked at in one folder says nothing about another.
func TestOtherFolderAfterStat(t *testing.T) {
	dir, _ := jail(t)
	d := grant(t, dir, false)
	sub, err := d.OpenAt(0, "sub", wasi.OpenDirectory, wasi.FlagRead)
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	want, err := sub.MetadataHashAt(0, "file")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.StatAtCall(0, "file", statCall); err != nil {
		t.Fatal(err)
	}
	if got, err := sub.HashAtCall(0, "file", statCall+1); err != nil || got != want {
		t.Errorf("HashAtCall = %v, %v, want %v", got, err, want)
	}
	opened, err := sub.OpenAtCall(0, "file", 0, wasi.FlagRead, statCall+2)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	if b, _, _ := opened.Read(100, 0); string(b) != "content of sub/file" {
		t.Errorf("what was opened holds %q", b)
	}
}

// replace gives what is at path another name, which loses what it had.
func replace(t *testing.T, path, name string) {
	t.Helper()
	if err := errors.Join(os.Remove(name), os.Rename(path, name)); err != nil {
		t.Fatal(err)
	}
}
