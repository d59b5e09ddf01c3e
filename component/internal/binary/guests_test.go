package binary_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/coretype"
)

// guests is the components among the guests that are built into the repository.
func guests(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("../../../guests/*/*.wasm")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := binary.Decode(b, binary.Limits{}); errors.Is(err, binary.ErrCoreModule) {
			continue
		}
		all[filepath.ToSlash(f)] = b
	}
	if len(all) == 0 {
		t.Fatal("no guests")
	}
	return all
}

// TestGuests checks that what toolchains make is read whole.
func TestGuests(t *testing.T) {
	for name, b := range guests(t) {
		t.Run(name, func(t *testing.T) {
			c, err := binary.Decode(b, binary.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			short, err := encode(c)
			if err != nil {
				t.Fatal(err)
			}
			if len(short) > len(b) {
				t.Errorf("shortest form is %d bytes of %d", len(short), len(b))
			}
			again, err := binary.Decode(short, binary.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := encode(again); err != nil || !bytes.Equal(got, short) {
				t.Errorf("round trip differs: %v", err)
			}
			checkModules(t, c)
		})
	}
}

func checkModules(t *testing.T, c *binary.Component) {
	t.Helper()
	for _, d := range c.Defs {
		switch d := d.(type) {
		case *binary.CoreModule:
			if _, err := coretype.Parse(d.Bytes, coretype.Options{Base: d.Offset}); err != nil {
				t.Errorf("core module at %#x: %v", d.Offset, err)
			}
		case *binary.Nested:
			checkModules(t, d.Component)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, wasm := range guests(b) {
		b.Run(filepath.Base(filepath.Dir(name)), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(wasm)))
			for b.Loop() {
				if _, err := binary.Decode(wasm, binary.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
