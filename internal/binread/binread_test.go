package binread_test

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/binread"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestLEB128 follows the core specification, "Integers" (binary format).
func TestLEB128(t *testing.T) {
	u32 := func(r *binread.Reader) int64 { return int64(r.U32()) }
	u64 := func(r *binread.Reader) int64 { return int64(r.U64()) }
	s32 := func(r *binread.Reader) int64 { return int64(r.S32()) }
	s33 := (*binread.Reader).S33
	s64 := (*binread.Reader).S64
	for _, tt := range []struct {
		name string
		read func(*binread.Reader) int64
		hex  string
		want int64
		err  error
	}{
		{"u32 zero", u32, "00", 0, nil},
		{"u32 two bytes", u32, "8001", 128, nil},
		{"u32 padded", u32, "8180808000", 1, nil},
		{"u32 max", u32, "ffffffff0f", 1<<32 - 1, nil},
		{"u32 bit 33", u32, "ffffffff1f", 0, binread.ErrIntLarge},
		{"u32 six bytes", u32, "818080808000", 0, binread.ErrIntLong},
		{"u32 cut", u32, "8080", 0, binread.ErrTruncated},
		{"u64 max", u64, "ffffffffffffffffff01", -1, nil},
		{"u64 bit 65", u64, "ffffffffffffffffff03", 0, binread.ErrIntLarge},
		{"u64 eleven bytes", u64, "8080808080808080808000", 0, binread.ErrIntLong},
		{"s32 minus one", s32, "7f", -1, nil},
		{"s32 minus one padded", s32, "ffffffff7f", -1, nil},
		{"s32 min", s32, "8080808078", -1 << 31, nil},
		{"s32 max", s32, "ffffffff07", 1<<31 - 1, nil},
		{"s32 too low", s32, "8080808070", 0, binread.ErrIntLarge},
		{"s32 too high", s32, "8080808008", 0, binread.ErrIntLarge},
		{"s33 opcode", s33, "40", -64, nil},
		{"s33 max", s33, "ffffffff0f", 1<<32 - 1, nil},
		{"s33 too high", s33, "8080808010", 0, binread.ErrIntLarge},
		{"s64 min", s64, "8080808080808080807f", -1 << 63, nil},
		{"s64 max", s64, "ffffffffffffffffff00", 1<<63 - 1, nil},
		{"s64 stray bits", s64, "ffffffffffffffffff01", 0, binread.ErrIntLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := binread.New(unhex(t, tt.hex), binread.Options{})
			got := tt.read(r)
			if got != tt.want || !errors.Is(r.Err(), tt.err) {
				t.Errorf("%s = %d, %v, want %d, %v", tt.hex, got, r.Err(), tt.want, tt.err)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	entries := int64(3)
	for _, tt := range []struct {
		name   string
		hex    string
		opts   binread.Options
		read   func(*binread.Reader)
		want   error
		offset int64
	}{
		{"byte", "", binread.Options{Base: 7}, func(r *binread.Reader) { r.Byte() }, binread.ErrTruncated, 7},
		{"peek", "", binread.Options{}, func(r *binread.Reader) { r.Peek() }, binread.ErrTruncated, 0},
		{"bytes", "0102", binread.Options{}, func(r *binread.Reader) { r.Bytes(3) }, binread.ErrTruncated, 0},
		{"bytes over an int", "01", binread.Options{}, func(r *binread.Reader) { r.Bytes(1<<32 - 1) }, binread.ErrTruncated, 0},
		{"count", "0302", binread.Options{}, func(r *binread.Reader) { r.Count(1) }, binread.ErrTruncated, 0},
		{"count of pairs", "02 000000", binread.Options{}, func(r *binread.Reader) { r.Count(2) }, binread.ErrTruncated, 0},
		{"count over the budget", "04 00000000", binread.Options{Entries: &entries},
			func(r *binread.Reader) { r.Count(1) }, binread.ErrEntries, 1},
		{"name", "02 fffe", binread.Options{Base: 10}, func(r *binread.Reader) { r.Name() }, binread.ErrUTF8, 11},
		{"name past the end", "03 6162", binread.Options{}, func(r *binread.Reader) { r.Name() }, binread.ErrTruncated, 1},
		{"sub", "01", binread.Options{}, func(r *binread.Reader) { r.Sub(2, "x") }, binread.ErrTruncated, 0},
		{"bad byte", "01ff", binread.Options{}, func(r *binread.Reader) { r.Byte(); r.BadByte(r.Byte(), "a kind") }, nil, 1},
		{"trailing", "0102", binread.Options{}, func(r *binread.Reader) { r.Byte(); _ = r.Done() }, binread.ErrTrailing, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := binread.New(unhex(t, tt.hex), tt.opts)
			tt.read(r)
			e, ok := errors.AsType[*binread.Error](r.Err())
			if !ok || tt.want != nil && !errors.Is(e, tt.want) || e.Offset != tt.offset {
				t.Errorf("error = %v, want %v at %d", r.Err(), tt.want, tt.offset)
			}
			if r.Len() != 0 || r.Byte() != 0 || r.Count(1) != 0 || r.Name() != "" {
				t.Errorf("a reader that failed still reads")
			}
		})
	}
}

func TestBudgetIsShared(t *testing.T) {
	entries := int64(3)
	r := binread.New(unhex(t, "02 0000 02 0000"), binread.Options{Entries: &entries})
	if n := r.Sub(3, "first").Count(1); n != 2 {
		t.Fatalf("count = %d, want 2", n)
	}
	if r.Count(1); !errors.Is(r.Err(), binread.ErrEntries) {
		t.Errorf("error = %v, want %v", r.Err(), binread.ErrEntries)
	}
}

func TestSubKeepsOffsets(t *testing.T) {
	r := binread.New(unhex(t, "00 0102 03"), binread.Options{Base: 100, Section: "outer"})
	r.Byte()
	s := r.Sub(2, "inner")
	s.Byte()
	s.Fail(errors.New("cause"))
	r.Fail(s.Err())
	r.Fail(errors.New("later"))
	if got, want := r.Err().Error(), "inner at offset 0x66: cause"; got != want {
		t.Errorf("error = %q, want %q", got, want)
	}
}

func TestBytesCannotGrowIntoWhatFollows(t *testing.T) {
	data := unhex(t, "0102")
	r := binread.New(data, binread.Options{})
	_ = append(r.Bytes(1), 0xff)
	if data[1] != 2 {
		t.Errorf("append to a slice changed the input: %x", data)
	}
}

func TestErrorZeroValue(t *testing.T) {
	if got := new(binread.Error).Error(); got == "" {
		t.Errorf("zero Error has no text")
	}
}

// FuzzLEB128 checks that an integer is accepted exactly when a wider one with the
// same value is, and that no more is read than the width allows.
func FuzzLEB128(f *testing.F) {
	for _, s := range []string{"00", "ffffffff0f", "ffffffff1f", "8180808000", "8080808078", "818080808000"} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		narrow, wide := binread.New(b, binread.Options{}), binread.New(b, binread.Options{})
		n, w := uint64(narrow.U32()), wide.U64()
		fits := wide.Err() == nil && w < 1<<32 && len(b)-wide.Len() <= 5
		if (narrow.Err() == nil) != fits || fits && n != w {
			t.Errorf("U32(%x) = %d, %v; U64 = %d, %v", b, n, narrow.Err(), w, wide.Err())
		}
		narrow, wide = binread.New(b, binread.Options{}), binread.New(b, binread.Options{})
		sn, sw := int64(narrow.S32()), wide.S64()
		fits = wide.Err() == nil && sw == int64(int32(sw)) && len(b)-wide.Len() <= 5
		if (narrow.Err() == nil) != fits || fits && sn != sw {
			t.Errorf("S32(%x) = %d, %v; S64 = %d, %v", b, sn, narrow.Err(), sw, wide.Err())
		}
	})
}
