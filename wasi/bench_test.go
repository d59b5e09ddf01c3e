//go:build unix

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
	"time"

	"golang.org/x/sys/unix"

	"github.com/berth-cli/berth/component"
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

// walkOS is what guests/walk-c does, as one writes it in Go: it looks at every name
// and reads every file.
func walkOS(b *testing.B, dir string) (total int) {
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := e.Info()
		if err != nil || fi.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		total += len(content)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return total
}

// walkFrugal is the same as thrifty as os makes it: all files are read into one buffer.
func walkFrugal(b *testing.B, dir string) (total int) {
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

// readAll reads f to its end and closes it.
func readAll(f *os.File, buf []byte) (total int, err error) {
	defer f.Close()
	for {
		n, err := f.Read(buf)
		total += n
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// walkRoot is walkOS through an os.Root, which keeps it in the folder.
func walkRoot(b *testing.B, dir string) (total int) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := root.Lstat(path)
		if err != nil || fi.IsDir() {
			return err
		}
		content, err := root.ReadFile(path)
		total += len(content)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return total
}

// walkGuest runs guests/walk-c on the folder.
func walkGuest(b *testing.B, k *component.Linked, dir string) {
	var out, errs strings.Builder
	err := command(b.Context(), k, wasi.Config{
		Args: []string{"walk", "/data"}, Stdout: &out, Stderr: &errs,
		Preopens: []wasi.Preopen{{Dir: dir, Guest: "/data"}},
	})
	if err != nil || out.String() != "10000 files, 40960000 bytes\n" {
		b.Fatalf("%v: %s%s", err, out.String(), errs.String())
	}
}

// spent is time that passed, and processor time of this process.
type spent struct{ wall, cpu time.Duration }

// measured runs f and returns what it took.
func measured(b *testing.B, f func()) spent {
	start, before := time.Now(), processorTime(b)
	f()
	return spent{wall: time.Since(start), cpu: processorTime(b) - before}
}

func (s *spent) add(more spent) {
	s.wall += more.wall
	s.cpu += more.cpu
}

func processorTime(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkWalk walks 10,000 files of 4 KiB whose pages are in memory: in Go, in Go with
// one buffer, through an os.Root, and in a guest. Together does one after the other in every round, so
// that whatever else the machine does hits all, and tells the ratios to Go.
func BenchmarkWalk(b *testing.B) {
	dir := walkTree(b)
	k := linked(b, filepath.Join("..", "guests", "walk-c", "walk.wasm"), false)
	walks := []struct {
		name string
		walk func(b *testing.B)
	}{
		{"os", func(b *testing.B) { walkOS(b, dir) }},
		{"frugal", func(b *testing.B) { walkFrugal(b, dir) }},
		{"root", func(b *testing.B) { walkRoot(b, dir) }},
		{"guest", func(b *testing.B) { walkGuest(b, k, dir) }},
	}
	for _, w := range walks {
		b.Run(w.name, func(b *testing.B) {
			b.ReportAllocs()
			before := processorTime(b)
			for b.Loop() {
				w.walk(b)
			}
			b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
	b.Run("together", func(b *testing.B) {
		took := make([]spent, len(walks))
		for b.Loop() {
			for i, w := range walks {
				took[i].add(measured(b, func() { w.walk(b) }))
			}
		}
		for i, w := range walks[1:] {
			b.ReportMetric(float64(took[i+1].cpu)/float64(took[0].cpu), w.name+"-cpu/os")
			b.ReportMetric(float64(took[i+1].wall)/float64(took[0].wall), w.name+"-wall/os")
		}
	})
}
