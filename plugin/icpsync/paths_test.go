package icpsync

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// tree lays the folder that paths are looked up in.
func tree(t *testing.T) (dir string, root *os.Root) {
	t.Helper()
	dir = t.TempDir()
	for name, content := range map[string]string{
		"file.txt": "text", "a/b/deep.txt": "deep", "latin1.txt": "caf\xe9", "empty.txt": "",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return dir, root
}

func symlink(t *testing.T, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Skip("no symbolic links here:", err)
	}
}

func TestComponents(t *testing.T) {
	for _, tt := range []struct {
		path string
		want []string // nil: refused
	}{
		{"a", []string{"a"}},
		{"a/b", []string{"a", "b"}},
		{"a/b/", []string{"a", "b"}},
		{"./a//./b", []string{"a", "b"}},
		{".", []string{}},
		{"", []string{}},
		{"..", nil},
		{"a/..", nil},
		{"a/../b", nil},
		{"../a", nil},
		{"/", nil},
		{"/etc", nil},
		{"//server/share", nil},
		{"...", []string{"..."}},
		{"a\x00b", []string{"a\x00b"}},
	} {
		got, err := components(tt.path)
		if refused := errors.Is(err, errUnsafePath); refused != (tt.want == nil) || !slices.Equal(got, tt.want) {
			t.Errorf("components(%q) = %q, %v, want %q", tt.path, got, err, tt.want)
		}
	}
	if _, err := components("C:foo"); (err != nil) != (runtime.GOOS == "windows") {
		t.Errorf("components(C:foo) = %v: a drive on Windows, a name elsewhere", err)
	}
}

func TestOpenDir(t *testing.T) {
	dir, root := tree(t)
	symlink(t, "a", filepath.Join(dir, "link"))
	symlink(t, "../file.txt", filepath.Join(dir, "a", "link"))
	symlink(t, "nowhere", filepath.Join(dir, "dangling"))
	for _, tt := range []struct{ path, want string }{
		{"a", ""}, {"a/b/", ""}, {".", ""}, {"", ""}, {"./a", ""},
		{"..", "plugin dir '..' is not a safe relative path (no absolute paths or '..' allowed)"},
		{"/tmp", "plugin dir '/tmp' is not a safe relative path"},
		{"link", "plugin dir 'link' resolves through a symlink ('link'); symlinks are not allowed in plugin dirs"},
		{"link/b", "resolves through a symlink ('link')"},
		{"a/link", "resolves through a symlink ('a/link')"},
		{"dangling", "resolves through a symlink ('dangling')"},
		{"missing", "failed to preopen directory '" + filepath.Join(dir, "missing") + "' for the plugin: "},
		{"file.txt", "failed to preopen directory '" + filepath.Join(dir, "file.txt") + "' for the plugin: not a directory"},
		{"a\x00b", "failed to preopen directory"},
	} {
		got, err := openDir(root, tt.path)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("openDir(%q) = %v, want %q", tt.path, err, tt.want)
		}
		if _, ok := errors.AsType[*PathError](err); err != nil && !ok {
			t.Errorf("openDir(%q) = %T, want *PathError", tt.path, err)
		}
		if err == nil {
			got.Close()
		}
	}
}

// TestLinkedFolder checks that the canister's folder itself may be reached through
// a link.
func TestLinkedFolder(t *testing.T) {
	dir, _ := tree(t)
	link := filepath.Join(t.TempDir(), "project")
	symlink(t, dir, link)
	root, err := os.OpenRoot(link)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	got, err := openDir(root, "a/b")
	if err != nil {
		t.Fatalf("openDir through a linked project = %v", err)
	}
	got.Close()
}

func TestReadFile(t *testing.T) {
	dir, root := tree(t)
	for _, tt := range []struct{ path, text, want string }{
		{"file.txt", "text", ""},
		{"./a/b/deep.txt", "deep", ""},
		{"empty.txt", "", ""},
		{"../file.txt", "", "plugin file '../file.txt' is not a safe relative path"},
		{"missing.txt", "", "failed to read plugin input file at " + filepath.Join(dir, "missing.txt")},
		{"latin1.txt", "", "is not UTF-8 text; hand it over in a folder, by 'dirs'"},
		{"a", "", "not a regular file"},
		{".", "", "not a regular file"},
		{"file.txt/x", "", "not a directory"},
	} {
		got, err := readFile(root, tt.path)
		if got != tt.text || (tt.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("readFile(%q) = %q, %v, want %q, %q", tt.path, got, err, tt.text, tt.want)
		}
	}
	symlink(t, "file.txt", filepath.Join(dir, "link.txt"))
	_, err := readFile(root, "link.txt")
	want := "plugin file 'link.txt' resolves through a symlink ('link.txt'); symlinks are not allowed in plugin files"
	if err == nil || err.Error() != want {
		t.Errorf("readFile of a link = %v, want %q", err, want)
	}
}

func TestLargeFile(t *testing.T) {
	dir, root := tree(t)
	f, err := os.Create(filepath.Join(dir, "large"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(maxFileBytes + 1); err != nil {
		t.Fatal(err)
	}
	if _, err := readFile(root, "large"); !errors.Is(err, errFileSize) {
		t.Errorf("readFile of a large file = %v, want %v", err, errFileSize)
	}
}

func TestCheckVersion(t *testing.T) {
	for version, want := range map[string]bool{
		"0.1.0": true, "0.1.7": true, "0.2.0": false, "1.1.0": false, "0.1": false, "0.1.0-rc1": false, "": false,
		"0.1.x": false, "0.1.99999999999": false,
	} {
		if err := checkVersion(version); (err == nil) != want {
			t.Errorf("checkVersion(%q) = %v, want served: %v", version, err, want)
		}
	}
}
