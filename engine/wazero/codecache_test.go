package wazero_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/cache"
	"github.com/berth-cli/berth/engine/enginetest"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/engine/wazero"
)

// runCached compiles and runs a module in a new engine with the cache in dir.
func runCached(t *testing.T, dir string, wasm []byte) uint64 {
	t.Helper()
	return runIn(t, newEngine(wazero.Config{Cache: openCache(t, dir, nil)})(t), wasm)
}

func answer(n int32) []byte {
	m := w.New()
	m.Export("f", engine.KindFunc, m.Func(m.Type(w.Func().Returns(w.I32)), nil, w.I32Const(n)))
	return m.Bytes()
}

func entries(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "wasm", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestCache(t *testing.T) {
	dir := t.TempDir()
	for range 3 {
		if got := runCached(t, dir, answer(42)); got != 42 {
			t.Errorf("f() = %d, want 42", got)
		}
	}
	if n := len(entries(t, dir)); n != 1 {
		t.Errorf("%d entries, want 1", n)
	}
	info, err := os.Stat(entries(t, dir)[0])
	if err != nil || info.Size() < 100 {
		t.Errorf("entry: %v, %v", info, err)
	}
}

// TestCacheForged puts the code of one module in the place of another's, and
// damages entries: wazero must compile anew.
func TestCacheForged(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	runCached(t, dir, answer(42))
	runCached(t, other, answer(666))
	good, bad := entries(t, dir)[0], entries(t, other)[0]
	forged, err := os.ReadFile(bad)
	if err != nil {
		t.Fatal(err)
	}
	flipped, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	flipped[len(flipped)/2] ^= 0x10
	for name, data := range map[string][]byte{"of another machine": forged, "flipped": flipped, "empty": nil} {
		if err := os.WriteFile(good, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := runCached(t, dir, answer(42)); got != 42 {
			t.Errorf("%s: f() = %d, want 42", name, got)
		}
	}
}

// TestEngineCached is TestEngine with what the cache has made of each module, not
// the module.
func TestEngineCached(t *testing.T) {
	dir := t.TempDir()
	enginetest.Run(t, func(t testing.TB) engine.Engine {
		return newEngine(wazero.Config{Cache: openCache(t, dir, nil)})(t)
	})
}

// keyOf returns the key of the one entry in dir.
func keyOf(t *testing.T, dir string) cache.Key {
	t.Helper()
	var key cache.Key
	name := filepath.Base(entries(t, dir)[0])
	for i := range key {
		key[i] = unhex(name[2*i])<<4 | unhex(name[2*i+1])
	}
	return key
}

// payload returns what an engine keeps of a module, cut where the code begins.
func payload(t *testing.T, dir string, wasm []byte) (head, code []byte) {
	t.Helper()
	runCached(t, dir, wasm)
	all, ok := openCache(t, dir, nil).Get(keyOf(t, dir))
	if !ok {
		t.Fatal("entry does not verify")
	}
	at := 8 + binary.LittleEndian.Uint32(all) + binary.LittleEndian.Uint32(all[4:])
	return all[:at], all[at:]
}

// TestFolderGone compiles, and loads from the cache, in an engine whose folder somebody
// removed, as a session's end may.
func TestFolderGone(t *testing.T) {
	dir := t.TempDir()
	runCached(t, dir, answer(1))
	e := newEngine(wazero.Config{Cache: openCache(t, dir, nil)})(t)
	folder := wazero.CacheFolder(e.(*wazero.Engine))
	if folder == "" {
		t.Skip("no folder for compiled code here")
	}
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int32{1, 2} {
		if got := runIn(t, e, answer(n)); got != uint64(n) {
			t.Errorf("f() = %d, want %d", got, n)
		}
	}
	// Once the folder is back, what was compiled without it must not stand in for it.
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int32{1, 2, 3} {
		if got := runIn(t, e, answer(n)); got != uint64(n) {
			t.Errorf("with the folder back: f() = %d, want %d", got, n)
		}
	}
}

// TestCacheIsUsed signs an entry with another module's code: the engine runs that,
// so it did not compile.
func TestCacheIsUsed(t *testing.T) {
	dir := t.TempDir()
	_, evil := payload(t, t.TempDir(), answer(666))
	head, _ := payload(t, dir, answer(42))
	openCache(t, dir, nil).Put(keyOf(t, dir), slices.Concat(head, evil))
	if got := runCached(t, dir, answer(42)); got != 666 {
		t.Errorf("f() = %d, want that of the entry, 666", got)
	}
}

// TestCacheMisfits signs entries that this engine would not have written: it
// compiles anew.
func TestCacheMisfits(t *testing.T) {
	dir := t.TempDir()
	head, code := payload(t, dir, answer(42))
	otherHead, _ := payload(t, t.TempDir(), answer(666))
	renamed := bytes.Clone(head)
	renamed[len(renamed)-1] ^= 1 // another hexadecimal digit or a letter
	folder := bytes.Clone(head)
	folder[len(folder)-9] = '/'
	broken := bytes.Clone(code)
	broken[len(broken)/2] ^= 0xff // wazero's checksum finds it
	old := bytes.Clone(code)
	old[8] ^= 1 // of wazero's version
	for _, tt := range []struct {
		name    string
		payload []byte
	}{
		{"empty", nil},
		{"short", head[:6]},
		{"lengths", slices.Concat([]byte{0xff, 0xff, 0xff, 0xff}, head[4:], code)},
		{"cut", head[:len(head)-1]},
		{"no code", head},
		{"half the code", slices.Concat(head, code[:len(code)/2])},
		{"broken code", slices.Concat(head, broken)},
		{"code of another version", slices.Concat(head, old)},
		{"unknown name", slices.Concat(renamed, code)},
		{"name in a folder", slices.Concat(folder, code)},
		{"no skeleton", slices.Concat(head[:8], bytes.Repeat([]byte{0}, len(head)-8), code)},
		{"skeleton of another module", slices.Concat(otherHead, code)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			openCache(t, dir, nil).Put(keyOf(t, dir), tt.payload)
			if got := runCached(t, dir, answer(42)); got != 42 {
				t.Errorf("f() = %d, want 42", got)
			}
		})
	}
}

func unhex(c byte) byte {
	if c >= 'a' {
		return c - 'a' + 10
	}
	return c - '0'
}

func TestCacheWithoutFolder(t *testing.T) {
	dir := t.TempDir()
	c := openCache(t, dir, nil)
	if err := os.RemoveAll(filepath.Join(dir, "wasm")); err != nil {
		t.Fatal(err)
	}
	e := newEngine(wazero.Config{Cache: c})(t)
	if _, err := e.Compile(t.Context(), answer(1)); err != nil {
		t.Errorf("Compile without the cache's folder: %v", err)
	}
}
