package candid_test

import (
	"bytes"
	"encoding/hex"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/candid"
)

// small keeps a fuzzer's messages cheap.
func small() candid.Quota { return candid.Quota{MaxValues: 20_000, MaxDepth: 200, MaxTypes: 1000} }

// What a message says, written again, is the same values; written twice, the same
// bytes; and as text, the same values once more.
func FuzzDecodeUntyped(f *testing.F) {
	for _, m := range seedMessages(f) {
		f.Add(m)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		values, err := candid.DecodeUntyped(b, small())
		if err != nil {
			return
		}
		types, err := candid.ReadTypes(b, small())
		if err != nil {
			t.Fatalf("ReadTypes: %v", err)
		}
		roundTrip(t, types, values)
	})
}

// The same for messages read at other types than their own.
func FuzzDecode(f *testing.F) {
	for _, m := range seedMessages(f) {
		f.Add(m)
	}
	types, err := parseTypes(`
		type List = opt record { head : int; tail : List };
		type Any = variant { Ok : record { result : blob }; Err : variant { CallFailed : record { reason : text }; UnauthorizedUser } };`,
		`(List, Any, opt func () -> (opt Any), vec opt record { 0 : opt nat; 1 : reserved })`)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, typ := range types {
			want := []*candid.Type{typ}
			values, err := candid.Decode(b, want, small())
			if err == nil {
				roundTrip(t, want, values)
			}
		}
	})
}

func roundTrip(t *testing.T, types []*candid.Type, values []candid.Value) {
	once, err := candid.Encode(types, values)
	if err != nil {
		if strings.Contains(err.Error(), "future has no encoding") {
			return
		}
		t.Fatalf("Encode(%s): %v", candid.Format(values), err)
	}
	back, err := candid.Decode(once, types, candid.Quota{})
	if err != nil || !slices.EqualFunc(back, values, candid.Equal) {
		t.Fatalf("Decode(%x) = %s, %v, want %s", once, candid.Format(back), err, candid.Format(values))
	}
	if twice, err := candid.Encode(types, back); err != nil || !bytes.Equal(once, twice) {
		t.Fatalf("Encode gives %x, then %x, %v", once, twice, err)
	}
	text := candid.Format(values)
	again, err := candid.ParseArgsAs(text, types)
	if err != nil {
		t.Fatalf("ParseArgsAs(%s): %v", text, err)
	}
	if !slices.EqualFunc(again, values, sameButNaN) {
		t.Fatalf("ParseArgsAs(%s) = %s", text, candid.Format(again))
	}
}

// sameButNaN is Equal for values that went through text, where there is one NaN.
func sameButNaN(a, b candid.Value) bool {
	return candid.Equal(a, b) || hasNaN(a) && candid.FormatValue(a) == candid.FormatValue(b)
}

func hasNaN(v candid.Value) bool {
	switch v := v.(type) {
	case candid.Float32:
		return math.IsNaN(float64(v))
	case candid.Float64:
		return math.IsNaN(float64(v))
	case candid.Opt:
		return v.Some != nil && hasNaN(v.Some)
	case candid.Vec:
		return slices.ContainsFunc(v, hasNaN)
	case candid.Record:
		return slices.ContainsFunc(v, func(f candid.Field) bool { return hasNaN(f.Value) })
	case candid.Variant:
		return hasNaN(v.Value)
	}
	return false
}

// A text that is formatted reads as what is formatted the same way.
func FuzzParseArgs(f *testing.F) {
	for _, s := range []string{
		"()", "(5, -0x1f, 1.5e3, .5, 0x1.8p1, NaN, -inf)", `("a\n\u{1F600}\41", blob "\ff\00")`,
		`(record { 1; a = opt vec { 1 : nat8 }; "x y" = null : opt nat }, variant { ok = (1 : int8) })`,
		`(principal "aaaaa-aa", service "2vxsx-fae", func "2vxsx-fae"."x y") // c`,
		"(vec { 1; 2 } : vec nat8, record {} : record { opt nat }) /* /* */ */",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		values, err := candid.ParseArgs(text)
		if err != nil {
			return
		}
		once := candid.Format(values)
		again, err := candid.ParseArgs(once)
		if err != nil {
			t.Fatalf("ParseArgs(%s): %v", once, err)
		}
		if twice := candid.Format(again); normalNulls(twice) != normalNulls(once) {
			t.Errorf("Format gives\n%s\nthen\n%s", once, twice)
		}
		_, _ = candid.Encode(candid.TypesOf(values), values)
	})
}

// normalNulls forgets the difference between the null that is an opt and the one
// that is not, and the lines, which depend on it.
func normalNulls(s string) string {
	s = strings.ReplaceAll(s, "null : null", "null")
	s = strings.ReplaceAll(s, "(null)", "null")
	return strings.NewReplacer(" ", "", "\n", "", ",)", ")", ";}", "}").Replace(s)
}

// A program that reads is usable: its types print, contain themselves, and encode.
func FuzzParseDID(f *testing.F) {
	f.Add(bank)
	f.Add("type a = b; type b = opt a; service : (a, x : b) -> { m : () -> (a) oneway }")
	f.Add("import \"x\"; service : {}")
	f.Fuzz(func(t *testing.T, text string) {
		prog, err := candid.ParseDID(text)
		if err != nil {
			return
		}
		for _, d := range prog.Types {
			if s := d.Type.String(); s == "" {
				t.Errorf("type %s prints nothing", d.Name)
			}
			if err := candid.Subtype(d.Type, d.Type, candid.SubtypeOptions{Strict: true}); err != nil {
				t.Errorf("type %s: %v", d.Name, err)
			}
			opt := candid.OptOf(d.Type)
			b, err := candid.Encode([]*candid.Type{opt}, []candid.Value{candid.Opt{}})
			if err != nil {
				t.Fatalf("type %s: %v", d.Name, err)
			}
			got, err := candid.ReadTypes(b, candid.Quota{})
			if err != nil {
				t.Fatalf("type %s: %v", d.Name, err)
			}
			if err := candid.Subtype(got[0], opt, candid.SubtypeOptions{Strict: true}); err != nil && !strings.Contains(err.Error(), "too large") {
				t.Errorf("type %s is not what was written: %v", d.Name, err)
			}
		}
	})
}

// seedMessages is the goldens and, where it is there, the official suite's messages.
func seedMessages(f *testing.F) [][]byte {
	var out [][]byte
	for _, s := range []string{proxyCall, proxyAnswer, "4449444c026e016c02a0d2aca8047c90eddae704000100010100"} {
		b, err := hex.DecodeString(s)
		if err != nil {
			f.Fatal(err)
		}
		out = append(out, b)
	}
	for _, path := range suitePaths() {
		src, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, stmt := range statements(string(src)) {
			if rest, ok := strings.CutPrefix(stmt, "assert blob"); ok {
				lit, _ := cutLiteral(strings.TrimSpace(rest))
				out = append(out, []byte(unquote(lit)))
			}
		}
	}
	return out
}
