package icpsync_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// declare runs the probe with a declared folder, or a file, and returns what it was
// refused with, nil if it ran.
func declare(t *testing.T, dir, kind, path string) *icpsync.PathError {
	t.Helper()
	r := withEnvironment(request(dir, &fakeCaller{}), "canister")
	if kind == "dir" {
		r.Dirs = []string{path}
	} else {
		r.Files = []string{path}
	}
	_, err := icpsync.Run(t.Context(), load(t, probe), r)
	refused, ok := errors.AsType[*icpsync.PathError](err)
	if !ok && !isA[*plugin.GuestError](err) {
		t.Fatalf("%s %q: Run = %T %v", kind, path, err, err)
	}
	return refused
}

func TestUnsafePaths(t *testing.T) {
	dir := project(t)
	for _, path := range []string{"/etc", "..", "../x", "box/..", "box/../box", "./..", "/", "box/../../x"} {
		for _, kind := range []string{"dir", "file"} {
			want := "plugin " + kind + " '" + path + "' is not a safe relative path (no absolute paths or '..' allowed)"
			if err := declare(t, dir, kind, path); err == nil || err.Error() != want {
				t.Errorf("%s %q: %v, want %q", kind, path, err, want)
			}
		}
	}
}

func TestWindowsPaths(t *testing.T) {
	dir := project(t)
	if runtime.GOOS != "windows" {
		// Elsewhere these are names like any other.
		if err := os.Mkdir(filepath.Join(dir, "C:box"), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := declare(t, dir, "dir", "C:box"); err != nil {
			t.Errorf("folder C:box: %v, want it taken", err)
		}
		return
	}
	for _, path := range []string{`C:\x`, `C:box`, `\\host\share\x`, `\x`, `box\..\x`} {
		if err := declare(t, dir, "dir", path); err == nil || !strings.Contains(err.Error(), "not a safe relative path") {
			t.Errorf("folder %q: %v, want it refused", path, err)
		}
	}
}

func TestSafePaths(t *testing.T) {
	dir := project(t)
	for _, path := range []string{"box", "./box", "box/", "seed-data/more", "seed-data//more/./", ".", "./", ""} {
		if err := declare(t, dir, "dir", path); err != nil {
			t.Errorf("folder %q: %v, want it taken", path, err)
		}
	}
	for _, path := range []string{"config.txt", "./config.txt", "seed-data/more/fruit-03.txt"} {
		if err := declare(t, dir, "file", path); err != nil {
			t.Errorf("file %q: %v, want it taken", path, err)
		}
	}
}

func TestSymlinks(t *testing.T) {
	dir := project(t)
	for link, target := range map[string]string{"link": "box", "box/up": "..", "dangling": "nowhere", "file-link": "config.txt"} {
		if err := os.Symlink(target, filepath.Join(dir, filepath.FromSlash(link))); err != nil {
			t.Skip("no symbolic links here:", err)
		}
	}
	for _, tt := range []struct{ kind, path, link string }{
		{"dir", "link", "link"},
		{"dir", "./link/", "link"},
		{"dir", "link/inner", "link"},
		{"dir", "box/up/box", "box/up"},
		{"dir", "dangling", "dangling"},
		{"file", "file-link", "file-link"},
		{"file", "link/inside.txt", "link"},
		{"file", "box/up/config.txt", "box/up"},
	} {
		want := "plugin " + tt.kind + " '" + tt.path + "' resolves through a symlink ('" + tt.link + "'); symlinks are not allowed in plugin " + tt.kind + "s"
		if err := declare(t, dir, tt.kind, tt.path); err == nil || err.Error() != want || err.Link != tt.link {
			t.Errorf("%s %q: %v, want %q", tt.kind, tt.path, err, want)
		}
	}
}

// TestSymlinkedBase checks that the canister's own folder may be behind a link.
func TestSymlinkedBase(t *testing.T) {
	dir := project(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	for _, kind := range []string{"dir", "file"} {
		path := map[string]string{"dir": "box", "file": "config.txt"}[kind]
		if err := declare(t, link, kind, path); err != nil {
			t.Errorf("%s %s below a link: %v, want it taken", kind, path, err)
		}
	}
}

func TestMissingPaths(t *testing.T) {
	dir := project(t)
	for _, tt := range []struct{ kind, path, want string }{
		{"dir", "nothing", "failed to preopen directory '" + filepath.Join(dir, "nothing") + "' for the plugin: "},
		{"dir", "nothing/below", "failed to preopen directory '" + filepath.Join(dir, "nothing", "below") + "' for the plugin: "},
		{"dir", "config.txt", "failed to preopen directory '" + filepath.Join(dir, "config.txt") + "' for the plugin: not a directory"},
		{"file", "nothing", "failed to read plugin input file at " + filepath.Join(dir, "nothing") + ": "},
		{"file", "box", "failed to read plugin input file at " + filepath.Join(dir, "box") + ": not a regular file"},
		{"file", ".", "failed to read plugin input file at " + dir + ": not a regular file"},
	} {
		if err := declare(t, dir, tt.kind, tt.path); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s %q: %v, want %q", tt.kind, tt.path, err, tt.want)
		}
	}
}

func TestFileIsNoText(t *testing.T) {
	dir := project(t)
	for name, content := range map[string]string{"latin1": "caf\xe9", "half": "\xe2\x98"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		err := declare(t, dir, "file", name)
		if err == nil || !strings.Contains(err.Error(), "is not UTF-8 text; hand it over in a folder, by 'dirs'") {
			t.Errorf("file %s: %v", name, err)
		}
	}
}

// TestFolderNames checks that the guest sees folders by the names they were declared
// by, and in that order, one that stands twice, too.
func TestFolderNames(t *testing.T) {
	caller := &fakeCaller{}
	r := request(project(t), caller)
	r.Dirs = []string{"seed-data/more/", "box", "seed-data/more", "box"}
	if _, err := icpsync.Run(t.Context(), load(t, plugins()["c"]), r); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range caller.calls[1:] {
		got = append(got, texts(c.Arg))
	}
	// The guest puts a slash between the folder, whose own one is kept, and the file.
	want := []string{"seed-data/more//fruit-03.txt cherry", "box/inside.txt inside", "seed-data/more/fruit-03.txt cherry", "box/inside.txt inside"}
	if !slices.Equal(got, want) {
		t.Errorf("registered %q, want %q", got, want)
	}
}
