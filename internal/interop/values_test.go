package interop_test

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/candid"
)

// valueCase is arguments as types and values in text.
type valueCase struct{ name, types, values string }

// valueCases are those of values.mjs.
func valueCases() []valueCase {
	fixed := "(record { n8 : nat8; n16 : nat16; n32 : nat32; n64 : nat64; i8 : int8; i16 : int16; i32 : int32; i64 : int64 })"
	return []valueCase{
		{"no arguments", "()", "()"},
		{"numbers of any size", "(nat, int, int, nat)", "(1267650600228229401496703205376, -1180591620717411303424, -64, 127)"},
		{"greatest fixed numbers", fixed, `(record {
			n8 = 255; n16 = 65535; n32 = 4294967295; n64 = 18446744073709551615;
			i8 = 127; i16 = 32767; i32 = 2147483647; i64 = 9223372036854775807 })`},
		{"least fixed numbers", fixed, `(record {
			n8 = 0; n16 = 0; n32 = 0; n64 = 0;
			i8 = -128; i16 = -32768; i32 = -2147483648; i64 = -9223372036854775808 })`},
		{"floating point", "(float32, float64, float64)", "(0.5, -1e300, 5e-324)"},
		{"text", "(text, text)", `("", "naïve \"日本\" 🎉\n\t\\")`},
		{"null, bool, reserved", "(null, bool, bool, reserved)", "(null, true, false, null : reserved)"},
		{"blob", "(blob, vec nat8)", `(blob "", blob "\00\01\7f\80\ff")`},
		{"vectors", "(vec vec text, vec null)", `(vec { vec {}; vec { "a"; "b" } }, vec { null; null })`},
		{"options", "(opt opt nat8, opt opt nat8, opt opt nat8)", "(opt opt 5, opt null, null)"},
		{"records", `(record {}, record { text; nat }, record { "été" : nat; 7 : bool; a : record { b : int } })`,
			`(record {}, record { "x"; 1 }, record { "été" = 2; 7 = true; a = record { b = -3 } })`},
		{"variants", "(variant { ok; err : text }, variant { ok; err : text })", `(variant { ok }, variant { err = "no" })`},
		{"list", "(list)", "(opt record { head = 1; tail = opt record { head = 2; tail = null } })"},
		{"tree", "(tree)", `(variant { fork = record { left = variant { leaf = -1 };
			right = variant { fork = record { left = variant { leaf = 2 }; right = variant { leaf = 3 } } } } })`},
		{"references", "(principal, func (text) -> (nat) query, service { get : () -> (text) query })",
			`(principal "bnz7o-iuaaa-aaaaa-qaaaa-cai", func "bnz7o-iuaaa-aaaaa-qaaaa-cai".get, service "bnz7o-iuaaa-aaaaa-qaaaa-cai")`},
	}
}

func (c valueCase) parse(t *testing.T) ([]*candid.Type, []candid.Value) {
	t.Helper()
	program, err := candid.ParseDID(`
		type list = opt record { head : nat; tail : list };
		type tree = variant { leaf : int; fork : record { left : tree; right : tree } };
		service : { m : ` + c.types + ` -> () }`)
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	m, _ := program.Method("m")
	values, err := candid.ParseArgsAs(c.values, m.Args)
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	return m.Args, values
}

// TestCandidValues checks that we and the JavaScript library write the same values
// so that the other reads them.
func TestCandidValues(t *testing.T) {
	cases := valueCases()
	ours := make(map[string][]byte)
	for _, c := range cases {
		types, values := c.parse(t)
		b, err := candid.Encode(types, values)
		if err != nil {
			t.Fatalf("%s: Encode: %v", c.name, err)
		}
		ours[c.name] = b
	}
	results := runScript(t, "values.mjs", map[string]any{"written": ours})
	if len(results) != len(cases) {
		t.Errorf("%d cases there, %d here", len(results), len(cases))
	}
	for _, c := range cases {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) { c.check(t, results[c.name]) })
	}
}

func (c valueCase) check(t *testing.T, res result) {
	if res.Error != nil {
		t.Fatalf("the script: %v", res.Error)
	}
	var theirs struct {
		Bytes string `json:"bytes"`
		Same  bool   `json:"same"` // reading our bytes gave the values
	}
	if err := json.Unmarshal(res.Value, &theirs); err != nil {
		t.Fatal(err)
	}
	if !theirs.Same {
		t.Error("the script read other values than we wrote")
	}
	b, err := hex.DecodeString(theirs.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	types, want := c.parse(t)
	got, err := candid.Decode(b, types, candid.Quota{})
	if err != nil || candid.Format(got) != candid.Format(want) {
		t.Errorf("Decode(%x) = %s, %v, want %s", b, candid.Format(got), err, candid.Format(want))
	}
}
