package candid_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/candid"
)

const bank = `
/* Accounts */
type account = record { owner : principal; balance : nat64; notes : vec text };
type result = variant { ok : account; err : text; "not found" };
type tree = variant { leaf; node : record { tree; tree } };
type callback = func (account) -> () oneway;
type admin = service { stop : callback };
type alias = account;
service bank : (limit : opt nat64, principal) -> {
  get : (principal) -> (result) query;
  put : (account : alias, "dry run" : bool) -> (res : result);
  walk : (tree) -> (nat) composite_query;
  notify : callback;
  admin : () -> (admin);
}
`

func TestParseDID(t *testing.T) {
	prog, err := candid.ParseDID(bank)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"get":    "func (principal) -> (result) query",
		"put":    "func (account, bool) -> (result)",
		"walk":   "func (tree) -> (nat) composite_query",
		"notify": "func (account) -> () oneway",
		"admin":  "func () -> (admin)",
	} {
		m, ok := prog.Method(name)
		if got := (&candid.Type{Kind: candid.KindFunc, Func: m}).String(); !ok || got != want {
			t.Errorf("Method(%s) = %s, %v, want %s", name, got, ok, want)
		}
	}
	for name, want := range map[string]string{
		"account": "record { balance : nat64; owner : principal; notes : vec text }",
		"result":  `variant { ok : account; err : text; "not found" }`,
		"tree":    "variant { leaf; node : record { 0 : tree; 1 : tree } }",
		"alias":   "record { balance : nat64; owner : principal; notes : vec text }",
	} {
		if typ, ok := prog.Type(name); !ok || typ.String() != want {
			t.Errorf("Type(%s) = %s, %v, want %s", name, typ, ok, want)
		}
	}
	init := prog.Actor.Init
	if !prog.Actor.IsConstructor || len(init) != 2 || init[0].String() != "opt nat64" || prog.Actor.InitNames[0] != "limit" {
		t.Errorf("Init = %v, names %q", init, prog.Actor.InitNames)
	}
	if _, ok := prog.Method("absent"); ok {
		t.Error("Method(absent) is there")
	}
}

// Forms of a program.
func TestParseDIDForms(t *testing.T) {
	tests := []struct {
		name, text  string
		actor, init bool
	}{
		{"empty", "", false, false},
		{"only types", "type a = nat; type b = vec a", false, false},
		{"empty service", "service : {}", true, false},
		{"named, with semicolon", "service s : {};", true, false},
		{"empty constructor", "service : () -> {}", true, true},
		{"type as service", "type s = service {}; service : s", true, false},
		{"alias as constructed service", "type s = service {}; type t = s; service : (nat) -> t;", true, true},
		{"type used before", "type a = vec b; type b = opt a;", false, false},
		{"name of a type as a field", "type a = record { nat : nat; text };", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			prog, err := candid.ParseDID(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if got := prog.Actor != nil; got != tt.actor {
				t.Fatalf("has service: %v, want %v", got, tt.actor)
			}
			if tt.actor && prog.Actor.IsConstructor != tt.init {
				t.Errorf("IsConstructor = %v, want %v", prog.Actor.IsConstructor, tt.init)
			}
		})
	}
}

func TestParseDIDRefuses(t *testing.T) {
	tests := []struct {
		name, text string
		line, col  int
		want       string
	}{
		{"import", "type a = nat;\nimport \"b.did\";", 2, 1, "imports are not supported"},
		{"import of a service", `import service "b.did"; service : {}`, 1, 1, "imports are not supported"},
		{"undefined", "type a = vec b;", 1, 14, "type b is not defined"},
		{"undefined in a service", "service : { m : (b) -> () }", 1, 18, "type b is not defined"},
		{"undefined service", "service : s", 1, 11, "type s is not defined"},
		{"undefined init", "service : (b) -> {}", 1, 12, "type b is not defined"},
		{"defined twice", "type a = nat; type a = int;", 1, 20, "defined already"},
		{"built-in", "type nat = int;", 1, 6, "defined already"},
		{"keyword", "type record = int;", 1, 6, "want a name"},
		{"stands for itself", "type a = a;", 1, 10, "nothing but itself"},
		{"stand for each other", "type a = c; type b = a; type c = b;", 1, 0, "nothing but itself"},
		{"method is no function", "type a = nat; service : { m : a }", 1, 31, "method m is not a function"},
		{"service is no service", "type a = nat; service : a", 1, 25, "want a service, got nat"},
		{"method twice", "service : { m : () -> (); m : () -> () }", 1, 11, "two methods named m"},
		{"field twice", "type a = record { x : nat; x : int };", 1, 10, "two fields"},
		{"argument twice", "service : { m : (x : nat, x : nat) -> () }", 1, 27, "two arguments named x"},
		{"oneway with results", "service : { m : () -> (nat) oneway }", 1, 17, "oneway function has results"},
		{"two annotations", "service : { m : () -> () oneway query }", 1, 17, "more than one"},
		{"no semicolon", "type a = nat type b = nat", 1, 14, "want a type or a service"},
		{"after the service", "service : {} type a = nat", 1, 14, "want a type or a service"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := candid.ParseDID(tt.text)
			e, ok := errors.AsType[*candid.SyntaxError](err)
			if !ok || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("ParseDID(%q) = %v, want a *SyntaxError with %q", tt.text, err, tt.want)
			}
			if tt.col > 0 && (e.Line != tt.line || e.Column != tt.col) {
				t.Errorf("ParseDID(%q): at %d:%d, want %d:%d", tt.text, e.Line, e.Column, tt.line, tt.col)
			}
		})
	}
}

// Names that stand for names that stand for names: each is followed once.
func TestLongChainOfAliases(t *testing.T) {
	var b strings.Builder
	const n = 20_000
	b.WriteString("type a0 = nat;")
	for i := range n {
		fmt.Fprintf(&b, "type a%d = a%d; type b%d = vec a%d;", i+1, i, i, i)
	}
	prog, err := candid.ParseDID(b.String())
	if err != nil {
		t.Fatal(err)
	}
	if last, ok := prog.Type(fmt.Sprintf("a%d", n)); !ok || last.Kind != candid.KindNat {
		t.Errorf("Type(a%d) = %v", n, last)
	}
}
