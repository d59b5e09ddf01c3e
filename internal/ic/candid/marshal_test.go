package candid_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// every has a field of each Go type that is mapped.
type every struct {
	Bool      bool                  `candid:"bool"`
	Text      string                `candid:"text"`
	Nat8      uint8                 `candid:"nat8"`
	Nat16     uint16                `candid:"nat16"`
	Nat32     uint32                `candid:"nat32"`
	Nat64     uint64                `candid:"nat64"`
	Int8      int8                  `candid:"int8"`
	Int16     int16                 `candid:"int16"`
	Int32     int32                 `candid:"int32"`
	Int64     int64                 `candid:"int64"`
	Float32   float32               `candid:"float32"`
	Float64   float64               `candid:"float64"`
	Nat       candid.Nat            `candid:"nat"`
	Int       candid.Int            `candid:"int"`
	Principal principal.Principal   `candid:"principal"`
	Blob      []byte                `candid:"blob"`
	Vec       []uint16              `candid:"vec"`
	Some      *uint64               `candid:"some"`
	None      *uint64               `candid:"none"`
	Pair      pair                  `candid:"pair"`
	Mode      mode                  `candid:"mode"`
	Modes     []mode                `candid:"modes"`
	People    []principal.Principal `candid:"people"`
	Unsent    string
}

type pair struct {
	First  string `candid:"#0"`
	Second string `candid:"#1"`
}

type mode struct {
	_       candid.OneOf
	Install *candid.Null `candid:"install"`
	Upgrade *upgrade     `candid:"upgrade"`
}

type upgrade struct {
	SkipPreUpgrade *bool `candid:"skip_pre_upgrade"`
}

func TestMarshalRoundTrip(t *testing.T) {
	n, yes := uint64(1<<63), true
	want := every{
		Bool: true, Text: "☃", Nat8: 255, Nat16: 65535, Nat32: 1 << 31, Nat64: 1 << 63,
		Int8: -128, Int16: -2, Int32: -3, Int64: -1 << 63, Float32: 0.5, Float64: -0.25,
		Nat: candid.NatOf(1 << 63), Int: candid.IntOf(-5), Principal: principal.Anonymous(),
		Blob: []byte{0, 255}, Vec: []uint16{1, 2}, Some: &n, Pair: pair{"a", "b"},
		Mode:   mode{Install: &candid.Null{}},
		Modes:  []mode{{Upgrade: &upgrade{SkipPreUpgrade: &yes}}, {Upgrade: &upgrade{}}},
		People: []principal.Principal{principal.Management()},
	}
	b, err := candid.Marshal(want, "second")
	if err != nil {
		t.Fatal(err)
	}
	got := every{Nat8: 1, None: &n, Unsent: "kept out"}
	var second string
	if err := candid.Unmarshal(b, &got, &second); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) || second != "second" {
		t.Errorf("Unmarshal(Marshal(v)) = %+v, %q, want %+v", got, second, want)
	}
}

// The types that a Go type stands for, as a reader without it sees them.
func TestMarshalTypes(t *testing.T) {
	b, err := candid.Marshal(every{Mode: mode{Install: &candid.Null{}}})
	if err != nil {
		t.Fatal(err)
	}
	const did = `record {
		bool : bool; text : text; nat8 : nat8; nat16 : nat16; nat32 : nat32; nat64 : nat64;
		int8 : int8; int16 : int16; int32 : int32; int64 : int64; float32 : float32; float64 : float64;
		nat : nat; int : int; "principal" : principal; "blob" : blob; "vec" : vec nat16;
		some : opt nat64; none : opt nat64; pair : record { text; text }; mode : mode;
		modes : vec mode; people : vec principal }`
	want, err := parseTypes("type mode = variant { install; upgrade : record { skip_pre_upgrade : opt bool } };", "("+did+")")
	if err != nil {
		t.Fatal(err)
	}
	got, err := candid.ReadTypes(b, candid.Quota{})
	if err != nil {
		t.Fatal(err)
	}
	strict := candid.SubtypeOptions{Strict: true}
	if err := candid.Subtype(got[0], want[0], strict); err != nil {
		t.Error(err)
	}
	if err := candid.Subtype(want[0], got[0], strict); err != nil {
		t.Error(err)
	}
}

// list contains itself.
type list struct {
	Head uint8 `candid:"head"`
	Tail *list `candid:"tail"`
}

func TestMarshalRecursiveType(t *testing.T) {
	b, err := candid.Marshal(list{1, &list{2, nil}})
	if err != nil {
		t.Fatal(err)
	}
	var got list
	if err := candid.Unmarshal(b, &got); err != nil || got.Tail == nil || got.Tail.Head != 2 || got.Tail.Tail != nil {
		t.Errorf("Unmarshal = %+v, %v", got, err)
	}
}

// A management canister of another version: fields come and go.
func TestUnmarshalOtherVersions(t *testing.T) {
	type status struct {
		Cycles candid.Nat `candid:"cycles"`
		Module *[]byte    `candid:"module_hash"`
		Status struct {
			_       candid.OneOf
			Running *candid.Null `candid:"running"`
			Stopped *candid.Null `candid:"stopped"`
		} `candid:"status"`
	}
	tests := []struct{ name, types, text string }{
		{"same", "(record { cycles : nat; module_hash : opt blob; status : variant { running; stopped } })",
			`(record { cycles = 7; module_hash = null; status = variant { running } })`},
		{"newer", "(record { cycles : nat; module_hash : opt blob; status : variant { running; dreaming : text }; " +
			"aaa : record { vec text }; zzz : opt func () -> (); ready_for_migration : bool }, nat)",
			`(record { cycles = 7; module_hash = null; status = variant { running }; aaa = record { vec { "x" } };
			zzz = opt func "aaaaa-aa".m; ready_for_migration = true }, 5)`},
		{"older", "(record { cycles : nat; status : variant { running } })",
			`(record { cycles = 7; status = variant { running } })`},
		{"other type under opt", "(record { cycles : nat; module_hash : opt text; status : variant { running } })",
			`(record { cycles = 7; module_hash = opt "x"; status = variant { running } })`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := status{Module: &[]byte{1}}
			if err := candid.Unmarshal(message(t, tt.types, tt.text), &got); err != nil {
				t.Fatal(err)
			}
			if got.Cycles.String() != "7" || got.Module != nil || got.Status.Running == nil {
				t.Errorf("Unmarshal = %+v", got)
			}
		})
	}
}

func TestUnmarshalErrors(t *testing.T) {
	tests := []struct{ name, types, text, want string }{
		{"unknown tag", "(variant { Err : variant { Overloaded : nat } })", "(variant { Err = variant { Overloaded = 1 } })",
			"decode argument 1.Err at byte 23: unknown tag 2_528_377, want variant { " +
				"CallFailed : record { reason : text }; InsufficientCycles : record { available : nat; required : nat }; UnauthorizedUser }"},
		{"missing field", "(variant { Ok : record {} })", "(variant { Ok = record {} })", "argument 1.Ok at byte 16: no field result, which is not optional"},
		{"other type", "(nat)", "(5)", "argument 1 at byte 7: want variant {"},
		{"nothing", "()", "()", "argument 1 at byte 6: missing argument"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := proxyReply{Ok: &proxyOk{}}
			err := candid.Unmarshal(message(t, tt.types, tt.text), &got)
			if _, ok := errors.AsType[*candid.DecodeError](err); !ok || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Unmarshal = %v, want a *DecodeError with %q", err, tt.want)
			}
			if got.Ok == nil {
				t.Error("Unmarshal changed its argument and failed")
			}
		})
	}
}

func TestMarshalRefuses(t *testing.T) {
	both := mode{Install: &candid.Null{}, Upgrade: &upgrade{}}
	tests := []struct {
		name string
		arg  any
		want string
	}{
		{"nil", nil, "argument 1"},
		{"map", map[string]string{}, "map[string]string: has no Candid type"},
		{"int", 5, "int: has no Candid type"},
		{"chan in a field", struct {
			C chan int `candid:"c"`
		}{}, "chan int"},
		{"no tag set", mode{}, "want one tag set, got 0"},
		{"two tags set", both, "want one tag set, got 2: Install, Upgrade"},
		{"two tags set, nested", []mode{both}, "got 2"},
		{"tag is no pointer", struct {
			_ candid.OneOf
			A string `candid:"a"`
		}{}, "tag A is not a pointer"},
		{"fields with one name", struct {
			A string `candid:"a"`
			B string `candid:"a"`
		}{}, "two fields"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := candid.Marshal(tt.arg)
			if _, ok := errors.AsType[*candid.GoTypeError](err); !ok || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Marshal = %x, %v, want a *GoTypeError with %q", b, err, tt.want)
			}
		})
	}
	if err := candid.Unmarshal([]byte("DIDL\x00\x00"), every{}); err == nil {
		t.Error("Unmarshal into a value that is no pointer: no error")
	}
	if _, err := candid.Marshal("\xff"); !errors.Is(err, candid.ErrUTF8) {
		t.Errorf("Marshal(invalid text) = %v, want ErrUTF8", err)
	}
}

// message encodes text at types.
func message(t *testing.T, types, text string) []byte {
	t.Helper()
	ts, err := parseTypes("", types)
	if err != nil {
		t.Fatal(err)
	}
	values, err := candid.ParseArgsAs(text, ts)
	if err != nil {
		t.Fatal(err)
	}
	b, err := candid.Encode(ts, values)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
