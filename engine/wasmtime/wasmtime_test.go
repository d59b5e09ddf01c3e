//go:build wasmtime

package wasmtime_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/cache"
	"github.com/berth-cli/berth/engine/enginetest"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/engine/wasmtime"
)

func newEngine(c wasmtime.Config) func(testing.TB) engine.Engine {
	c.AllowVulnerableARM64 = true
	return func(t testing.TB) engine.Engine {
		e, err := wasmtime.New(c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { e.Close() })
		return e
	}
}

func TestEngine(t *testing.T) { enginetest.Run(t, newEngine(wasmtime.Config{})) }

func BenchmarkEngine(b *testing.B) { enginetest.Benchmark(b, newEngine(wasmtime.Config{})) }

func TestARM64(t *testing.T) {
	_, err := wasmtime.New(wasmtime.Config{})
	if want := runtime.GOARCH == "arm64"; errors.Is(err, wasmtime.ErrVulnerable) != want {
		t.Errorf("New on %s: %v", runtime.GOARCH, err)
	}
}

// TestMemory64 grows and fills a memory with 64-bit addresses beside another.
func TestMemory64(t *testing.T) {
	m := w.New()
	ft := m.Type(w.Func(w.I64).Returns(w.I64))
	m.RawMemory(0, 1)
	m.RawMemory(4, 1) // 64-bit
	m.Export("memory", engine.KindMemory, 1)
	m.Export("grow", engine.KindFunc, m.Func(ft, nil, w.LocalGet(0), w.Op(0x40, 1)))
	m.Export("fill", engine.KindFunc, m.Func(ft, nil,
		w.I64Const(8), w.I32Const(7), w.LocalGet(0), w.Op(0xfc, 11, 1),
		w.I64Const(8), w.Op(0x29, 0x43, 1, 0))) // i64.load of memory 1
	e := newEngine(wasmtime.Config{})(t)
	mod, err := e.Compile(t.Context(), m.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.NewStore(engine.StoreConfig{MaxMemoryBytes: 10 << 16, Fuel: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	inst, err := s.Instantiate(mod, nil)
	if err != nil {
		t.Fatal(err)
	}
	mem := inst.Export("memory").(engine.Memory)
	if !mem.Is64() {
		t.Error("Is64() = false")
	}
	for _, tt := range []struct {
		name string
		arg  uint64
		want uint64
	}{
		{"grow", 3, 1},
		{"grow", 6, 1<<64 - 1},
		{"grow", 1 << 40, 1<<64 - 1},
		{"grow", 1 << 32, 1<<64 - 1},
		{"grow", 5, 4},
		{"fill", 1 << 17, 0x0707_0707_0707_0707},
	} {
		stack := []uint64{tt.arg}
		if err := inst.Export(tt.name).(engine.Func).Call(stack); err != nil || stack[0] != tt.want {
			t.Errorf("%s(%d) = %#x, %v, want %#x", tt.name, tt.arg, stack[0], err, tt.want)
		}
	}
	before := s.Fuel()
	if err := inst.Export("fill").(engine.Func).Call([]uint64{1 << 62}); err == nil {
		t.Error("a fill of 2^62 bytes succeeded")
	}
	if after := s.Fuel(); after > before {
		t.Errorf("a fill too large gave fuel: %d, before %d", after, before)
	}
	if got := s.Stats(); got.MemoryBytes != 10<<16 || got.Refused == nil {
		t.Errorf("Stats() = %+v", got)
	}
}

func TestCache(t *testing.T) {
	dir := t.TempDir()
	c, err := cache.Open(cache.Options{Dir: filepath.Join(dir, "wasm"), SecretFile: filepath.Join(dir, "key")})
	if err != nil {
		t.Fatal(err)
	}
	m := w.New()
	m.Export("f", engine.KindFunc, m.Func(m.Type(w.Func()), nil))
	for i := range 3 {
		e := newEngine(wasmtime.Config{Cache: c})(t)
		if _, err := e.Compile(t.Context(), m.Bytes()); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(dir, "wasm", "*"))
		if err != nil || len(files) != 1 {
			t.Fatalf("%d entries, %v, want 1", len(files), err)
		}
		if i == 1 { // damaged: compiled anew
			if err := os.WriteFile(files[0], []byte("junk"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
