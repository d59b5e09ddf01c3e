package cli_test

import (
	"strings"
	"testing"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/internal/cli"
)

func started(digest byte) component.Progress {
	return component.Progress{Digest: [32]byte{digest}, Modules: 3, Bytes: 3 << 20}
}

func ended(digest byte) component.Progress {
	p := started(digest)
	p.ModulesDone, p.BytesDone, p.Ended = 3, 3<<20, true
	return p
}

const compilingLine = "compiling a plugin of 3 MiB, which is done once"

// TestCompilingTerminal checks that on a terminal what is compiled for long is shown
// while it is, and then nothing is.
func TestCompilingTerminal(t *testing.T) {
	term := newTerminal(90, 20)
	c := cli.NewCompiling(cli.Streams{Err: term, Size: term.size, Terminal: [3]bool{true, true, true}}, false)
	c.Report(started(1))
	wantScreen(t, term)
	c.Wait()
	wantScreen(t, term, "[plugin] ✶ "+compilingLine+" (0 of 3 modules)")
	c.Line("something else")
	p := started(1)
	p.ModulesDone = 2
	c.Report(p)
	wantScreen(t, term, "something else", "[plugin] ✶ "+compilingLine+" (2 of 3 modules)")
	c.Report(started(2))
	c.Wait()
	c.Report(ended(1))
	c.Report(ended(2))
	c.Line("the end")
	wantScreen(t, term, "something else", "the end")
}

// TestCompilingLines checks that elsewhere it is one line, and none where it is soon
// done or the user wants silence.
func TestCompilingLines(t *testing.T) {
	for _, tt := range []struct {
		name        string
		quiet, soon bool
		want        string
	}{
		{name: "long", want: compilingLine + "\n"},
		{name: "soon done", soon: true},
		{name: "quiet", quiet: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			c := cli.NewCompiling(cli.Streams{Err: &out}, tt.quiet)
			c.Report(started(1))
			if !tt.soon {
				c.Wait()
			}
			p := started(1)
			p.ModulesDone = 1
			c.Report(p)
			c.Report(ended(1))
			c.Wait()
			if out.String() != tt.want {
				t.Errorf("shown is %q, want %q", out.String(), tt.want)
			}
		})
	}
}
