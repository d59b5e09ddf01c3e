package wasi_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/berth-cli/berth/wasi"
)

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
