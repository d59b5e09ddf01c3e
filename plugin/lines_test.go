package plugin_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/plugin"
)

func TestLines(t *testing.T) {
	for _, tt := range []struct {
		name   string
		max    int
		writes []string
		want   []string
	}{
		{"lines across writes", 0, []string{"on", "e\ntw", "o\n"}, []string{"one", "two"}},
		{"empty lines", 0, []string{"a\n\n\nb\n"}, []string{"a", "", "", "b"}},
		{"last line without an end", 0, []string{"a\nb"}, []string{"a", "b"}},
		{"carriage returns", 0, []string{"a\r\r\nb\r\n"}, []string{"a", "b"}},
		{"not UTF-8", 0, []string{"a\xffb\n"}, []string{"a\uFFFDb"}},
		{"character across writes", 0, []string{"\xe2\x98", "\x83\n"}, []string{"☃"}},
		{"colours", 0, []string{"\x1b[1;31mred\x1b[0m\n"}, []string{"red"}},
		{"title of the terminal", 0, []string{"\x1b]0;mine now\x07x\n"}, []string{"x"}},
		{"cursor movement", 0, []string{"\x1b[2J\x1b[Hx\x1bcy\n"}, []string{"xy"}},
		{"lone escape and bell", 0, []string{"a\x07b\x1b\n"}, []string{"ab"}},
		{"C1 controls", 0, []string{"a\u009b2Jb\n"}, []string{"a2Jb"}},
		{"turned text", 0, []string{"a\u202eb\u2066c\n"}, []string{"abc"}},
		{"tab stays", 0, []string{"a\tb\n"}, []string{"a\tb"}},
		{"cut", 4, []string{"abc\ndef\ngh"}, []string{"abc", "… 6 bytes of stdout truncated"}},
		{"cut within a line", 5, []string{"abc\nde", "f\n"}, []string{"abc", "d", "… 3 bytes of stdout truncated"}},
		{"exactly as much", 4, []string{"abc\n"}, []string{"abc"}},
		{"nothing", 4, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			l := &plugin.Lines{Name: "stdout", MaxBytes: tt.max, Emit: func(s string) { got = append(got, s) }}
			for _, w := range tt.writes {
				if n, err := l.Write([]byte(w)); n != len(w) || err != nil {
					t.Errorf("Write(%q) = %d, %v, want all of it", w, n, err)
				}
			}
			l.Flush()
			if !slices.Equal(got, tt.want) {
				t.Errorf("lines = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestEndlessLine(t *testing.T) {
	longest, total := 0, 0
	l := &plugin.Lines{Emit: func(s string) { longest, total = max(longest, len(s)), total+len(s) }}
	chunk := []byte(strings.Repeat("x", 1<<16))
	for range 32 {
		l.Write(chunk)
	}
	l.Flush()
	if longest > 1<<17 || total != 32<<16 {
		t.Errorf("longest line %d of %d bytes, want it bounded and nothing lost", longest, total)
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nb\x1b[31m\r\n\xff"), 3)
	f.Add([]byte("\x1b]0;\x1b\\"), 1)
	f.Fuzz(func(t *testing.T, b []byte, split int) {
		var whole, parts []string
		l := &plugin.Lines{Emit: func(s string) { whole = append(whole, s) }}
		l.Write(b)
		l.Flush()
		at := 0
		if len(b) > 0 {
			at = (split%len(b) + len(b)) % len(b)
		}
		l = &plugin.Lines{Emit: func(s string) { parts = append(parts, s) }}
		l.Write(b[:at])
		l.Write(b[at:])
		l.Flush()
		if !slices.Equal(whole, parts) {
			t.Errorf("split at %d: %q, want %q", at, parts, whole)
		}
		for _, line := range whole {
			if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
				t.Errorf("line %q has a control character", line)
			}
		}
	})
}

func TestFormatBytes(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0 B", 1023: "1023 B", 1024: "1 KiB", 1536: "1.5 KiB", 64 << 20: "64 MiB", 4 << 30: "4 GiB",
		1<<64 - 1: "16 EiB",
	} {
		if got := plugin.FormatBytes(n); got != want {
			t.Errorf("FormatBytes(%d) = %q, want %q", n, got, want)
		}
	}
}
