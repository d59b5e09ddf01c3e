package candid_test

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// What a text means when nothing says which types are expected.
func TestParseArgs(t *testing.T) {
	big128, _ := new(big.Int).SetString("340282366920938463463374607431768211455", 10)
	anon := principal.Anonymous()
	tests := []struct {
		name, text string
		want       candid.Value
	}{
		{"number", "5", candid.IntOf(5)},
		{"negative", "-5", candid.IntOf(-5)},
		{"plus and space", "+ 5", candid.IntOf(5)},
		{"underscores", "1_000_000", candid.IntOf(1000000)},
		{"hex", "0xFF_ff", candid.IntOf(0xffff)},
		{"negative hex", "-0x10", candid.IntOf(-16)},
		{"leading zeros", "007", candid.IntOf(7)},
		{"large", big128.String(), candid.IntFromBig(big128)},
		{"float", "1.5", candid.Float64(1.5)},
		{"float without fraction", "3.", candid.Float64(3)},
		{"float without whole", "-.5", candid.Float64(-0.5)},
		{"exponent", "1_0e-1", candid.Float64(1)},
		{"hex float", "0x1.8p1", candid.Float64(3)},
		{"hex float without exponent", "0x1.8", candid.Float64(1.5)},
		{"infinity", "-inf", candid.Float64(math.Inf(-1))},
		{"annotated", "5 : nat8", candid.Nat8(5)},
		{"annotated twice", "(5 : nat) : int", candid.IntOf(5)},
		{"float32", "1.5 : float32", candid.Float32(1.5)},
		{"integer as float", "2 : float64", candid.Float64(2)},
		{"text", `"a\n\t\\\"\'\41\u{1F_600}"`, candid.Text("a\n\t\\\"'A\U0001f600")},
		{"blob", `blob "\de\ADa☃"`, candid.Blob("\xde\xada\xe2\x98\x83")},
		{"vec nat8", "vec { 1; 2 } : vec nat8", candid.Blob{1, 2}},
		{"null", "null", candid.Null{}},
		{"null as opt", "null : opt nat", candid.Opt{}},
		{"opt", "opt 1", candid.Opt{Some: candid.IntOf(1)}},
		{"opt binds tighter than a type", "opt 1 : opt nat8", candid.Opt{Some: candid.Nat8(1)}},
		{"empty vec", "vec {}", candid.Vec{}},
		{"vec", "vec { true; false; }", candid.Vec{candid.Bool(true), candid.Bool(false)}},
		{"tuple", `record { 1; "a" }`, candid.Record{
			{Value: candid.IntOf(1)}, {Label: candid.Label{ID: 1}, Value: candid.Text("a")}}},
		{"numbers and names", `record { 5 = 1; 2; "x y" = 3; a = 4 }`, candid.RecordWith(
			candid.Field{Label: candid.Label{ID: 5}, Value: candid.IntOf(1)},
			candid.Field{Label: candid.Label{ID: 6}, Value: candid.IntOf(2)},
			field("x y", candid.IntOf(3)), field("a", candid.IntOf(4)))},
		{"tag", "variant { ok }", candid.Variant{Label: candid.Name("ok"), Value: candid.Null{}}},
		{"tag with value", "variant { 0x10 = 1 }", candid.Variant{Label: candid.Label{ID: 16}, Value: candid.IntOf(1)}},
		{"principal", `principal "2vxsx-fae"`, candid.Principal{ID: anon}},
		{"service", `service "2vxsx-fae"`, candid.Service{ID: anon}},
		{"func", `func "2vxsx-fae".get`, candid.Func{Service: anon, Method: "get"}},
		{"func with quotes", `func "2vxsx-fae"."x y"`, candid.Func{Service: anon, Method: "x y"}},
		{"reserved", "5 : reserved", candid.Reserved{}},
		{"comments", "/* a /* b */ c */ 5 // d", candid.IntOf(5)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := candid.ParseArgs("(" + tt.text + "\n)")
			if err != nil || len(got) != 1 || !candid.Equal(got[0], tt.want) {
				t.Errorf("ParseArgs(%q) = %v, %v, want %#v", tt.text, got, err, tt.want)
			}
		})
	}
}

func TestParseArgsRefuses(t *testing.T) {
	tests := []struct {
		name, text string
		line, col  int
		want       string
	}{
		{"no parenthesis", "5", 1, 1, `want "(", got "5"`},
		{"not closed", "(5", 1, 3, `want ")", got the end`},
		{"after the end", "(5) 6", 1, 5, `unexpected "6"`},
		{"two values", "(5 6)", 1, 4, `want ")", got "6"`},
		{"bare word", "(foo)", 1, 2, `want a number, got "foo"`},
		{"second line", "(5,\n  ☃)", 2, 3, `unexpected character '☃'`},
		{"column counts characters", `("☃☃" ?`, 1, 7, "unexpected character '?'"},
		{"text not closed", `("abc`, 1, 2, "text is not closed"},
		{"comment not closed", "(/* /* */", 1, 2, "comment is not closed"},
		{"escape", `("a\q")`, 1, 4, `unknown escape \q`},
		{"surrogate", `("\u{d800}")`, 1, 3, "out of range"},
		{"code point", `("\u{110000}")`, 1, 3, "out of range"},
		{"half a code point", `("\u{12")`, 1, 3, "unicode escape"},
		{"invalid text", `("\ff")`, 1, 2, "not valid UTF-8"},
		{"hex without digits", "(0x)", 1, 4, "without digits"},
		{"float too large", "(1e999)", 1, 2, "out of range"},
		{"annotation", "(300 : nat8)", 1, 8, "300 does not fit nat8"},
		{"negative nat", "(-1 : nat)", 1, 7, "-1 does not fit nat"},
		{"annotation mismatch", `("a" : nat)`, 1, 8, "want nat, got text"},
		{"unknown type", "(5 : Foo)", 1, 6, "type Foo is not defined"},
		{"same field twice", "(record { a = 1; a = 2 })", 1, 9, "two fields"},
		{"same hash", "(record { a = 1; 97 = 2 })", 1, 9, "a and 97"},
		{"field id", "(record { 4294967296 = 1 })", 1, 11, "field id 4294967296"},
		{"field after the last", "(record { 4294967295 = 1; 2 })", 1, 27, "after the last id"},
		{"keyword as a name", "(record { query = 1 })", 1, 11, "needs quotes"},
		{"empty variant", "(variant {})", 1, 11, "want a name"},
		{"principal", `(principal "2vxsx-fai")`, 1, 12, "checksum"},
		{"keyword as a value", "(type)", 1, 6, `got keyword "type"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, err := candid.ParseArgs(tt.text)
			e, ok := errors.AsType[*candid.SyntaxError](err)
			if !ok || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("ParseArgs(%q) = %v, %v, want a *SyntaxError with %q", tt.text, v, err, tt.want)
			}
			if e.Line != tt.line || e.Column != tt.col {
				t.Errorf("ParseArgs(%q): at %d:%d, want %d:%d (%v)", tt.text, e.Line, e.Column, tt.line, tt.col, err)
			}
		})
	}
}

// What a text means when a .did says which types are expected.
func TestParseArgsAs(t *testing.T) {
	tests := []struct {
		name, types, text, want string
	}{
		{"numbers", "(nat8, int, float32)", "(5, 6, 7)", "(5 : nat8, 6 : int, 7.0 : float32)"},
		{"named fields", "(record { head : nat64 })", "(record { head = 1_000 })", "(record { head = 1_000 : nat64 })"},
		{"unknown fields are dropped", "(record {})", "(record { a = 1 })", "(record {})"},
		{"missing arguments", "(nat, opt nat, null, reserved)", "(1)", "(1 : nat, null, null : null, null : reserved)"},
		{"vec to blob", "(blob)", "(vec { 1; 255 })", `(blob "\01\ff")`},
		{"recursive", "(L)", "(opt record { 1; null })", "(opt record { 1 : nat16; null })"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			types, err := parseTypes("type L = opt record { nat16; L };", tt.types)
			if err != nil {
				t.Fatal(err)
			}
			got, err := candid.ParseArgsAs(tt.text, types)
			if err != nil || candid.Format(got) != tt.want {
				t.Errorf("ParseArgsAs(%q) = %s, %v, want %s", tt.text, candid.Format(got), err, tt.want)
			}
		})
	}
}

func TestParseArgsAsRefuses(t *testing.T) {
	tests := []struct {
		name, types, text, want string
	}{
		{"too many", "(nat)", "(1, 2)", "arguments: want at most 1, got 2"},
		{"too few", "(nat, text)", "(1)", "argument 2: missing argument of type text"},
		{"value for opt", "(opt nat)", "(1)", "argument 1: want opt nat, got int"},
		{"range", "(int8)", "(128)", "128 does not fit int8"},
		{"deep", "(record { a : vec nat8 })", "(record { a = vec { 1; 256 } })", "argument 1.a[1]: number out of range"},
		{"annotation differs", "(nat)", "(1 : nat8)", "want nat, got nat8"},
		{"tag", "(variant { a; b : nat })", "(variant { c })", "unknown tag c, want variant { a; b : nat }"},
		{"missing field", "(record { a : nat })", "(record {})", "no field a"},
		{"blob is no vec of text", "(vec text)", `(blob "a")`, "argument 1[0]: want text, got nat8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			types, err := parseTypes("", tt.types)
			if err != nil {
				t.Fatal(err)
			}
			got, err := candid.ParseArgsAs(tt.text, types)
			if _, ok := errors.AsType[*candid.EncodeError](err); !ok || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("ParseArgsAs(%q) = %v, %v, want an *EncodeError with %q", tt.text, got, err, tt.want)
			}
		})
	}
}

func TestIntegerRanges(t *testing.T) {
	for _, tt := range []struct{ typ, min, max, below, above string }{
		{"nat8", "0", "255", "-1", "256"},
		{"nat16", "0", "65535", "-1", "65536"},
		{"nat32", "0", "4294967295", "-1", "4294967296"},
		{"nat64", "0", "18446744073709551615", "-1", "18446744073709551616"},
		{"int8", "-128", "127", "-129", "128"},
		{"int16", "-32768", "32767", "-32769", "32768"},
		{"int32", "-2147483648", "2147483647", "-2147483649", "2147483648"},
		{"int64", "-9223372036854775808", "9223372036854775807", "-9223372036854775809", "9223372036854775808"},
	} {
		for _, n := range []string{tt.min, tt.max} {
			v, err := candid.ParseArgs("(" + n + " : " + tt.typ + ")")
			if err != nil || strings.ReplaceAll(candid.Format(v), "_", "") != "("+n+" : "+tt.typ+")" {
				t.Errorf("%s : %s = %v, %v", n, tt.typ, v, err)
			}
		}
		for _, n := range []string{tt.below, tt.above} {
			if v, err := candid.ParseArgs("(" + n + " : " + tt.typ + ")"); !errors.Is(err, candid.ErrRange) {
				t.Errorf("%s : %s = %v, %v, want ErrRange", n, tt.typ, v, err)
			}
		}
	}
}

// The layout of candid's own tools.
func TestFormat(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing", "()", "()"},
		{"one line", `("a", true)`, `("a", true)`},
		{"digits in groups", "(1234 : nat64, -123 : int16, 123456 : nat)", "(1_234 : nat64, -123 : int16, 123_456 : nat)"},
		{"floats", "(1.0, 1e300, 1e-9, 0.1 : float32)", "(1.0 : float64, 1e+300 : float64, 1e-09 : float64, 0.1 : float32)"},
		{"opt of a number", "(opt 5)", "(opt (5 : int))"},
		{"opt of opt of null", "(opt opt null)", "(opt opt (null : null))"},
		{"tuple", "(record { true; false })", "(record { true; false })"},
		{"numbers of fields", "(record { 17724 = true })", "(record { 17_724 = true })"},
		{"quoted names", `(record { "x y" = true })`, `(record { "x y" = true })`},
		{"readable blob", `(blob "it\27s")`, `(blob "it\27s")`},
		{"other blob", `(blob "\00a")`, `(blob "\00\61")`},
		{"escapes", `("\n\u{7}\"it's")`, `("\n\u{7}\"it's")`},
		{"tag", "(variant { ok })", "(variant { ok })"},
		{"broken", `(record { a = "` + strings.Repeat("x", 60) + `"; b = variant { c = true } })`, `(
  record {
    a = "` + strings.Repeat("x", 60) + `";
    b = variant { c = true };
  },
)`},
		{"just fits", `("` + strings.Repeat("x", 76) + `")`, `("` + strings.Repeat("x", 76) + `")`},
		{"just does not", `("` + strings.Repeat("x", 77) + `")`, "(\n  \"" + strings.Repeat("x", 77) + "\",\n)"},
		{"variant has no separator", `(variant { c = opt vec { "` + strings.Repeat("x", 70) + `" } })`, `(
  variant {
    c = opt vec {
      "` + strings.Repeat("x", 70) + `";
    }
  },
)`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, err := candid.ParseArgs(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if got := candid.Format(v); got != tt.want {
				t.Errorf("Format(%s) =\n%s\nwant\n%s", tt.text, got, tt.want)
			}
		})
	}
}

// A value deeper than the layout opens, and a vector longer than it, are one line.
func TestFormatKeepsLargeValuesFlat(t *testing.T) {
	deep, err := candid.ParseArgs("(" + strings.Repeat("opt ", 900) + `"x")`)
	if err != nil {
		t.Fatal(err)
	}
	if got := candid.Format(deep); strings.Count(got, "\n") > 15 {
		t.Errorf("deep value takes %d lines", strings.Count(got, "\n"))
	}
	long := []candid.Value{slices.Repeat(candid.Vec{candid.Text("abcdefghijk")}, 1000)}
	if got := candid.Format(long); strings.Count(got, "\n") != 2 {
		t.Errorf("long vector takes %d lines", strings.Count(got, "\n"))
	}
}
