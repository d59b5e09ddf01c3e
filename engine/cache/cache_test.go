package cache_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/berth-cli/berth/engine/cache"
)

func open(t *testing.T, dir string, maxBytes int64) *cache.Cache {
	t.Helper()
	c, err := cache.Open(options(dir, maxBytes))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func options(dir string, maxBytes int64) cache.Options {
	return cache.Options{Dir: filepath.Join(dir, "wasm"), SecretFile: filepath.Join(dir, "config", "key"), MaxBytes: maxBytes}
}

// only returns the path of the one entry.
func only(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "wasm", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%d entries (%v), want 1", len(files), err)
	}
	return files[0]
}

func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, 0)
	key, payload := cache.KeyOf("engine", "module"), bytes.Repeat([]byte("code"), 100_000)
	if _, ok := c.Get(key); ok {
		t.Error("Get of an absent entry succeeded")
	}
	c.Put(key, payload)
	for name, c := range map[string]*cache.Cache{"same": c, "another process": open(t, dir, 0)} {
		if got, ok := c.Get(key); !ok || !bytes.Equal(got, payload) {
			t.Errorf("%s: Get = %d bytes, %v", name, len(got), ok)
		}
	}
	c.Put(key, nil)
	if got, ok := c.Get(key); !ok || len(got) != 0 {
		t.Errorf("Get of an empty payload = %d bytes, %v", len(got), ok)
	}
	if runtime.GOOS != "windows" {
		for name, want := range map[string]os.FileMode{only(t, dir): 0o600, filepath.Join(dir, "wasm"): 0o700, filepath.Join(dir, "config", "key"): 0o600} {
			if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
				t.Errorf("%s: permissions %v, %v, want %v", name, info.Mode(), err, want)
			}
		}
	}
}

func TestKeyOf(t *testing.T) {
	keys := map[cache.Key][]string{}
	for _, parts := range [][]string{{}, {""}, {"a", "b"}, {"ab"}, {"", "ab"}, {"a", "b", ""}} {
		k := cache.KeyOf(parts...)
		if other, ok := keys[k]; ok {
			t.Errorf("KeyOf(%q) = KeyOf(%q)", parts, other)
		}
		keys[k] = parts
	}
}

// TestForged changes an entry in every way a hostile folder can, and wants a miss
// and the entry gone.
func TestForged(t *testing.T) {
	key, other := cache.KeyOf("one"), cache.KeyOf("two")
	rewrite := func(change func([]byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			name := only(t, dir)
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, change(data), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tt := range []struct {
		name  string
		forge func(*testing.T, string)
	}{
		{"truncated", rewrite(func(b []byte) []byte { return b[:len(b)-1] })},
		{"extended", rewrite(func(b []byte) []byte { return append(b, 0) })},
		{"short", rewrite(func([]byte) []byte { return []byte("berthwc2") })},
		{"empty", rewrite(func([]byte) []byte { return nil })},
		{"another secret", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "config", "key")); err != nil {
				t.Fatal(err)
			}
		}},
		{"entry of another key", func(t *testing.T, dir string) {
			name := only(t, dir)
			open(t, dir, 0).Put(other, []byte("other code"))
			files, err := filepath.Glob(filepath.Join(dir, "wasm", "*"))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				if f != name {
					if err := os.Rename(f, name); err != nil {
						t.Fatal(err)
					}
				}
			}
		}},
		{"link", func(t *testing.T, dir string) {
			name := only(t, dir)
			if err := os.Rename(name, filepath.Join(dir, "elsewhere")); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(filepath.Join(dir, "elsewhere"), name); err != nil {
				t.Skipf("no symbolic links here: %v", err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			open(t, dir, 0).Put(key, []byte("machine code"))
			tt.forge(t, dir)
			if got, ok := open(t, dir, 0).Get(key); ok {
				t.Errorf("Get = %q, want a miss", got)
			}
			if files, _ := filepath.Glob(filepath.Join(dir, "wasm", "*")); len(files) != 0 {
				t.Errorf("the forged entry is still there: %v", files)
			}
		})
	}
}

// TestEveryBit flips each bit of a small entry: none loads.
func TestEveryBit(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, 0)
	key := cache.KeyOf("one")
	c.Put(key, []byte("machine code"))
	name := only(t, dir)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if len(whole) > 100 {
		t.Errorf("an entry of 12 bytes takes %d", len(whole))
	}
	for bit := range 8 * len(whole) {
		forged := bytes.Clone(whole)
		forged[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(name, forged, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, ok := c.Get(key); ok {
			t.Errorf("bit %d of byte %d flipped: Get = %q, want a miss", bit%8, bit/8, got)
		}
		if _, err := os.Stat(name); !os.IsNotExist(err) {
			t.Errorf("bit %d of byte %d flipped: the entry is still there: %v", bit%8, bit/8, err)
		}
	}
}

// TestChunks forges an entry of several chunks, each of which verifies in its place.
func TestChunks(t *testing.T) {
	const chunk, header = 256 << 10, 32
	const sealed = 28 + chunk
	at := func(b []byte, n int) []byte { return b[header+n*sealed:][:sealed] }
	key := cache.KeyOf("one")
	payload := make([]byte, 3*chunk+5)
	for i := range payload {
		payload[i] = byte(i >> 12)
	}
	dir := t.TempDir()
	c := open(t, dir, 0)
	c.Put(key, payload)
	one, err := os.ReadFile(only(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	c.Put(key, payload[:chunk], payload[chunk:]) // the same in two parts
	two, err := os.ReadFile(only(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	length := func(b []byte, n int) []byte { binary.LittleEndian.PutUint64(b[24:], uint64(n)); return b }
	for _, tt := range []struct {
		name  string
		entry []byte
		ok    bool
	}{
		{"as it was", two, true},
		{"chunk of an older entry", slices.Concat(two[:header], at(two, 0), at(one, 1), two[header+2*sealed:]), false},
		{"header of an older entry", slices.Concat(one[:header], two[header:]), false},
		{"chunks swapped", slices.Concat(two[:header], at(two, 1), at(two, 0), two[header+2*sealed:]), false},
		{"chunk twice", slices.Concat(two[:header], at(two, 0), at(two, 0), two[header+2*sealed:]), false},
		{"last chunks left out", length(bytes.Clone(two[:header+2*sealed]), 2*chunk), false},
		{"first chunk left out", length(slices.Concat(two[:header], two[header+sealed:]), 2*chunk+5), false},
		{"length of another file", length(bytes.Clone(two), 2*chunk), false},
		{"huge length", length(bytes.Clone(two), -1), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c.Put(key, nil)
			if err := os.WriteFile(only(t, dir), tt.entry, 0o600); err != nil {
				t.Fatal(err)
			}
			got, ok := c.Get(key)
			if ok != tt.ok || ok && !bytes.Equal(got, payload) {
				t.Errorf("Get = %d bytes, %v, want %v", len(got), ok, tt.ok)
			}
		})
	}
}

// TestFind reads an entry piece by piece.
func TestFind(t *testing.T) {
	c := open(t, t.TempDir(), 0)
	key, payload := cache.KeyOf("one"), bytes.Repeat([]byte("0123456789"), 60_000)
	c.Put(key, payload)
	e, ok := c.Find(key)
	if !ok || e.Len() != int64(len(payload)) {
		t.Fatalf("Find: %v, %d bytes, want %d", ok, e.Len(), len(payload))
	}
	defer e.Close()
	head := make([]byte, 300_000)
	if _, err := io.ReadFull(e, head); err != nil || e.Len() != 300_000 {
		t.Fatalf("ReadFull: %v, %d bytes left, want 300000", err, e.Len())
	}
	rest := bytes.NewBuffer(head)
	if _, err := io.Copy(rest, e); err != nil || !bytes.Equal(rest.Bytes(), payload) {
		t.Errorf("all that was read: %v, %d bytes, want %d", err, rest.Len(), len(payload))
	}
	if n, err := e.Read(head); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("Read at the end = %d, %v, want io.EOF", n, err)
	}
}

func TestUnsafe(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("windows has no permission bits")
	}
	for _, tt := range []struct {
		name   string
		change func(dir string) error
	}{
		{"folder group-writable", func(d string) error { return os.Chmod(filepath.Join(d, "wasm"), 0o770) }},
		{"folder world-writable", func(d string) error { return os.Chmod(filepath.Join(d, "wasm"), 0o702) }},
		{"secret readable", func(d string) error { return os.Chmod(filepath.Join(d, "config", "key"), 0o640) }},
		{"secret is a folder", func(d string) error {
			return errors.Join(os.Remove(filepath.Join(d, "config", "key")), os.Mkdir(filepath.Join(d, "config", "key"), 0o700))
		}},
		{"folder is a link", func(d string) error {
			return errors.Join(os.Rename(filepath.Join(d, "wasm"), filepath.Join(d, "real")), os.Symlink("real", filepath.Join(d, "wasm")))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			open(t, dir, 0)
			if err := tt.change(dir); err != nil {
				t.Fatal(err)
			}
			if _, err := cache.Open(options(dir, 0)); !errors.Is(err, cache.ErrUnsafe) {
				t.Errorf("Open error = %v, want ErrUnsafe", err)
			}
		})
	}
	t.Run("secret of another length", func(t *testing.T) {
		dir := t.TempDir()
		open(t, dir, 0)
		if err := os.WriteFile(filepath.Join(dir, "config", "key"), []byte("short"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := cache.Open(options(dir, 0)); err == nil {
			t.Error("Open accepts a short secret")
		}
	})
}

func TestEviction(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, 3000)
	old := time.Now().Add(-time.Hour)
	for i := range 3 {
		k := cache.KeyOf(fmt.Sprint(i))
		c.Put(k, make([]byte, 940))
		name := filepath.Join(dir, "wasm", fmt.Sprintf("%x", k[:]))
		if err := os.Chtimes(name, old, old.Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := c.Get(cache.KeyOf("0")); !ok { // now the newest
		t.Fatal("entry 0 is gone")
	}
	c.Put(cache.KeyOf("3"), make([]byte, 940))
	for i, want := range []bool{true, false, true, true} {
		if _, ok := c.Get(cache.KeyOf(fmt.Sprint(i))); ok != want {
			t.Errorf("entry %d present: %v, want %v", i, ok, want)
		}
	}
	c.Put(cache.KeyOf("big"), make([]byte, 4000))
	if _, ok := c.Get(cache.KeyOf("big")); ok {
		t.Error("an entry larger than the cache was kept")
	}
}

func TestDegrades(t *testing.T) {
	var none *cache.Cache
	none.Put(cache.Key{}, nil)
	if _, ok := none.Get(cache.Key{}); ok {
		t.Error("a nil cache has an entry")
	}
	dir := t.TempDir()
	c := open(t, dir, 0)
	if err := os.RemoveAll(filepath.Join(dir, "wasm")); err != nil {
		t.Fatal(err)
	}
	c.Put(cache.KeyOf("lost"), []byte("code"))
	if _, ok := c.Get(cache.KeyOf("lost")); ok {
		t.Error("an entry of a folder that is gone")
	}
}

func TestConcurrentOpen(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			c, err := cache.Open(options(dir, 0))
			if err != nil {
				t.Error(err)
				return
			}
			c.Put(cache.KeyOf(fmt.Sprint(i)), []byte("code"))
		})
	}
	wg.Wait()
	c := open(t, dir, 0)
	for i := range 8 {
		if _, ok := c.Get(cache.KeyOf(fmt.Sprint(i))); !ok {
			t.Errorf("entry %d does not verify: another secret won", i)
		}
	}
}

func FuzzEntry(f *testing.F) {
	f.Add([]byte("berthwc2"))
	f.Add(bytes.Repeat([]byte{0}, 64))
	dir := f.TempDir()
	c, err := cache.Open(options(dir, 1<<20))
	if err != nil {
		f.Fatal(err)
	}
	key := cache.KeyOf("fuzz")
	name := filepath.Join(dir, "wasm", fmt.Sprintf("%x", key[:]))
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, ok := c.Get(key); ok {
			t.Errorf("%x verifies", data)
		}
	})
}

func BenchmarkGet(b *testing.B) {
	dir := b.TempDir()
	c, err := cache.Open(options(dir, 0))
	if err != nil {
		b.Fatal(err)
	}
	c.Put(cache.KeyOf("a"), make([]byte, 4<<20))
	b.SetBytes(4 << 20)
	for b.Loop() {
		if _, ok := c.Get(cache.KeyOf("a")); !ok {
			b.Fatal("miss")
		}
	}
}

// TestOf checks that another place keeps the entries, and is asked for them.
func TestOf(t *testing.T) {
	kept := map[cache.Key][]byte{}
	c := cache.Of(cache.Remote{
		Get: func(k cache.Key) []byte { return kept[k] },
		Put: func(k cache.Key, payload []byte) { kept[k] = payload },
	})
	key := cache.KeyOf("one")
	if _, ok := c.Get(key); ok {
		t.Error("Get of an absent entry succeeded")
	}
	c.Put(key, []byte("machine "), []byte("code"))
	if got, ok := c.Get(key); !ok || string(got) != "machine code" {
		t.Errorf("Get = %q, %v", got, ok)
	}
}
