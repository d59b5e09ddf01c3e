package binary_test

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/internal/binread"
)

const preamble = "0061736d 0d000100 "

// unhex decodes hex with spaces.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatalf("hex %q: %v", s, err)
	}
	return b
}

func TestDecodeRefuses(t *testing.T) {
	for _, tt := range []struct {
		name    string
		hex     string
		limits  binary.Limits
		want    error // nil for any
		section string
		offset  int64
	}{
		{name: "empty", hex: "", want: binary.ErrNotWasm, section: "preamble"},
		{name: "text", hex: "286d6f64756c6529", want: binary.ErrNotWasm, section: "preamble"},
		{name: "cut preamble", hex: "0061736d 0d00", want: binread.ErrTruncated, section: "preamble"},
		{name: "core module", hex: "0061736d 01000000", want: binary.ErrCoreModule, section: "preamble"},
		{name: "older version", hex: "0061736d 0c000100", want: binary.ErrVersion, section: "preamble"},
		{name: "unknown layer", hex: "0061736d 0d000200", want: binary.ErrVersion, section: "preamble"},
		{name: "unknown section", hex: preamble + "0d00", offset: 8},
		{name: "section past the end", hex: preamble + "0702 00", want: binread.ErrTruncated, offset: 10},
		{name: "size in six bytes", hex: preamble + "07 818080808000", want: binread.ErrIntLong, offset: 9},
		{name: "size over 32 bits", hex: preamble + "07 8180808070", want: binread.ErrIntLarge, offset: 9},
		{name: "count past the end", hex: preamble + "0704 bf843d 73", want: binread.ErrTruncated,
			section: "type section", offset: 10},
		{name: "bytes after the last entry", hex: preamble + "0703 01 73 73", want: binread.ErrTrailing,
			section: "type section", offset: 12},
		{name: "unknown type", hex: preamble + "0702 01 62", section: "type section", offset: 11},
		{name: "name not UTF-8", hex: preamble + "0003 02 fffe", want: binread.ErrUTF8,
			section: "custom section", offset: 11},
		{name: "component for a module", hex: preamble + "0108 0061736d 0d000100", want: binary.ErrComponent,
			section: "core module section", offset: 10},
		{name: "module for a component", hex: preamble + "0408 0061736d 01000000", want: binary.ErrCoreModule,
			section: "preamble", offset: 10},
		{name: "nesting", hex: nested(t, 3), limits: binary.Limits{MaxNesting: 2}, want: binary.ErrNesting,
			section: "component section", offset: 30},
		{name: "type nesting", hex: preamble + "070d 01 4201 01 4201 01 4201 01 4200 00",
			limits: binary.Limits{MaxNesting: 2}, want: binary.ErrNesting, section: "type section", offset: 18},
		{name: "size", hex: preamble + "0702 01 73", limits: binary.Limits{MaxBytes: 11}, want: binary.ErrTooLarge},
		{name: "entries", hex: preamble + "0705 04 73737373", limits: binary.Limits{MaxEntries: 4},
			want: binread.ErrEntries, section: "type section", offset: 11},
		{name: "entries of nested components", hex: nested(t, 3), limits: binary.Limits{MaxEntries: 2},
			want: binread.ErrEntries, offset: 30},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := binary.Decode(unhex(t, tt.hex), tt.limits)
			e, ok := errors.AsType[*binary.DecodeError](err)
			if !ok || tt.want != nil && !errors.Is(err, tt.want) {
				t.Fatalf("Decode = %v, want a *DecodeError of %v", err, tt.want)
			}
			if e.Section != tt.section || e.Offset != tt.offset {
				t.Errorf("Decode = %v in %q at %d, want in %q at %d", err, e.Section, e.Offset, tt.section, tt.offset)
			}
		})
	}
}

// nested is n components, each the only section of the one around it.
func nested(t *testing.T, n int) string {
	t.Helper()
	b := unhex(t, preamble)
	for range n {
		b = append(append(unhex(t, preamble), 0x04, byte(len(b))), b...)
	}
	return hex.EncodeToString(b)
}

func TestDecodeErrorZeroValue(t *testing.T) {
	if got := new(binary.DecodeError).Error(); got == "" {
		t.Errorf("zero DecodeError has no text")
	}
}

func TestDecodeSlicesItsInput(t *testing.T) {
	b := unhex(t, preamble+"0108 0061736d 01000000 0005 026869 0102")
	c, err := binary.Decode(b, binary.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	m, ok := c.Defs[0].(*binary.CoreModule)
	if !ok || m.Pos() != 10 || &m.Bytes[0] != &b[10] || len(m.Bytes) != 8 {
		t.Errorf("definition 0 = %+v, want the module at offset 10 as a slice of the input", c.Defs[0])
	}
	if x := c.Customs[0]; x.Name != "hi" || &x.Data[0] != &b[23] || x.Before != 1 {
		t.Errorf("custom section = %+v, want \"hi\" after one definition, as a slice of the input", x)
	}
}
