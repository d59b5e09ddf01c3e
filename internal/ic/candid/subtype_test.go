package candid_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/candid"
)

func TestSubtype(t *testing.T) {
	tests := []struct {
		name, defs, sub, super string
		fails, strict          string // part of the error; empty if there is none
	}{
		{"same", "", "nat", "nat", "", ""},
		{"nat is an int", "", "nat", "int", "", ""},
		{"int is no nat", "", "int", "nat", "want nat, got int", "want nat, got int"},
		{"service is a principal", "", "service {}", "principal", "", ""},
		{"principal is no service", "", "principal", "service {}", "want service {}", "want service {}"},
		{"opt into another", "", "opt nat", "opt text", "", "opt: want text, got nat"},
		{"value into opt", "", "nat", "opt int", "", ""},
		{"value into another opt", "", "nat", "opt text", "", "want text, got nat"},
		{"reserved into opt", "", "reserved", "opt text", "", "want opt text"},
		{"nested opt", "", "nat", "opt opt nat", "", "want opt opt nat, got nat"},
		{"missing opt field", "", "record {}", "record { a : opt nat }", "", ""},
		{"missing field", "", "record {}", "record { a : nat }", "no field a", "no field a"},
		{"inside a record", "", "record { a : vec text }", "record { a : vec nat }",
			"field a, element: want nat, got text", "field a, element: want nat"},
		{"fewer tags", "", "variant { a }", "variant { a; b }", "", ""},
		{"more tags", "", "variant { a; b }", "variant { a }", "unknown tag b", "unknown tag b"},
		{"more tags under opt", "", "opt variant { a; b }", "opt variant { a }", "", "unknown tag b"},
		{"argument dropped", "", "func () -> ()", "func (nat) -> ()", "", ""},
		{"argument added", "", "func (nat) -> ()", "func () -> ()", "argument 0", "argument 0"},
		{"opt argument added", "", "func (opt nat) -> ()", "func () -> ()", "", ""},
		{"result changed", "", "func () -> (text)", "func () -> (nat)", "result 0: want nat", "result 0: want nat"},
		{"annotation", "", "func () -> () query", "func () -> ()", `got "query"`, `got "query"`},
		{"method missing", "", "service {}", "service { a : () -> () }", "no method a", "no method a"},
		{"method changed", "", "service { a : () -> (text) }", "service { a : () -> (nat) }",
			"method a, result 0: want nat, got text", "method a, result 0"},
		{"recursive", "type L = opt record { nat; L }; type M = opt record { int; M };", "L", "M", "", ""},
		{"recursive, not", "type L = opt record { nat; L }; type M = opt record { text; M };", "L", "M",
			"", "opt, field 0: want text, got nat"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			types, err := parseTypes(tt.defs, "("+tt.sub+", "+tt.super+")")
			if err != nil {
				t.Fatal(err)
			}
			for _, strict := range []bool{false, true} {
				want := tt.fails
				if strict {
					want = tt.strict
				}
				err := candid.Subtype(types[0], types[1], candid.SubtypeOptions{Strict: strict})
				checkSubtype(t, err, want)
			}
		})
	}
}

func checkSubtype(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("Subtype: %v", err)
		}
		return
	}
	if _, ok := errors.AsType[*candid.SubtypeError](err); !ok || !strings.Contains(err.Error(), want) {
		t.Errorf("Subtype = %v, want a *SubtypeError with %q", err, want)
	}
}

// Two loops of vectors, of lengths without a common divisor, have 205,193 pairs.
func TestSubtypeOfHugeTypes(t *testing.T) {
	a, b := vecLoop(449), vecLoop(457)
	checkSubtype(t, candid.Subtype(a, b, candid.SubtypeOptions{}), "too large")
	checkSubtype(t, candid.Subtype(vecLoop(101), vecLoop(103), candid.SubtypeOptions{}), "")
}

func vecLoop(n int) *candid.Type {
	first := candid.VecOf(nil)
	last := first
	for range n - 1 {
		last.Elem = candid.VecOf(nil)
		last = last.Elem
	}
	last.Elem = first
	return first
}
