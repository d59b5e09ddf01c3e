package wazero_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/cache"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/engine/wazero"
)

func openCache(t testing.TB, dir string, log *slog.Logger) *cache.Cache {
	t.Helper()
	c, err := cache.Open(cache.Options{Dir: filepath.Join(dir, "wasm"), SecretFile: filepath.Join(dir, "key"), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// runCached compiles and runs a module in a new engine with the cache in dir.
func runCached(t *testing.T, dir string, wasm []byte) uint64 {
	t.Helper()
	e := newEngine(wazero.Config{Cache: openCache(t, dir, nil)})(t)
	mod, err := e.Compile(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.NewStore(engine.StoreConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	inst, err := s.Instantiate(mod, nil)
	if err != nil {
		t.Fatal(err)
	}
	stack := []uint64{0}
	if err := inst.Export("f").(engine.Func).Call(stack); err != nil {
		t.Fatal(err)
	}
	return stack[0]
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

// TestCacheIsUsed damages the code in an entry and signs it again: the engine loads
// it and fails, so it did not compile.
func TestCacheIsUsed(t *testing.T) {
	dir := t.TempDir()
	runCached(t, dir, answer(42))
	var log strings.Builder
	c := openCache(t, dir, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	var key cache.Key
	name := filepath.Base(entries(t, dir)[0])
	for i := range key {
		key[i] = unhex(name[2*i])<<4 | unhex(name[2*i+1])
	}
	payload, ok := c.Get(key)
	if !ok {
		t.Fatalf("entry does not verify: %s", &log)
	}
	payload[len(payload)/2] ^= 0xff // wazero's checksum finds it
	c.Put(key, payload)
	e := newEngine(wazero.Config{Cache: c})(t)
	if _, err := e.Compile(t.Context(), answer(42)); err == nil {
		t.Error("damaged code compiled: the cache is not used")
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

// BenchmarkWarm compiles the module BERTH_BENCH_WASM names from the cache.
func BenchmarkWarm(b *testing.B) {
	wasm, err := os.ReadFile(os.Getenv("BERTH_BENCH_WASM"))
	if err != nil {
		b.Skip("set BERTH_BENCH_WASM to a core module")
	}
	c := openCache(b, b.TempDir(), nil)
	for i := 0; b.Loop(); i++ {
		if i == 1 {
			b.ResetTimer()
		}
		e := newEngine(wazero.Config{Cache: c})(b)
		if _, err := e.Compile(b.Context(), wasm); err != nil {
			b.Fatal(err)
		}
		e.Close()
	}
}
