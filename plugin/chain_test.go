package plugin_test

import (
	"errors"
	"testing"
	"time"

	"github.com/berth-cli/berth/plugin"
)

func TestRecord(t *testing.T) {
	write := plugin.Record{Interface: "wasi:io/streams", Func: "write", Times: 1, ArgBytes: 1024, Took: time.Millisecond}
	for _, tt := range []struct {
		name   string
		first  plugin.Record
		second plugin.Record
		want   string // "" if they do not join
	}{
		{"same", write, write, "wasi:io/streams write ×2 {2 KiB} -> 0 B 2ms"},
		{"not counted", write, plugin.Record{Interface: write.Interface, Func: "write", ResultBytes: -1}, "wasi:io/streams write ×2 {1 KiB} -> ok 1ms"},
		{"not counted before", plugin.Record{Interface: write.Interface, Func: "write", ResultBytes: -1, Times: 1},
			plugin.Record{Interface: write.Interface, Func: "write", ResultBytes: 3}, "wasi:io/streams write ×2 {0 B} -> ok 0s"},
		{"fails", write, plugin.Record{Interface: write.Interface, Func: "write", Err: errors.New("x")}, "wasi:io/streams write ×2 {1 KiB} -> failed 1ms"},
		{"failed before", plugin.Record{Interface: write.Interface, Func: "write", Err: errors.New("x")}, write, ""},
		{"another function", write, plugin.Record{Interface: write.Interface, Func: "read"}, ""},
		{"another interface", write, plugin.Record{Interface: "wasi:x/y", Func: "write"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			joined := tt.first.Join(tt.second)
			if joined != (tt.want != "") || joined && tt.first.String() != tt.want {
				t.Errorf("Join: %v, %q, want %q", joined, tt.first, tt.want)
			}
		})
	}
	if got, want := (plugin.Record{Func: "call", ResultBytes: 3}).String(), "call {0 B} -> 3 B 0s"; got != want {
		t.Errorf("a record is %q, want %q", got, want)
	}
}
