package coretype_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component/internal/coretype"
	"github.com/berth-cli/berth/internal/binread"
)

const preamble = "0061736d 01000000 "

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParse(t *testing.T) {
	wasm := unhex(t, preamble+
		"01 0b 02 6002 7f7e 017d 6001 6f 00"+ // (i32 i64) -> f32, (externref) -> ()
		"02 26 05"+
		"016d 0166 00 00"+ // func
		"016d 0174 01 70 01 01 02"+ // table, funcref 1..2
		"016d 016d 02 03 01 02"+ // memory, shared 1..2
		"016d 0167 03 7f 01"+ // mut i32
		"016d 0178 04 00 01"+ // tag
		"03 02 01 01"+ // function of type 1
		"04 09 01 40 00 6f 00 05 d0 6f 0b"+ // table of externref, 5, initially null
		"05 03 01 04 01"+ // memory of 64 bits
		"06 09 01 7e 00 42 01 42 02 7c 0b"+ // global of i64, 1 + 2
		"07 15 05 0166 00 01 0174 01 01 016d 02 01 0167 03 01 0178 04 00"+
		"0a 04 01 02 00 0b")
	m, err := coretype.Parse(wasm, coretype.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range m.Imports {
		got = append(got, fmt.Sprintf("%s.%s %s", i.Module, i.Name, i.Type))
	}
	for _, e := range m.Exports {
		got = append(got, fmt.Sprintf("%s %s", e.Name, e.Type))
	}
	want := []string{
		"m.f (func (param i32 i64) (result f32))",
		"m.t (table 1 2 (ref null func))",
		"m.m (memory 1 2 shared)",
		"m.g (global (mut i32))",
		"m.x (tag (func (param (ref null extern))))",
		"f (func (param (ref null extern)))",
		"t (table 5 (ref null extern))",
		"m (memory i64 1)",
		"g (global i64)",
		"x (tag (func (param (ref null extern))))",
	}
	if !slices.Equal(got, want) {
		t.Errorf("Parse =\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		hex    string
		want   error // nil for any
		offset int64
	}{
		{"not a module", "00", coretype.ErrNotModule, 0},
		{"component", "0061736d 0d000100", coretype.ErrNotModule, 0},
		{"unknown section", preamble + "0e00", nil, 8},
		{"section twice", preamble + "010100 010100", nil, 11},
		{"section out of order", preamble + "030100 010100", nil, 11},
		{"code before the count of data", preamble + "0a0100 0c0100", nil, 11},
		{"unknown type index", preamble + "02 07 01 0161 0162 00 00", nil, 11},
		{"tag with results", preamble + "01 05 01 60 00 017f 02 08 01 0161 0162 04 00 00", nil, 18},
		{"duplicate import", preamble + "02 0f 02 0161 0162 03 7f00 0161 0162 03 7f00", nil, 18},
		{"duplicate export", preamble + "05 03 01 00 01 07 09 02 0161 02 00 0161 02 00", nil, 20},
		{"unknown export", preamble + "07 05 01 0161 00 00", nil, 11},
		{"memory over its bound", preamble + "02 0a 01 0161 0162 02 00 818004", nil, 11},
		{"maximum under the minimum", preamble + "02 09 01 0161 0162 02 01 02 01", nil, 11},
		{"shared memory without a maximum", preamble + "02 08 01 0161 0162 02 02 01", nil, 11},
		{"page size", preamble + "05 04 01 08 01 03", nil, 13},
		{"value type", preamble + "01 05 01 60 01 00 00", nil, 13},
		{"not a constant expression", preamble + "06 06 01 7f 00 41 00 0f", nil, 15},
		{"count", preamble + "01 03 ff ff 03", binread.ErrTruncated, 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := coretype.Parse(unhex(t, tt.hex), coretype.Options{})
			e, ok := errors.AsType[*binread.Error](err)
			if !ok || tt.want != nil && !errors.Is(err, tt.want) || e.Offset != tt.offset {
				t.Errorf("Parse(%s) = %v, want %v at %#x", tt.hex, err, tt.want, tt.offset)
			}
		})
	}
}

func TestParseBudget(t *testing.T) {
	_, err := coretype.Parse(unhex(t, preamble+"03 04 03 00 00 00"), coretype.Options{MaxEntries: 2})
	if !errors.Is(err, binread.ErrEntries) {
		t.Errorf("Parse = %v, want %v", err, binread.ErrEntries)
	}
}

// FuzzParse checks that errors have a place, and that a module's type stands for
// itself and prints.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		preamble,
		preamble + "01 0b 02 6002 7f7e 017d 6001 6f 00 03 02 01 01 07 05 01 0166 00 00",
		preamble + "05 03 01 04 01 07 05 01 016d 02 00",
		preamble + "01 07 01 4e 01 50 00 5f 00",
	} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := coretype.Parse(b, coretype.Options{MaxEntries: 10_000})
		if err != nil {
			if _, ok := errors.AsType[*binread.Error](err); !ok {
				t.Fatalf("Parse = %v, want a *binread.Error", err)
			}
			return
		}
		if err := coretype.MatchModule(m, m); err != nil {
			t.Errorf("module does not match itself: %v", err)
		}
		for _, e := range m.Exports {
			if e.Type.String() == "" {
				t.Errorf("export %q has no text", e.Name)
			}
		}
	})
}
