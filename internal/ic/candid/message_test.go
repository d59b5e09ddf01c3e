package candid_test

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/candid"
)

// Each message is written as hex; spaces separate what belongs together.
func TestMessages(t *testing.T) {
	tests := []struct {
		name, types, text, hex string
	}{
		{"nothing", "()", "()", "4449444c 00 00"},
		{"nat, more than 64 bits", "(nat)", "(36_893_488_147_419_103_233)",
			"4449444c 00 017d 81808080808080808004"},
		{"int, two bytes for the sign", "(int)", "(64)", "4449444c 00 017c c000"},
		{"int, negative", "(int)", "(-65)", "4449444c 00 017c bf7f"},
		{"int, less than -2^63", "(int)", "(-9_223_372_036_854_775_809)",
			"4449444c 00 017c ffffffffffffffffff7e"},
		{"fixed sizes", "(nat8, nat16, nat32, nat64, int8, int16, int32, int64)",
			"(1, 2, 3, 4, -1, -2, -3, -4)",
			"4449444c 00 08 7b7a797877767574 01 0200 03000000 0400000000000000" +
				" ff feff fdffffff fcffffffffffffff"},
		{"floats", "(float32, float64)", "(0.5, -2)",
			"4449444c 00 027372 0000003f 00000000000000c0"},
		{"text", "(text)", `("\u{2603}")`, "4449444c 00 0171 03e29883"},
		{"fields sorted by hash", "(record { foo : nat8; bar : nat8 })", "(record { foo = 1; bar = 2 })",
			"4449444c 01 6c02 d3e3aa027b 868eb7027b 0100 02 01"},
		{"missing opt field", "(record { 0 : opt nat8; 1 : null; 2 : reserved })", "(record {})",
			"4449444c 02 6c03 0001 017f 0270 6e7b 0100 00"},
		{"shared types written once", "(vec opt nat8, opt nat8, vec opt nat8)", "(vec { null }, opt 7, vec {})",
			"4449444c 02 6d01 6e7b 03 000100 0100 0107 00"},
		{"variant", "(variant { Ok : text; Err })", "(variant { Err })",
			"4449444c 01 6b02 bc8a0171 c5fed2017f 0100 01"},
		{"recursive", "(List)", "(opt record { head = 1; tail = null })",
			"4449444c 02 6e01 6c02 a0d2aca8047c 90eddae70400 0100 010100"},
		{"func", "(func (nat) -> () query)", `(func "aaaaa-aa".m)`,
			"4449444c 01 6a017d000101 0100 010100 016d"},
		{"service", "(service { b : () -> (); a : () -> () oneway })", `(service "2vxsx-fae")`,
			"4449444c 03 6902 016101 016202 6a00000102 6a000000 0100 010104"},
		{"anything at reserved", "(reserved)", `("x")`, "4449444c 00 0170"},
	}
	const defs = "type List = opt record { head : int; tail : List };"
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			types, err := parseTypes(defs, tt.types)
			if err != nil {
				t.Fatal(err)
			}
			values, err := candid.ParseArgsAs(tt.text, types)
			if err != nil {
				t.Fatal(err)
			}
			got, err := candid.Encode(types, values)
			want := strings.ReplaceAll(tt.hex, " ", "")
			if err != nil || hex.EncodeToString(got) != want {
				t.Errorf("Encode%s = %x, %v\nwant %s", tt.text, got, err, want)
			}
			back, err := candid.Decode(unhex(t, want), types, candid.Quota{})
			if err != nil || !slices.EqualFunc(back, values, candid.Equal) {
				t.Errorf("Decode(%s) = %s, %v", want, candid.Format(back), err)
			}
		})
	}
}

func TestDecodeErrorsSayWhere(t *testing.T) {
	tests := []struct {
		name, types, message string
		offset               int64
		path, text           string
		want                 error
	}{
		{"magic", "()", "DIDX\x00\x00", 0, "", "does not start with DIDL", candid.ErrMagic},
		{"empty", "()", "", 0, "", "DIDL", candid.ErrMagic},
		{"trailing", "(nat8)", "DIDL\x00\x01\x7b\x05\x06", 8, "", "after the last argument", candid.ErrTrailing},
		{"opcode", "()", "DIDL\x01\x7f\x00", 6, "", "type 0: ", candid.ErrTypeTable},
		{"field order", "()", "DIDL\x01\x6c\x02\x05\x7f\x05\x7f\x00", 10, "", "field 5 after 5", candid.ErrTypeTable},
		{"method type", "()", "DIDL\x01\x69\x01\x01a\x7f\x00", 10, "", `method "a" is a null`, candid.ErrTypeTable},
		{"annotation", "()", "DIDL\x01\x6a\x00\x00\x01\x04\x00", 9, "", "function annotation 4", candid.ErrTypeTable},
		{"more types than bytes", "()", "DIDL\x05\x6e\x7f\x00", 4, "", "5 entries announced", candid.ErrTruncated},
		{"length of 65 bits", "(text)", "DIDL\x00\x01\x71\xff\xff\xff\xff\xff\xff\xff\xff\xff\x03", 7, "argument 1", "64 bits", candid.ErrRange},
		{"length of 71 bits", "(text)", "DIDL\x00\x01\x71\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 7, "argument 1", "64 bits", candid.ErrRange},
		{"type of 65 bits", "()", "DIDL\x00\x01\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 6, "", "64 bits", candid.ErrRange},
		{"vector of 2^64 bytes, skipped", "()", "DIDL\x01\x6d\x78\x01\x00\x80\x80\x80\x80\x80\x80\x80\x80\x20", 9, "argument 1", "elements announced", candid.ErrTruncated},
		{"future value with references", "()", "DIDL\x01\x67\x00\x01\x00\x00\x01", 11, "argument 1", "1 references", candid.ErrValue},
		{"after an opt that was null", "(opt vec nat8, bool)", "DIDL\x01\x6d\x7e\x02\x00\x7e\x01\x01\x02", 12, "argument 2", "want 0 or 1", candid.ErrValue},
		{"missing argument", "(nat8, nat8)", "DIDL\x00\x01\x7b\x05", 8, "argument 2", "missing", candid.ErrMissing},
		{"bool", "(bool)", "DIDL\x00\x01\x7e\x02", 7, "argument 1", "want 0 or 1", candid.ErrValue},
		{"utf-8 in a field", "(record { a : vec text })",
			"DIDL\x02\x6c\x01\x61\x01\x6d\x71\x01\x00\x02\x01a\x01\xff", 16, "argument 1.a[1]", "UTF-8", candid.ErrUTF8},
		{"principal too long", "(principal)", "DIDL\x00\x01\x68\x01\x1e" + strings.Repeat("a", 30),
			8, "argument 1", "29 bytes", candid.ErrValue},
		{"opaque reference", "(principal)", "DIDL\x00\x01\x68\x00", 7, "argument 1", "tag 0", candid.ErrValue},
		{"tag out of range", "(variant { a })", "DIDL\x01\x6b\x01\x61\x7f\x01\x00\x01", 11, "argument 1", "tag 1 of", candid.ErrValue},
		{"skipped field", "()", "DIDL\x01\x6c\x01\x05\x7e\x01\x00\x07", 11, "argument 1.5", "want 0 or 1", candid.ErrValue},
		{"value of type empty", "(reserved)", "DIDL\x00\x01\x6f", 7, "argument 1", "no value", candid.ErrValue},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			types, err := parseTypes("", tt.types)
			if err != nil {
				t.Fatal(err)
			}
			_, err = candid.Decode([]byte(tt.message), types, candid.Quota{})
			e, ok := errors.AsType[*candid.DecodeError](err)
			if !ok || !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
				t.Fatalf("Decode(%q) = %v, want a *DecodeError of %q with %q", tt.message, err, tt.want, tt.text)
			}
			if e.Offset != tt.offset || e.Path != tt.path {
				t.Errorf("Decode(%q): byte %d, path %q, want %d and %q", tt.message, e.Offset, e.Path, tt.offset, tt.path)
			}
		})
	}
}

func TestEncodeRefuses(t *testing.T) {
	nat := candid.Prim(candid.KindNat)
	tests := []struct {
		name  string
		typ   *candid.Type
		value candid.Value
		text  string
	}{
		{"other type", nat, candid.Text("x"), "argument 1: want nat, got text"},
		{"no value", nat, nil, "want nat, got nothing"},
		{"int at nat", nat, candid.IntOf(1), "want nat, got int"},
		{"value of opt", candid.OptOf(nat), candid.NatOf(1), "want opt nat, got nat"},
		{"mixed vector", candid.VecOf(nat), candid.Vec{candid.NatOf(1), candid.Bool(true)}, "argument 1[1]: want nat, got bool"},
		{"missing field", recordOf("a", nat), candid.Record{}, "no field a"},
		{"extra field", candid.RecordOf(), candid.RecordWith(field("a", candid.NatOf(1))), "no field a in record {}"},
		{"unknown tag", candid.VariantOf(), candid.Variant{Label: candid.Name("a"), Value: candid.Null{}}, "unknown tag a"},
		{"inside a field", recordOf("a", nat), candid.RecordWith(field("a", candid.Null{})), "argument 1.a: want nat, got null"},
		{"invalid text", candid.Prim(candid.KindText), candid.Text("\xff"), "UTF-8"},
		{"value of empty", candid.Prim(candid.KindEmpty), candid.Null{}, "want empty"},
		{"future type", candid.OptOf(candid.Prim(candid.KindFuture)), candid.Opt{}, "future has no encoding"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := candid.Encode([]*candid.Type{tt.typ}, []candid.Value{tt.value})
			if _, ok := errors.AsType[*candid.EncodeError](err); !ok || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("Encode = %x, %v, want an *EncodeError with %q", b, err, tt.text)
			}
		})
	}
	if _, err := candid.Encode([]*candid.Type{nat}, nil); !errors.Is(err, candid.ErrMissing) {
		t.Errorf("Encode without values = %v, want ErrMissing", err)
	}
}

func TestZeroErrorsPrint(t *testing.T) {
	for _, err := range []error{
		&candid.DecodeError{}, &candid.EncodeError{}, &candid.MismatchError{}, &candid.LimitError{},
		&candid.SyntaxError{}, &candid.SubtypeError{}, &candid.GoTypeError{},
	} {
		if err.Error() == "" {
			t.Errorf("zero %T prints nothing", err)
		}
	}
}

func recordOf(name string, t *candid.Type) *candid.Type {
	return candid.RecordOf(candid.FieldType{Label: candid.Name(name), Type: t})
}

func field(name string, v candid.Value) candid.Field {
	return candid.Field{Label: candid.Name(name), Value: v}
}
