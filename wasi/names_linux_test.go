package wasi_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/berth-cli/berth/wasi"
)

// Some file systems tell names without their types.
func TestUntoldTypes(t *testing.T) {
	dir, _ := jail(t)
	if err := unix.Mkfifo(filepath.Join(dir, "pipe"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		want wasi.DescriptorType
		ok   bool
	}{
		{"file", wasi.TypeRegularFile, true},
		{"sub", wasi.TypeDirectory, true},
		{"upwards", wasi.TypeSymbolicLink, true},
		{"pipe", wasi.TypeFIFO, true},
		{"gone", 0, false},
		{".", 0, false},
		{"..", 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok, err := wasi.TypeOfUntold(dir, tt.name)
			if err != nil || got != tt.want || ok != tt.ok {
				t.Errorf("type of %q = %d, %v, %v, want %d, %v", tt.name, got, ok, err, tt.want, tt.ok)
			}
		})
	}
}

// A folder too large for one call of the system is listed whole, every name once.
func TestManyNames(t *testing.T) {
	dir := t.TempDir()
	var want []string
	for i := range 1000 {
		name := filepath.Base(t.Name()) + string(rune('a'+i%26)) + string(rune(0x1000+i))
		if err := os.Mkdir(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
		want = append(want, name)
	}
	l, err := grant(t, dir, false).ReadDirectory()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var got []string
	for e, err := l.Next(); e != nil; e, err = l.Next() {
		if err != nil || e.Type != wasi.TypeDirectory {
			t.Fatalf("Next() = %v, %v", e, err)
		}
		got = append(got, e.Name)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d names, want %d, or others", len(got), len(want))
	}
}

// FuzzNames: whatever the bytes, every name read lies in them, and they are read to
// the end or refused.
func FuzzNames(f *testing.F) {
	record := binary.NativeEndian.AppendUint16(make([]byte, 16), 24)
	record = append(record, unix.DT_REG, 'n', 'a', 'm', 'e', 0)
	f.Add(record)
	f.Add(append(slices.Clone(record), record...))
	f.Add(record[:20])
	f.Add(make([]byte, 19))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, kinds, ok := wasi.NamesOf(b)
		size := 0
		for _, name := range all {
			size += 19 + len(name)
		}
		if size > len(b) || len(kinds) != len(all) || !ok && len(b) == 0 {
			t.Errorf("%d bytes hold %q", len(b), all)
		}
	})
}
