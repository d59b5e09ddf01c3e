package wasi_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/berth-cli/berth/wasi"
)

// The kernel's way to a path and that of os.Root lead to the same, whatever is on
// it.
func TestQuickIsTheSame(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "out", "in/file", "in/a/b/file")
	for name, target := range map[string]string{
		"in/link": "file", "in/up": "../out", "in/abs": dir + "/out", "in/dir": "a", "in/outdir": "..", "in/loop": "loop",
		"in/a/back": "../file", "in/none": "nothing",
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Mkfifo(filepath.Join(dir, "in", "a", "pipe"), 0o666); err != nil {
		t.Fatal(err)
	}
	quick, slow := grant(t, filepath.Join(dir, "in"), true), grant(t, filepath.Join(dir, "in"), true)
	wasi.WithoutQuick(slow)
	for _, path := range []string{
		".", "..", "./.", "file", "file/", "file/.", "a", "a/", "a/b", "a//b/file", "a/b/../b/file", "a/../../out", "../out",
		"../in/file", "link", "a/back", "up", "abs", "dir", "dir/b/file", "outdir", "outdir/out", "outdir/in/file", "loop",
		"loop/x", "none", "nothing", "a/nothing", "a/pipe", "a/pipe/x", "",
	} {
		for _, pf := range []wasi.PathFlags{0, wasi.FollowLinks} {
			if got, want := visit(quick, pf, path), visit(slow, pf, path); got != want {
				t.Errorf("%q, flags %d: %s, want %s", path, pf, got, want)
			}
		}
	}
}

// visit tells of all that can be learned of a path.
func visit(d *wasi.Descriptor, pf wasi.PathFlags, path string) string {
	st, err := d.StatAt(pf, path)
	text := fmt.Sprint(st.Type, st.Size, st.LinkCount, err)
	if st.StatusChangeTimestamp != nil {
		text += fmt.Sprint(*st.StatusChangeTimestamp, *st.DataModificationTimestamp)
	}
	for _, flags := range []wasi.DescriptorFlags{wasi.FlagRead, wasi.FlagRead | wasi.FlagWrite} {
		opened, err := d.OpenAt(pf, path, 0, flags)
		text += fmt.Sprint("; ", err)
		if err != nil {
			continue
		}
		typ, _ := opened.Type()
		b, end, err := opened.Read(100, 0)
		text += fmt.Sprintf(" %d %q %v %v", typ, b, end, err)
		if typ == wasi.TypeDirectory {
			text += fmt.Sprint(names(opened))
		}
		_ = opened.Close() // nothing was written
	}
	return text
}

// names counts what a folder lists, by type.
func names(d *wasi.Descriptor) map[wasi.DescriptorType]int {
	found := map[wasi.DescriptorType]int{}
	l, err := d.ReadDirectory()
	if err != nil {
		return nil
	}
	defer l.Close()
	for {
		e, err := l.Next()
		if e == nil || err != nil {
			return found
		}
		found[e.Type]++
	}
}
