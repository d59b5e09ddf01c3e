package cli_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/internal/cli"
	"github.com/berth-cli/berth/plugin"
)

func trapError(stack ...plugin.Frame) *plugin.TrapError {
	return &plugin.TrapError{
		Trap:  &component.Trap{Kind: component.TrapCore, Code: engine.TrapUnreachable},
		Stack: stack,
		Report: plugin.Report{
			Compute: 1100 * time.Millisecond, PeakMemoryBytes: 41 << 20, Limits: plugin.DefaultLimits(),
			Last: []plugin.Record{
				{Func: "canister-call", ArgBytes: 1 << 20, ResultBytes: 1126, Took: 38 * time.Millisecond},
				{Interface: "wasi:io/streams@0.2.0", Func: "read", Times: 3, ResultBytes: -1, Err: errors.New("x")},
			},
		},
	}
}

func TestTrapLines(t *testing.T) {
	deep := slices.Repeat([]plugin.Frame{{Func: "deeper", File: "a.c", Line: 3}}, 20)
	core := plugin.Frame{Func: "_ZN4core9panicking5panic17h0123456789abcdefE", File: "/rustc/x/core.rs", Line: 1}
	own := plugin.Frame{Func: "_ZN5crash5abort17h1bac4ed2bf586e89E", File: "src/main.rs", Line: 9, Column: 5}
	for _, tt := range []struct {
		name string
		err  error
		all  bool
		want []string // lines that must be there
		not  string   // what must not
	}{
		{"no trap", errors.New("x"), false, nil, ""},
		{"own and runtime", trapError(core, own), false, []string{
			"plugin stack, the last call first:", "  1  crash::abort  src/main.rs:9:5",
			"     (1 of the language's runtime hidden; --debug shows them)",
		}, "core::"},
		{"all", trapError(core, own), true, []string{"  0  core::panicking::panic  /rustc/x/core.rs:1"}, "hidden"},
		{"only runtime", trapError(core), false, []string{"  0  core::panicking::panic  /rustc/x/core.rs:1"}, "hidden"},
		{"recursion", trapError(deep...), false, []string{"  0  deeper  a.c:3", "     (and 19 more calls of it by itself)"}, "  1  "},
		{"no lines", trapError(plugin.Frame{Func: "$12"}), false, []string{
			"  0  $12", "note: built without line info: keep it to see files and lines here (-g, debug = true, no strip)",
		}, ""},
		{"no stack", trapError(), false, []string{
			"last calls of the host:", "  canister-call {1 MiB} -> 1.1 KiB 38ms", "  wasi:io/streams@0.2.0 read ×3 {0 B} -> failed 0s",
			"memory 41 MiB peak of 4 GiB · compute 1.1s of 1m0s",
		}, "stack"},
		{"exit after a panic", &plugin.ExitError{Code: 2, Panic: "oh", Stack: []plugin.Frame{{Func: "main.sum", File: "main.go", Line: 2}}},
			false, []string{"  0  main.sum  main.go:2"}, "memory"},
		{"in another error", fmt.Errorf("run: %w", &plugin.LimitError{Limit: "memory", Err: trapError(own)}), false,
			[]string{"  0  crash::abort  src/main.rs:9:5"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines := cli.TrapLines(tt.err, tt.all)
			text := strings.Join(lines, "\n")
			for _, want := range tt.want {
				if !slices.Contains(lines, want) {
					t.Errorf("no line %q in\n%s", want, text)
				}
			}
			if tt.not != "" && strings.Contains(text, tt.not) || tt.want == nil && lines != nil {
				t.Errorf("%q in\n%s", tt.not, text)
			}
		})
	}
}

// TestTrapJSON checks the names of the fields, which scripts know.
func TestTrapJSON(t *testing.T) {
	b, err := json.Marshal(cli.TrapJSON(trapError(plugin.Frame{Func: "_ZN5crash5abort17h1bac4ed2bf586e89E", File: "a.rs", Line: 1, Column: 2, Inlined: true})))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"kind":"abort","frames":[{"func":"crash::abort","file":"a.rs","line":1,"column":2,"inlined":true}],` +
		`"calls":[{"func":"canister-call","times":1,"in_bytes":1048576,"out_bytes":1126,"ms":38},` +
		`{"interface":"wasi:io/streams@0.2.0","func":"read","times":3,"in_bytes":0,"ms":0,"failed":true}],` +
		`"memory":{"used":42991616,"limit":4294967296},"compute":{"used":1100,"limit":60000}}`
	if string(b) != want {
		t.Errorf("JSON is\n%s, want\n%s", b, want)
	}
}

func TestDemangled(t *testing.T) {
	for _, tt := range []struct{ name, mangled, want string }{
		{"Rust, legacy", "_ZN4core3fmt5write17h50d88944962f2f8eE", "core::fmt::write"},
		{"Rust, legacy, trait", "_ZN61_$LT$std..io..stdio..StdoutLock$u20$as$u20$std..io..Write$GT$9write_all17ha1859e2413dfb2b3E", "<std::io::stdio::StdoutLock as std::io::Write>::write_all"},
		{"Rust, v0", "_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar"},
		{"Rust, v0, closure", "_RNCNvCsgStHSCytQ6I_7mycrate4main0B3_", "mycrate::main::{closure#0}"},
		{"C++", "_ZNK6assets4RingIiE2atEj", "assets::Ring<int>::at(unsigned int) const"},
		{"C++, operator", "_ZN6assetseqERKNS_4StepES2_", "assets::operator==(assets::Step const&, assets::Step const&)"},
		{"plain", "register_file", "register_file"},
		{"Go", "main.(*plan).slot", "main.(*plan).slot"},
		{"C's main", "__main_argc_argv", "main"},
		{"malformed", "_ZN4coreE17", "_ZN4coreE17"},
		{"too long", "_ZN" + strings.Repeat("1a", 1000) + "E", "_ZN" + strings.Repeat("1a", 1000) + "E"},
		{"terminal", "_ZN1a13$u1b$$u5b$2Jb17h0123456789abcdefE", "a::$u1b$$u5b$2Jb"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := cli.Demangled(tt.mangled); got != tt.want {
				t.Errorf("Demangled(%q) = %q, want %q", tt.mangled, got, tt.want)
			}
		})
	}
}

// FuzzDemangled: a name of any kind becomes one that is short and obeys no one.
func FuzzDemangled(f *testing.F) {
	f.Add("_RNvNtCs1234_7mycrate3foo3bar")
	f.Add("_ZN61_$LT$std..io..stdio..StdoutLock$u20$as$u20$std..io..Write$GT$9write_all17ha1859e2413dfb2b3E")
	f.Add("_ZNSt6vectorIS_IS_IiSaIiEESaIS1_EESaIS3_EE9push_backERKS3_")
	f.Add("_ZN1a13$u1b$$u5b$2Jb17h0123456789abcdefE")
	f.Fuzz(func(t *testing.T, name string) {
		got := cli.Demangled(name)
		if got != name && (len(got) > 4<<10 || strings.ContainsAny(got, "\x1b\n\r\u202e")) {
			t.Errorf("Demangled(%q) = %q", name, got)
		}
	})
}
