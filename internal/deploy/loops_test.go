package deploy_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/deploy"
	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/plugin"
)

func args(t *testing.T, texts ...string) [][]byte {
	t.Helper()
	out := make([][]byte, len(texts))
	for i, text := range texts {
		values, err := candid.ParseArgs(text)
		if err != nil {
			t.Fatal(err)
		}
		if out[i], err = candid.Encode(candid.TypesOf(values), values); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestDiffer(t *testing.T) {
	long := strings.Repeat("x", 50)
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"a page", []string{"(record {start=0; length=100})", "(record {start=100; length=100})", "(record {start=4_900; length=100})"}, "`start` (0 … 4_900)"},
		{"an option", []string{"(record {after=opt \"a : b\"})", "(record {after=opt \"c\"})"}, "`after` (\"a : b\" … \"c\")"},
		{"some and none", []string{"(record {after=opt \"a\"})", "(record {after=null})"}, "`after`"},
		{"another field", []string{"(record {zz=1})", "(record {zz=2})"}, "`27328` (1 … 2)"},
		{"nested", []string{"(record {page=record {start=1}})", "(record {page=record {start=2}})"}, "`page.start` (1 … 2)"},
		{"two fields", []string{"(record {start=0; end=9})", "(record {start=10; end=19})"}, "`end` (9 … 19) and `start` (0 … 10)"},
		{"a number", []string{"(1 : nat64)", "(5 : nat64)"}, "their value (1 … 5)"},
		{"the second", []string{"(1, \"a\")", "(1, \"b\")"}, "number 2 of 2 (\"a\" … \"b\")"},
		{"in the second", []string{"(1, record {start=1})", "(1, record {start=2})"}, "`start` of number 2 of 2 (1 … 2)"},
		{"long", []string{"(\"a" + long + "\")", "(\"b" + long + "\")"}, "their value"},
		{"much", []string{"(1, 2, 3, 4)", "(5, 6, 7, 8)"}, ""},
		{"the same", []string{"(1)", "(1)"}, ""},
		{"another form", []string{"(1)", "(1, 2)"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := deploy.Differ(args(t, tt.args...)...); got != tt.want {
				t.Errorf("Differ = %q, want %q", got, tt.want)
			}
		})
	}
	if got := deploy.Differ([]byte("DIDL"), []byte("DIDL\x00\x00")); got != "" {
		t.Errorf("Differ of no Candid = %q", got)
	}
	if got := deploy.Differ(); got != "" {
		t.Errorf("Differ of nothing = %q", got)
	}
}

func FuzzDiffer(f *testing.F) {
	f.Add([]byte("DIDL\x00\x01\x7d\x01"), []byte("DIDL\x00\x01\x7d\x02"))
	f.Add([]byte("DIDL\x01\x6c\x01\xe2\xe8\xad\xa0\x08\x7d\x01\x00\x05"), []byte("DIDL\x01\x6c\x01\xe2\xe8\xad\xa0\x08\x7d\x01\x00\x06"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if got := deploy.Differ(a, a); got != "" {
			t.Errorf("Differ(%x, itself) = %q", a, got)
		}
		if got := deploy.Differ(a, b); len(got) > 1000 {
			t.Errorf("Differ(%x, %x) has %d bytes", a, b, len(got))
		}
	})
}

const paging = `
-- icp.yaml --
canisters:
  - name: c
    build: {steps: [{type: pre-built, path: $LISTING}]}
    sync: {steps: [{type: plugin, path: $PAGER}]}
environments: [{name: honest, network: local}]
`

// TestPagingInVain deploys a canister that ignores which page is asked for, and syncs
// it with a plugin that reads pages until one is empty.
func TestPagingInVain(t *testing.T) {
	d, r := newDeployer(t, lay(t, paging), "local")
	failure := onlyFailure(t, deployAll(t, d))
	loop, ok := errors.AsType[*plugin.LoopError](failure.Err)
	if !ok || loop.Sign != plugin.LoopMemory || loop.Loop.Kind != "query" {
		t.Fatalf("failure = %T %v, want *plugin.LoopError", failure.Err, failure.Err)
	}
	t.Log(failure.Err)
	for _, want := range []string{
		"`list` was called ", " replies were identical, arguments differ only in `start` (0 … ", "and its memory grew from ",
	} {
		if !strings.Contains(failure.Err.Error(), want) {
			t.Errorf("failure = %v, want it to say %q", failure.Err, want)
		}
	}
	warnings := r.with("[c] warning ")
	want := "the plugin may be calling in circles: `list` was called 50 times, 50 replies were identical, arguments differ only in `start` (0 … 4_900)"
	if len(warnings) != 1 || warnings[0] != want {
		t.Errorf("warnings %q, want %q", warnings, want)
	}
	if r.index("[c] running 0") < 0 {
		t.Error("the plugin cannot be looked at while it runs")
	}
}

// TestPaging checks that who asks for pages and gets them is not warned about.
func TestPaging(t *testing.T) {
	d, r := newDeployer(t, lay(t, paging), "honest")
	if err := deployAll(t, d); err != nil {
		t.Fatal(err)
	}
	if got := r.with("[c] notice "); len(got) != 1 || got[0] != "the canister holds 230 entries" {
		t.Errorf("notices %q", got)
	}
	if got := r.with("[c] warning "); len(got) > 0 {
		t.Errorf("warnings %q", got)
	}
}

// TestLoopsAllowed checks that a variable lets a plugin go on, which is then ended by
// another limit.
func TestLoopsAllowed(t *testing.T) {
	d, _ := newDeployer(t, lay(t, paging), "local")
	d.Environ = append(d.Environ, deploy.LoopsKnob+"=allow")
	d.Limits.MemoryBytes = 32 << 20
	failure := onlyFailure(t, deployAll(t, d))
	if isA[*plugin.LoopError](failure.Err) || !isA[*plugin.LimitError](failure.Err) {
		t.Errorf("failure = %T %v, want *plugin.LimitError", failure.Err, failure.Err)
	}
}
