package plugin_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/berth-cli/berth/plugin"
)

func series(n int, arg func(i int) []byte) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = arg(i)
	}
	return out
}

func TestCompare(t *testing.T) {
	long := bytes.Repeat([]byte("x"), 300)
	for _, tt := range []struct {
		name string
		args [][]byte
		want string
	}{
		{"one", [][]byte{{1}}, "arguments were the same"},
		{"the same", series(9, func(int) []byte { return []byte("abc") }), "arguments were the same"},
		{"empty", series(9, func(int) []byte { return []byte{} }), "arguments were the same"},
		{"a byte", [][]byte{[]byte("abc"), []byte("axc"), []byte("abc")}, "arguments differ only in byte 1"},
		{"counting", series(20, func(i int) []byte { return []byte{7, byte(i), 7} }), "arguments differ only in byte 1, counting up"},
		{"down", series(20, func(i int) []byte { return []byte{7, byte(90 - i), 7} }), "arguments differ only in byte 1, counting down"},
		{"LEB128", series(600, func(i int) []byte { return []byte{7, byte(i) | 0x80, byte(i >> 7), 9} }), "arguments differ only in bytes 1-2, counting up"},
		{"text", series(30, func(i int) []byte { return fmt.Appendf(nil, "page=%02d;", i) }), "arguments differ only in bytes 5-6, counting up"},
		{"growing", series(12, func(i int) []byte { return fmt.Appendf(nil, "<%d>", i+5) }), "arguments differ only in 1 to 2 bytes at byte 1, counting up"},
		{"inserted", [][]byte{[]byte("aa"), []byte("aaa")}, "arguments differ only in 0 to 1 bytes at byte 2"},
		{"nothing in common", [][]byte{[]byte("ab"), []byte("xyz")}, "arguments differ only in 2 to 3 bytes at byte 0"},
		{"long and the same", [][]byte{long, long}, "arguments were the same"},
		{"long", [][]byte{long, append(long[:299:299], 'y')}, "arguments differ"},
		{"unknown and the same", [][]byte{nil, nil}, "arguments were the same"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := plugin.Compare(tt.args...); got != tt.want {
				t.Errorf("Compare = %q, want %q", got, tt.want)
			}
		})
	}
}

// FuzzCompare checks that any arguments can be compared, and that only equal ones
// are called so.
func FuzzCompare(f *testing.F) {
	f.Add([]byte("abc"), []byte("abd"), []byte("a"))
	f.Add([]byte{}, []byte{0}, []byte{0, 0})
	f.Add([]byte("aa"), []byte("aaa"), []byte("aaaa"))
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		same := bytes.Equal(a, b) && bytes.Equal(b, c)
		if got := plugin.Compare(a, b, c, a, b, c, b); (got == "arguments were the same") != same {
			t.Errorf("Compare(%x, %x, %x) = %q", a, b, c, got)
		}
	})
}
