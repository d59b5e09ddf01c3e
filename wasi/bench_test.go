package wasi_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-cli/berth/wasi"
)

const (
	walkFolders  = 100
	walkFiles    = 100 // in each folder
	walkFileSize = 4 << 10
)

// walkTree makes the folder that the benchmarks walk, and reads it once.
func walkTree(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	content := bytes.Repeat([]byte("0123456789abcdef"), walkFileSize/16)
	for i := range walkFolders {
		folder := filepath.Join(dir, fmt.Sprint("folder-", i))
		if err := os.Mkdir(folder, 0o777); err != nil {
			b.Fatal(err)
		}
		for j := range walkFiles {
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprint("file-", j)), content, 0o666); err != nil {
				b.Fatal(err)
			}
		}
	}
	if got := walkOS(b, dir); got != walkFolders*walkFiles*walkFileSize {
		b.Fatalf("the tree holds %d bytes", got)
	}
	return dir
}

// walkOS is what guests/walk-c does, in Go: it looks at every name and reads every
// file, into one buffer.
func walkOS(b *testing.B, dir string) (total int64) {
	buf := make([]byte, 64<<10)
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := os.Lstat(path)
		if err != nil || fi.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		n, err := readAll(f, buf)
		total += n
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return total
}

// walkRoot is the same through an os.Root, which keeps it in the folder.
func walkRoot(b *testing.B, dir string) (total int64) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer root.Close()
	buf := make([]byte, 64<<10)
	err = fs.WalkDir(root.FS(), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := root.Lstat(path)
		if err != nil || fi.IsDir() {
			return err
		}
		f, err := root.Open(path)
		if err != nil {
			return err
		}
		n, err := readAll(f, buf)
		total += n
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return total
}

// readAll reads f to its end and closes it.
func readAll(f *os.File, buf []byte) (total int64, err error) {
	defer f.Close()
	for {
		n, err := f.Read(buf)
		total += int64(n)
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// BenchmarkWalk walks 10,000 files of 4 KiB whose pages are in memory.
func BenchmarkWalk(b *testing.B) {
	dir := walkTree(b)
	b.Run("os", func(b *testing.B) {
		for b.Loop() {
			walkOS(b, dir)
		}
	})
	b.Run("root", func(b *testing.B) {
		for b.Loop() {
			walkRoot(b, dir)
		}
	})
	b.Run("guest", func(b *testing.B) {
		k := linked(b, filepath.Join("..", "guests", "walk-c", "walk.wasm"), false)
		b.ReportAllocs()
		for b.Loop() {
			var out, errs strings.Builder
			err := command(b.Context(), k, wasi.Config{
				Args: []string{"walk", "/data"}, Stdout: &out, Stderr: &errs,
				Preopens: []wasi.Preopen{{Dir: dir, Guest: "/data"}},
			})
			if err != nil || out.String() != "10000 files, 40960000 bytes\n" {
				b.Fatalf("%v: %s%s", err, out.String(), errs.String())
			}
		}
	})
}
