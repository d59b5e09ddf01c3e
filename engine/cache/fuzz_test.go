package cache_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/berth-cli/berth/engine/cache"
)

// FuzzFlip changes bits of a good entry of any size: what loads is what was stored,
// and that only if nothing changed.
func FuzzFlip(f *testing.F) {
	f.Add(uint32(12), uint32(0), byte(1))
	f.Add(uint32(300<<10), uint32(256<<10), byte(0x80)) // in the second chunk
	f.Add(uint32(0), uint32(40), byte(0xff))
	f.Add(uint32(1000), uint32(999), byte(0))
	f.Fuzz(func(t *testing.T, size, at uint32, mask byte) {
		dir := t.TempDir()
		c := open(t, dir, 0)
		key, payload := cache.KeyOf("fuzz"), bytes.Repeat([]byte{mask, 7}, int(size%(600<<10))/2)
		c.Put(key, payload)
		name := only(t, dir)
		entry, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		entry[int64(at)%int64(len(entry))] ^= mask
		if err := os.WriteFile(name, entry, 0o600); err != nil {
			t.Fatal(err)
		}
		got, ok := c.Get(key)
		if ok != (mask == 0) {
			t.Errorf("byte %d changed by %#x: loads: %v", int64(at)%int64(len(entry)), mask, ok)
		}
		if ok && !bytes.Equal(got, payload) {
			t.Error("another payload than was stored")
		}
	})
}
