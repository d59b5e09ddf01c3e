package plugin_test

import (
	"strings"
	"testing"

	"github.com/berth-cli/berth/plugin"
)

// goPanic is what a program built by Go for wasip1 prints.
const goPanic = `working
panic: runtime error: index out of range [7] with length 3

goroutine 1 [running]:
main.(*plan).slot(...)
	/home/me/plan/main.go:12
main.sum({0x1410038, 0x2, 0x2}, 0x0)
	/home/me/plan/main.go:20 +0x11
main.main()
	/home/me/plan/main.go:27 +0x5
`

func TestPanicWords(t *testing.T) {
	const oldRust = "thread 'main' panicked at 'it''s: over', src/lib.rs:18:13\nnote: run with RUST_BACKTRACE=1\n"
	for _, tt := range []struct {
		name, stderr, message, at string
		frames                    int
	}{
		{"nothing", "", "", "", 0},
		{"no panic", "one\ntwo\n", "", "", 0},
		{"old Rust", oldRust, "it''s: over", "src/lib.rs:18:13", 0},
		{"old Rust, no place", "panicked at 'gone'\n", "gone", "", 0},
		{"new Rust", "\nthread 'main' (1) panicked at src/lib.rs:5:9:\nindex out of bounds\nnote: x\n", "index out of bounds", "src/lib.rs:5:9", 0},
		{"new Rust, cut short", "thread 'main' panicked at src/lib.rs:5:9:", "", "src/lib.rs:5:9", 0},
		{"Go", goPanic, "runtime error: index out of range [7] with length 3", "", 3},
		{"Go, cut short", goPanic[:strings.Index(goPanic, "main.sum")+20], "runtime error: index out of range [7] with length 3", "", 1},
		{"Go, fatal", "fatal error: all goroutines are asleep - deadlock!\n", "all goroutines are asleep - deadlock!", "", 0},
		{"C", "Assertion failed: n < 4 (ring.c: at: 13)\n", "Assertion failed: n < 4", "ring.c:13", 0},
		{"the last counts", "panicked at 'a'\npanicked at 'b'\n", "b", "", 0},
		{"without an end", "panicked at 'a'", "a", "", 0},
		{"terminal", "panicked at '\x1b[2J\x1b]0;x\x07red\u202e'\n", "red", "", 0},
		{"long", "panicked at '" + strings.Repeat("x", 100_000) + "'\n", "thread", "", -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			message, at, stack := plugin.PanicWords(tt.stderr)
			if tt.frames < 0 {
				if len(message) > 2000 {
					t.Errorf("%d bytes of message", len(message))
				}
				return
			}
			if message != tt.message || at != tt.at || len(stack) != tt.frames {
				t.Errorf("words are %q at %q with %d frames, want %q at %q with %d",
					message, at, len(stack), tt.message, tt.at, tt.frames)
			}
		})
	}
	_, _, stack := plugin.PanicWords(goPanic)
	want := plugin.Frame{Func: "main.(*plan).slot", File: "/home/me/plan/main.go", Line: 12}
	if len(stack) == 0 || stack[0] != want {
		t.Errorf("stack begins %+v, want %+v", stack, want)
	}
}

// FuzzPanicWords: whatever is on standard error, what is told of it is short, and
// commands no terminal.
func FuzzPanicWords(f *testing.F) {
	f.Add(goPanic)
	f.Add("thread 'x' panicked at a:1:2:\n\x1b[31mred")
	f.Add("Assertion failed: x (y: z: 1)")
	f.Fuzz(func(t *testing.T, stderr string) {
		message, at, stack := plugin.PanicWords(stderr)
		all := message + at
		for _, s := range stack {
			all += s.Func + s.File
		}
		if len(all) > 100_000 || strings.ContainsAny(all, "\x1b\r\n\x07\u202e") {
			t.Errorf("told %q", all)
		}
	})
}
