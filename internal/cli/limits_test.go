package cli_test

import (
	"strings"
	"testing"
)

// TestLimitFlags checks which sizes and times are understood.
func TestLimitFlags(t *testing.T) {
	for _, tt := range []struct{ flag, want string }{
		{"--max-memory=64MiB", ""}, {"--max-memory=64m", ""}, {"--max-memory=2 GiB", ""}, {"--max-memory=1048576", ""},
		{"--max-memory=100000T", ""}, {"--max-compute=1.5s", ""}, {"--max-compute=2h", ""},
		{"--max-memory=0", "it is a number of bytes such as 64MiB"},
		{"--max-memory=", "it is a number of bytes such as 64MiB"},
		{"--max-memory=64MB", "it is a number of bytes such as 64MiB"},
		{"--max-memory=-1", "it is a number of bytes such as 64MiB"},
		{"--max-memory=MiB", "it is a number of bytes such as 64MiB"},
		{"--max-memory=99999999999T", "it is a number of bytes such as 64MiB"},
		{"--max-compute=0s", "it is a time such as 90s or 10m"},
		{"--max-compute=-1s", "it is a time such as 90s or 10m"},
		{"--max-compute=60", "missing unit"},
	} {
		code, _, stderr := berth(t, t.TempDir(), "run", tt.flag, "nothing.wasm")
		if want := map[bool]int{true: 127, false: 2}[tt.want == ""]; code != want || !strings.Contains(stderr, tt.want) {
			t.Errorf("run %s: code %d, want %d and %q in\n%s", tt.flag, code, want, tt.want, stderr)
		}
	}
}
