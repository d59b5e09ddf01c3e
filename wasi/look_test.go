package wasi_test

import (
	"testing"

	"github.com/berth-cli/berth/wasi"
)

// What one call found answers only the call right after it, for the same path.
func TestRecall(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "file", "other")
	d := grant(t, dir, false)
	for _, tt := range []struct {
		name  string
		flags wasi.PathFlags
		path  string
		call  uint64
		want  bool
	}{
		{"next call", 0, "file", 6, true},
		{"same call", 0, "file", 5, false},
		{"later call", 0, "file", 7, false},
		{"other path", 0, "other", 6, false},
		{"other flags", wasi.FollowLinks, "file", 6, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := wasi.Recall(d, "file", 5, tt.flags, tt.path, tt.call); got != tt.want {
				t.Errorf("recalled: %v, want %v", got, tt.want)
			}
		})
	}
}
