package wasmbin_test

import (
	"bytes"
	"testing"

	"github.com/berth-cli/berth/engine/internal/wasmbin"
	"github.com/berth-cli/berth/internal/binread"
)

// What is appended reads back, and is as short as the specification's "Integers"
// allow.
func TestAppendNumbers(t *testing.T) {
	for _, tt := range []struct {
		v    int64
		want []byte // in signed LEB128
	}{
		{0, []byte{0}},
		{63, []byte{0x3f}},
		{64, []byte{0xc0, 0}},
		{-1, []byte{0x7f}},
		{-64, []byte{0x40}},
		{-65, []byte{0xbf, 0x7f}},
		{1<<63 - 1, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0}},
		{-1 << 63, []byte{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f}},
	} {
		got := wasmbin.AppendSigned(nil, tt.v)
		if !bytes.Equal(got, tt.want) {
			t.Errorf("AppendSigned(%d) = %x, want %x", tt.v, got, tt.want)
		}
		if back := binread.New(got, binread.Options{}).S64(); back != tt.v {
			t.Errorf("%d reads back as %d", tt.v, back)
		}
	}
	for _, v := range []uint32{0, 1, 127, 128, 1<<14 - 1, 1 << 14, 1<<32 - 1} {
		r := binread.New(wasmbin.AppendU32(nil, v), binread.Options{})
		if got := r.U32(); got != v || r.Done() != nil {
			t.Errorf("%d reads back as %d, %v", v, got, r.Err())
		}
	}
}

func TestAppendSection(t *testing.T) {
	out := wasmbin.AppendSection([]byte{9}, wasmbin.SecData, []byte{1}, nil, wasmbin.AppendBytes(nil, "ab"))
	if want := []byte{9, 11, 4, 1, 2, 'a', 'b'}; !bytes.Equal(out, want) {
		t.Errorf("AppendSection = %x, want %x", out, want)
	}
}

// WebAssembly core specification, "Modules" (binary format).
func TestOrder(t *testing.T) {
	all := []byte{1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11}
	for _, tt := range []struct {
		name string
		ids  []byte
		ok   bool
	}{
		{"none", nil, true},
		{"all", all, true},
		{"some", []byte{1, 13, 12, 11}, true},
		{"one twice", []byte{1, 1}, false},
		{"tag before memory", []byte{13, 5}, false},
		{"tag after global", []byte{6, 13}, false},
		{"data count after code", []byte{10, 12}, false},
		{"data before code", []byte{11, 10}, false},
		{"unknown", []byte{14}, false},
		{"largest", []byte{255}, false},
		{"custom", []byte{0}, false},
	} {
		var o wasmbin.Order
		ok := true
		for _, id := range tt.ids {
			ok = ok && o.Next(id)
		}
		if ok != tt.ok {
			t.Errorf("%s: in order: %v, want %v", tt.name, ok, tt.ok)
		}
	}
}
