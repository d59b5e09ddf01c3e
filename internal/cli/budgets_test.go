package cli_test

import (
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/cli"
	"github.com/berth-cli/berth/plugin"
)

// TestLimitsVariable checks which settings of limits are understood. A program that
// cannot be found is looked for after that.
func TestLimitsVariable(t *testing.T) {
	for _, tt := range []struct{ value, want string }{
		{"", ""}, {"memory=64MiB", ""}, {" memory = 8GiB , idle=1h,", ""}, {"wall=unlimited", ""},
		{"handles=5000,type-depth=20,total-memory=1GiB,compile-time=10m", ""},
		{"memory", `BERTH_LIMITS: "memory": it is a number of bytes such as 64MiB`},
		{"memory=0", `"memory=0": it is a number of bytes`},
		{"wall=60", `"wall=60": it is a time such as 90s or 10m`},
		{"wall=-1s", `"wall=-1s": it is a time`},
		{"handles=-1", `"handles=-1": it is a number such as 5000`},
		{"handles=1e3", `"handles=1e3": it is a number`},
		{"speed=1", `"speed=1": there is no such limit: there are memory, `},
		{"type-depth=10001", "a limit of nesting or depth is above 10,000"},
	} {
		file := "../../guests/hostile-c/command.wasm"
		code, _, stderr := berthWith(t, []string{"BERTH_LIMITS=" + tt.value}, "run", file, "hello")
		switch {
		case tt.want == "" && code != 0:
			t.Errorf("BERTH_LIMITS=%q: code %d\n%s", tt.value, code, stderr)
		case tt.want != "" && (code == 0 || !strings.Contains(stderr, tt.want)):
			t.Errorf("BERTH_LIMITS=%q: code %d, want an error and %q in\n%s", tt.value, code, tt.want, stderr)
		}
	}
}

// TestProgramsMayWait keeps a program that waits for its user from being ended.
func TestProgramsMayWait(t *testing.T) {
	if got := cli.ProgramLimits().Idle; got != plugin.Unlimited {
		t.Errorf("a program may idle for %v, want without end", got)
	}
}
