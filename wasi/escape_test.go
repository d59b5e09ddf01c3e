package wasi_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/wasi"
)

// jail makes a folder with a secret beside it and links that lead to it, and
// returns the folder and the secret.
func jail(t testing.TB) (dir, secret string) {
	t.Helper()
	top := t.TempDir()
	dir, secret = filepath.Join(top, "jail"), filepath.Join(top, "secret")
	writeFiles(t, dir, "file", "sub/file", "sub/deep/file", "sibling/file")
	writeFiles(t, top, "secret/file")
	for name, target := range map[string]string{
		"absolute":        secret,
		"absolute-file":   filepath.Join(secret, "file"),
		"upwards":         "../secret",
		"upwards-file":    "../secret/file",
		"dangling":        "../secret/new",
		"dangling-inside": "sub/new",
		"self":            ".",
		"loop":            "loop",
		"sub/up-once":     "..",
		"sub/up-twice":    "../..",
		"chain-1":         "chain-2",
		"chain-2":         "sub/chain-3",
		"sub/chain-3":     "../../secret",
		"through":         "self/../sub/../../secret",
		"inside":          "sub/deep",
		"inside-up":       "sub/deep/../../file",
	} {
		if err := os.Symlink(filepath.FromSlash(target), filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Skipf("this system makes no links: %v", err)
		}
	}
	return dir, secret
}

// operations are everything a guest can do with a path, each as a function of it.
func operations(d *wasi.Descriptor) map[string]func(path string) error {
	open := func(of wasi.OpenFlags, df wasi.DescriptorFlags) func(string) error {
		return func(path string) error {
			opened, err := d.OpenAt(wasi.FollowLinks, path, of, df)
			if err == nil {
				err = opened.Close()
			}
			return err
		}
	}
	return map[string]func(path string) error{
		"open to read":     open(0, wasi.FlagRead),
		"open to write":    open(0, wasi.FlagWrite),
		"open to stat":     open(0, 0),
		"open folder":      open(wasi.OpenDirectory, wasi.FlagRead),
		"create":           open(wasi.OpenCreate, wasi.FlagWrite),
		"create exclusive": open(wasi.OpenCreate|wasi.OpenExclusive, wasi.FlagWrite),
		"truncate":         open(wasi.OpenTruncate, wasi.FlagWrite),
		"stat":             func(path string) error { _, err := d.StatAt(wasi.FollowLinks, path); return err },
		"lstat":            func(path string) error { _, err := d.StatAt(0, path); return err },
		"hash":             func(path string) error { _, err := d.MetadataHashAt(wasi.FollowLinks, path); return err },
		"readlink":         func(path string) error { _, err := d.ReadlinkAt(path); return err },
		"mkdir":            d.CreateDirectoryAt,
		"rmdir":            d.RemoveDirectoryAt,
		"unlink":           d.UnlinkFileAt,
		"symlink":          func(path string) error { return d.SymlinkAt("x", path) },
		"rename from":      func(path string) error { return d.RenameAt(path, d, "moved") },
		"rename to":        func(path string) error { return d.RenameAt("file", d, path) },
		"link from":        func(path string) error { return d.LinkAt(0, path, d, "linked") },
		"link to":          func(path string) error { return d.LinkAt(0, "file", d, path) },
		"set times": func(path string) error {
			return d.SetTimesAt(wasi.FollowLinks, path, wasi.Now{}, wasi.Now{})
		},
		"set times of link": func(path string) error {
			return d.SetTimesAt(0, path, wasi.Now{}, wasi.Now{})
		},
	}
}

// snapshot lists everything below dir, with contents.
func snapshot(t testing.TB, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		text := path
		if e.Type().IsRegular() {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			text += "=" + string(b)
		}
		fi, err := e.Info()
		all = append(all, text, fi.ModTime().String())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Paths that leave the folder are refused by every operation, and nothing outside
// changes.
func TestEscapes(t *testing.T) {
	dir, secret := jail(t)
	d := grant(t, dir, true)
	before := snapshot(t, secret)
	for _, path := range []string{
		"..", "../", "../secret", "../secret/file", "../jail/file", "./..", "sub/../..",
		"sub/../../secret/file", "sub/deep/../../../secret/file", "self/../../secret/file",
		"/", "//", "/etc/passwd", filepath.ToSlash(secret) + "/file", "//server/share",
		"absolute/file", "absolute/new", "upwards/file", "upwards/new",
		"sub/up-twice/secret/file", "sub/up-once/../secret/file", "chain-1/file", "through/file",
		"upwards/../jail/file", "self/self/self/../../secret/file",
	} {
		for name, op := range operations(d) {
			t.Run(name+" "+path, func(t *testing.T) {
				err := op(path)
				if !errors.Is(err, wasi.CodeNotPermitted) {
					t.Errorf("%s of %q: %v, want %v", name, path, err, wasi.CodeNotPermitted)
				}
			})
		}
	}
	if after := snapshot(t, secret); !slices.Equal(before, after) {
		t.Errorf("outside the folder, before:\n%q\nafter:\n%q", before, after)
	}
}

// A slash behind a link out makes no difference to whether it is followed.
func TestEscapesWithSlash(t *testing.T) {
	dir, secret := jail(t)
	d := grant(t, dir, true)
	before := snapshot(t, secret)
	for _, path := range []string{"upwards/", "absolute/", "chain-1//"} {
		for name, op := range operations(d) {
			if err := op(path); err == nil {
				t.Errorf("%s of %q succeeded", name, path)
			}
		}
	}
	if after := snapshot(t, secret); !slices.Equal(before, after) {
		t.Errorf("outside the folder, before:\n%q\nafter:\n%q", before, after)
	}
}

// A link at the end of a path is followed by some operations and the object of
// others; those never touch what it leads to.
func TestEscapesAtTheEnd(t *testing.T) {
	dir, secret := jail(t)
	d := grant(t, dir, true)
	before := snapshot(t, secret)
	follow := []string{
		"open to read", "open to write", "open to stat", "open folder", "create", "truncate",
		"stat", "hash", "set times",
	}
	for _, path := range []string{"absolute", "absolute-file", "upwards", "upwards-file", "dangling", "chain-1", "through"} {
		for name, op := range operations(d) {
			if !slices.Contains(follow, name) {
				continue
			}
			if err := op(path); !errors.Is(err, wasi.CodeNotPermitted) {
				t.Errorf("%s of %q: %v, want %v", name, path, err, wasi.CodeNotPermitted)
			}
		}
		if _, err := d.OpenAt(0, path, 0, wasi.FlagRead); !errors.Is(err, wasi.CodeLoop) {
			t.Errorf("OpenAt(%q) without following: %v, want %v", path, err, wasi.CodeLoop)
		}
		if _, err := d.OpenAt(0, path, wasi.OpenCreate|wasi.OpenExclusive, wasi.FlagWrite); !errors.Is(err, wasi.CodeExist) {
			t.Errorf("OpenAt(%q) to create: %v, want %v", path, err, wasi.CodeExist)
		}
		if _, err := d.OpenAt(0, path, wasi.OpenCreate, wasi.FlagWrite); !errors.Is(err, wasi.CodeLoop) {
			t.Errorf("OpenAt(%q) to create or open: %v, want %v", path, err, wasi.CodeLoop)
		}
	}
	for _, path := range []string{"absolute", "upwards-file", "dangling"} {
		if err := d.SetTimesAt(0, path, wasi.Timestamp{}, wasi.Timestamp{}); err != nil && runtime.GOOS != "windows" {
			t.Errorf("SetTimesAt(%q) of the link: %v", path, err)
		}
		if err := d.UnlinkFileAt(path); err != nil {
			t.Errorf("UnlinkFileAt(%q): %v", path, err)
		}
	}
	if after := snapshot(t, secret); !slices.Equal(before, after) {
		t.Errorf("outside the folder, before:\n%q\nafter:\n%q", before, after)
	}
}

// The refusals above are no accident: links that stay inside work.
func TestLinksInside(t *testing.T) {
	dir, _ := jail(t)
	d := grant(t, dir, true)
	for _, path := range []string{
		"inside/file", "inside-up", "self/file", "self/self/file", "sub/up-once/file", "sub/../file",
		"sub/./deep//file", "inside/../file", "./file",
	} {
		opened, err := d.OpenAt(wasi.FollowLinks, path, 0, wasi.FlagRead)
		if err != nil {
			t.Errorf("OpenAt(%q): %v", path, err)
			continue
		}
		if b, _, err := opened.Read(100, 0); err != nil || !strings.HasPrefix(string(b), "content of ") {
			t.Errorf("Read of %q = %q, %v", path, b, err)
		}
	}
	if _, err := d.OpenAt(wasi.FollowLinks, "dangling-inside", wasi.OpenCreate, wasi.FlagWrite); err != nil {
		t.Errorf("create through a link: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "sub", "new")); err != nil {
		t.Error(err)
	}
	if _, err := d.OpenAt(wasi.FollowLinks, "loop", 0, wasi.FlagRead); !errors.Is(err, wasi.CodeLoop) {
		t.Errorf("OpenAt of a link to itself: %v, want %v", err, wasi.CodeLoop)
	}
}

// A descriptor of a folder inside a grant does not lead back up.
func TestSubfolderIsARoot(t *testing.T) {
	dir, _ := jail(t)
	sub, err := grant(t, dir, true).OpenAt(0, "sub", wasi.OpenDirectory, wasi.FlagRead)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"..", "../file", "up-once", "up-once/file", "deep/../../file"} {
		if _, err := sub.OpenAt(wasi.FollowLinks, path, 0, wasi.FlagRead); !errors.Is(err, wasi.CodeNotPermitted) {
			t.Errorf("OpenAt(%q): %v, want %v", path, err, wasi.CodeNotPermitted)
		}
	}
}

func TestOddPaths(t *testing.T) {
	dir, _ := jail(t)
	d := grant(t, dir, true)
	type oddPath struct {
		name, path string
		want       wasi.ErrorCode
	}
	tests := []oddPath{
		{"nothing", "", wasi.CodeNoEntry},
		{"zero", "file\x00", wasi.CodeInvalid},
		{"zero inside", "fi\x00le/../../x", wasi.CodeInvalid},
		{"no text", "file\xff", wasi.CodeIllegalByteSequence},
		{"surrogate", "\xed\xa0\x80", wasi.CodeIllegalByteSequence},
		{"long name", strings.Repeat("n", 300), wasi.CodeNameTooLong},
		{"long path", strings.Repeat("a/", 3000), wasi.CodeNameTooLong},
		{"many dots", strings.Repeat("./", 2047) + "..", wasi.CodeNotPermitted},
		{"many ups", strings.Repeat("sub/../", 580) + "..", wasi.CodeNameTooLong},
		{"file as a folder", "file/x/y", wasi.CodeNotDirectory},
	}
	if runtime.GOOS == "windows" {
		for i := range tests {
			if strings.HasPrefix(tests[i].name, "long") { // each system has its own word for it
				tests[i].path = "file\x00"
				tests[i].want = wasi.CodeInvalid
			}
		}
		tests = append(tests, []oddPath{
			{"drive", `C:/windows`, wasi.CodeNotPermitted},
			{"drive-relative", `C:file`, wasi.CodeNotPermitted},
			{"backslash", `sub\file`, wasi.CodeNotPermitted},
			{"upwards with a backslash", `..\secret`, wasi.CodeNotPermitted},
			{"share", `\\server\share\file`, wasi.CodeNotPermitted},
			{"verbatim", `//?/C:/windows`, wasi.CodeNotPermitted},
			{"stream", `file:stream`, wasi.CodeNotPermitted},
			{"console", `CON`, wasi.CodeNotPermitted},
			{"null device", `sub/NUL`, wasi.CodeNotPermitted},
		}...)
	}
	for _, tt := range tests {
		for name, op := range operations(d) {
			if err := op(tt.path); !errors.Is(err, tt.want) {
				t.Errorf("%s: %s: %v, want %v", tt.name, name, err, tt.want)
			}
		}
	}
}

// Links that would lead out, whoever follows them, are not made.
func TestSymlinkTargets(t *testing.T) {
	dir, _ := jail(t)
	d := grant(t, dir, true)
	for _, tt := range []struct {
		name, target, path string
		want               error
	}{
		{"down", "sub/file", "l1", nil},
		{"missing", "sub/none", "l2", nil},
		{"here", ".", "l3", nil},
		{"up and down", "../file", "sub/l4", nil},
		{"up to the top", "../..", "sub/deep/l5", nil},
		{"absolute", "/etc/passwd", "l6", wasi.CodeNotPermitted},
		{"out", "..", "l7", wasi.CodeNotPermitted},
		{"out with dots", "./.././x", "l8", wasi.CodeNotPermitted},
		{"out from below", "../../x", "sub/l9", wasi.CodeNotPermitted},
		{"out through a link", "self/../../x", "l10", wasi.CodeNotPermitted},
		{"up after a name", "sub/../file", "l11", wasi.CodeNotPermitted},
		{"up after a name below", "deep/../file", "sub/l19", wasi.CodeNotPermitted},
		{"in a folder that is a link to the top", "../x", "self/self/l12", wasi.CodeNotPermitted},
		{"in a folder that is a link down", "../../file", "inside/l13", nil},
		{"in a folder outside", "x", "upwards/l14", wasi.CodeNotPermitted},
		{"in a folder up through a link", "../x", "sub/up-once/l15", wasi.CodeNotPermitted},
		{"in a folder that is an absolute link", "../x", "absolute/l", wasi.CodeNotPermitted},
		{"in a folder that is a link to itself", "../x", "loop/l", wasi.CodeLoop},
		{"nothing", "", "l16", wasi.CodeNoEntry},
		{"zero", "a\x00", "l17", wasi.CodeInvalid},
		{"folder", "sub", "l18/", wasi.CodeNoEntry},
		{"over a file", "sub", "file", wasi.CodeExist},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := d.SymlinkAt(tt.target, tt.path)
			if !errors.Is(err, tt.want) {
				t.Fatalf("SymlinkAt(%q, %q) = %v, want %v", tt.target, tt.path, err, tt.want)
			}
			if got, err := d.ReadlinkAt(tt.path); tt.want == nil && (err != nil || got != tt.target) {
				t.Errorf("ReadlinkAt(%q) = %q, %v, want %q", tt.path, got, err, tt.target)
			}
		})
	}
}

// A link is not moved to where it would lead out.
func TestMovedLinks(t *testing.T) {
	dir, _ := jail(t)
	d := grant(t, dir, true)
	if err := d.SymlinkAt("../file", "sub/link"); err != nil {
		t.Fatal(err)
	}
	if err := d.RenameAt("sub/link", d, "link"); !errors.Is(err, wasi.CodeNotPermitted) {
		t.Errorf("RenameAt to the top: %v, want %v", err, wasi.CodeNotPermitted)
	}
	if err := d.LinkAt(0, "sub/link", d, "link"); !errors.Is(err, wasi.CodeNotPermitted) {
		t.Errorf("LinkAt to the top: %v, want %v", err, wasi.CodeNotPermitted)
	}
	if err := d.RenameAt("sub/link", d, "sub/deep/link"); err != nil {
		t.Errorf("RenameAt downwards: %v", err)
	}
}

func TestReadlink(t *testing.T) {
	dir, _ := jail(t)
	d := grant(t, dir, false)
	for _, tt := range []struct {
		path, want string
		err        error
	}{
		{"inside", "sub/deep", nil},
		{"chain-1", "chain-2", nil},
		{"absolute", "", wasi.CodeNotPermitted},
		{"file", "", wasi.CodeInvalid},
		{"none", "", wasi.CodeNoEntry},
	} {
		if got, err := d.ReadlinkAt(tt.path); got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("ReadlinkAt(%q) = %q, %v, want %q, %v", tt.path, got, err, tt.want, tt.err)
		}
	}
}
