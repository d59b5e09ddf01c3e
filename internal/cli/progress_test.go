package cli_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/berth-cli/berth/internal/cli"
	"github.com/berth-cli/berth/plugin"
)

// activity is what a plugin that pages in vain has done.
func activity(calls int64) func() plugin.Activity {
	return func() plugin.Activity {
		return plugin.Activity{
			Calls:       []plugin.CallCount{{Name: "update", Calls: 2}, {Name: "query", Calls: calls}},
			Methods:     []plugin.CallCount{{Name: "list", Calls: calls, Identical: calls - 2}, {Name: "put\x1b[2J", Calls: 2}},
			Calling:     "list",
			MemoryBytes: 41 << 20,
		}
	}
}

// TestHeartbeat checks the lines about a step that goes on, where there is no
// terminal: every 15 s of its own time, and none of one that has ended.
func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stderr bytes.Buffer
		v := cli.NewView(cli.Streams{Out: &bytes.Buffer{}, Err: &stderr}, false)
		web, api := v.Canister("web"), v.Canister("api")
		api.Step("short")
		time.Sleep(10 * time.Second)
		web.Step("long")
		web.Running(activity(412))
		time.Sleep(4500 * time.Millisecond)
		api.Step("script")
		time.Sleep(26 * time.Second)
		web.End("Synced", false)
		api.End("Synced", false)
		time.Sleep(time.Minute)
		v.Close()
		want := `[api] short
[web] long
[api] script
[web] still running 15s: list x412 (same reply x410), put[2J x2, mem 41 MiB
[api] still running 15s
[web] still running 30s: list x412 (same reply x410), put[2J x2, mem 41 MiB, waiting for list
[web] ✔ Synced
[api] ✔ Synced
`
		if got := stderr.String(); got != want {
			t.Errorf("standard error\n%s\nwant\n%s", got, want)
		}
	})
}

// TestHeartbeatIsQuiet checks that --quiet hides it.
func TestHeartbeatIsQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stderr bytes.Buffer
		v := cli.NewView(cli.Streams{Out: &bytes.Buffer{}, Err: &stderr}, true)
		v.Canister("web").Step("long")
		time.Sleep(time.Minute)
		v.Close()
		if stderr.Len() > 0 {
			t.Errorf("standard error %q", stderr.String())
		}
	})
}

// TestCounters checks that a terminal shows in the line of a step what it does, and
// nothing of it once the step has ended.
func TestCounters(t *testing.T) {
	for _, tt := range []struct {
		name  string
		width int
		calls int64
		want  string
	}{
		{"wide", 100, 5, "[web] ✷ Syncing: plugin path: pager.wasm 1 of 1  update x2 query x5 mem 41 MiB 4s"},
		{"with a loop", 120, 412, "[web] ✷ Syncing: plugin path: pager.wasm 1 of 1  update x2 query x412 (list: same reply x410) mem 41 MiB 4s"},
		{"the title makes way", 70, 5, "[web] ✷ Syncing: plugin path: page…  update x2 query x5 mem 41 MiB 4s"},
		{"narrow", 40, 5, "[web] ✷ Syncing: plugin path: pager.wa…"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				term := newTerminal(tt.width, 20)
				v := cli.NewView(cli.Streams{Out: term, Err: term, Size: term.size, Terminal: [3]bool{true, true, true}}, false)
				web := v.Canister("web")
				web.Step("Syncing: plugin path: pager.wasm 1 of 1")
				web.Running(activity(tt.calls))
				time.Sleep(4900 * time.Millisecond)
				synctest.Wait()
				_, got, _ := strings.Cut(term.text(), "] ")
				_, want, _ := strings.Cut(tt.want, "] ")
				if got[len("✷"):] != want[len("✷"):] {
					t.Errorf("the terminal shows %q, want %q", got, want)
				}
				web.End("Synced", false)
				v.Close()
				wantScreen(t, term, "[web] ✔ Synced")
			})
		})
	}
}
