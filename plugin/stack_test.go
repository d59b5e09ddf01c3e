package plugin_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/berth-cli/berth/plugin"
)

// TestStack breaks programs with debug information in known places, and looks for
// the comments that stand there in what is told of them.
func TestStack(t *testing.T) {
	rust, cpp := "../guests/crash/crash.rs", "../guests/crash/crash.cc"
	for _, tt := range []struct {
		source, how string
		want        string // of the error
		site        string // comment on the line where it broke
		funcs       string // part of the mangled name of the function there
		top         bool   // it is the very first frame
	}{
		{rust, "index", "plugin panicked: index out of bounds: the len is 3 but the index is 7", "// index", "4plan4Plan4slot", false},
		{rust, "abort", "plugin stopped itself (a panic or abort) without saying why", "// abort", "5crash5abort", false},
		{rust, "stray", "plugin trapped: it used memory that is not there", "// stray", "5crash5stray", true},
		{rust, "deeper", "plugin trapped: it used memory that is not there", "// deeper", "5crash6deeper", false},
		{cpp, "assertion", "plugin panicked: Assertion failed: i < size_", "// assertion", "4RingIiE2at", false},
		{cpp, "division", "plugin trapped: it divided by zero", "// division", "4RingIiE6divide", true},
		{cpp, "trap", "plugin stopped itself (a panic or abort) without saying why", "// trap", "6assets4trap", true},
		{cpp, "null", "plugin trapped: it called a function through a bad pointer", "zero)->run", "main", true},
	} {
		t.Run(tt.how, func(t *testing.T) {
			wasm := map[string]string{rust: "../guests/crash/rust.wasm", cpp: "../guests/crash/cpp.wasm"}[tt.source]
			trap := breakProgram(t, wasm, tt.how)
			if !strings.HasPrefix(trap.Error(), tt.want) || strings.Contains(trap.Error(), "unreachable") {
				t.Errorf("error is %q, want it to begin %q", trap, tt.want)
			}
			at := -1
			for i, f := range trap.Stack {
				if f.Line == lineOf(t, tt.source, tt.site) && strings.HasSuffix(tt.source, f.File) {
					at = i
					break
				}
			}
			if at < 0 || tt.top && at > 0 {
				t.Fatalf("no frame, or not the first, is at %q in:\n%s", tt.site, printed(trap.Stack))
			}
			if name := trap.Stack[at].Func; !strings.Contains(name, tt.funcs) {
				t.Errorf("the frame at %q is of %q, want %q in it", tt.site, name, tt.funcs)
			}
			if trap.Report.PeakMemoryBytes == 0 || trap.Report.Limits.MemoryBytes == 0 || len(trap.Report.Last) == 0 {
				t.Errorf("report of the trap is %+v, want memory, limits and calls", trap.Report)
			}
		})
	}
}

// breakProgram runs a program that traps.
func breakProgram(t *testing.T, wasm, how string) *plugin.TrapError {
	t.Helper()
	b, err := os.ReadFile(wasm)
	if err != nil {
		t.Fatal(err)
	}
	return breakBytes(t, b, how)
}

func breakBytes(t *testing.T, wasm []byte, how string) *plugin.TrapError {
	t.Helper()
	p, err := newHost(t).Load(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = p.RunCommand(t.Context(), plugin.Session{
		Grant: plugin.Grant{Args: []string{"crash", how}}, Limits: plugin.DefaultLimits(),
	})
	trap, ok := errors.AsType[*plugin.TrapError](err)
	if !ok {
		t.Fatalf("RunCommand = %T %v, want a trap", err, err)
	}
	return trap
}

func lineOf(t *testing.T, source, text string) int {
	t.Helper()
	b, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	before, _, ok := bytes.Cut(b, []byte(text))
	if !ok {
		t.Fatalf("%q is not in %s", text, source)
	}
	return 1 + bytes.Count(before, []byte("\n"))
}

func printed(stack []plugin.Frame) string {
	var b strings.Builder
	for i, f := range stack {
		fmt.Fprintf(&b, "%d %s %s:%d:%d\n", i, f.Func, f.File, f.Line, f.Column)
	}
	return b.String()
}

// TestStackWithoutLines traps where there are only names.
func TestStackWithoutLines(t *testing.T) {
	trap := breakProgram(t, "../guests/hostile-c/command.wasm", "panic")
	if len(trap.Stack) == 0 || trap.Stack[0].Func != "main" || trap.Stack[0].File != "" {
		t.Errorf("stack is:\n%s\nwant main first, without a file", printed(trap.Stack))
	}
}

// BenchmarkStack is what a trap costs beyond the trap: finding the lines of a stack
// of 20 frames, in a Rust program of 850 KB.
func BenchmarkStack(b *testing.B) {
	wasm, err := os.ReadFile("../guests/crash/rust.wasm")
	if err != nil {
		b.Fatal(err)
	}
	p, err := newHost(b).Load(b.Context(), wasm)
	if err != nil {
		b.Fatal(err)
	}
	_, _, err = p.RunCommand(b.Context(), plugin.Session{
		Grant: plugin.Grant{Args: []string{"crash", "index"}}, Limits: plugin.DefaultLimits(),
	})
	trap, ok := errors.AsType[*plugin.TrapError](err)
	if !ok {
		b.Fatal(err)
	}
	for b.Loop() {
		if stack := plugin.StackOf(b.Context(), p, trap.Trap.Frames); stack[0].Line == 0 && stack[1].Line == 0 {
			b.Fatal("no lines")
		}
	}
}

// TestHostileNames gives names in debug information that a terminal would obey.
func TestHostileNames(t *testing.T) {
	wasm, err := os.ReadFile("../guests/crash/cpp.wasm")
	if err != nil {
		t.Fatal(err)
	}
	wasm = bytes.ReplaceAll(wasm, []byte("crash.cc"), []byte("c\x1b[2J.cc"))
	wasm = bytes.ReplaceAll(wasm, []byte("_ZN6assets4trapEi"), []byte("_ZN6ass\n\u202e\x1btrapE"))
	trap := breakBytes(t, wasm, "trap")
	if f := trap.Stack[0]; f.File != "crash/c?[2J.cc" || f.Func != "_ZN6ass???trapE" {
		t.Errorf("the frame is %q of %q, want all control characters replaced", f.Func, f.File)
	}
	for _, f := range trap.Stack {
		if strings.ContainsAny(f.Func+f.File, "\x1b\n\u202e") {
			t.Errorf("frame %+v has control characters", f)
		}
	}
}
