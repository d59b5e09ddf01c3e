package cli_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/cli"
)

// onTerminal runs a command line whose three streams are one terminal.
func onTerminal(t *testing.T, term *terminal, dir string, env []string, args ...string) int {
	t.Helper()
	home := t.TempDir()
	return cli.Main(context.WithoutCancel(t.Context()), args, cli.Streams{
		In: strings.NewReader(""), Out: term, Err: term, Dir: dir, Size: term.size, Terminal: [3]bool{true, true, true},
		Environ: append([]string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + home, "ICP_HOME=" + home,
			"BERTH_CONFIG_DIR=" + home + "/config", "BERTH_CACHE_DIR=" + home + "/cache",
		}, env...),
	})
}

// twoCanisters lays a project whose second canister fails.
func twoCanisters(t *testing.T) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("script steps need a POSIX shell")
	}
	dir := t.TempDir()
	if err := copyExample(dir); err != nil {
		t.Fatal(err)
	}
	manifest := `
canisters:
  - name: seeding
    build: {steps: [{type: pre-built, path: seeding.wasm}]}
    sync: {steps: [{type: plugin, path: seed-plugin.wasm, dirs: [seed-data]}]}
  - name: broken
    build: {steps: [{type: pre-built, path: seeding.wasm}]}
    sync: {steps: [{type: script, command: "for i in 1 2 3 4 5 6; do echo line $i; done; exit 1"}]}
`
	if err := os.WriteFile(filepath.Join(dir, "icp.yaml"), []byte(manifest), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

const transcript = `Building canisters:
[seeding] ✔ Built successfully
[broken] ✔ Built successfully
Creating canisters:
Created canister seeding with ID bnz7o-iuaaa-aaaaa-qaaaa-cai
Created canister broken with ID bkyz2-fmaaa-aaaaa-qaaaq-cai
Installing canisters:
[seeding] ✔ Installed successfully: bnz7o-iuaaa-aaaaa-qaaaa-cai
[broken] ✔ Installed successfully: bkyz2-fmaaa-aaaaa-qaaaq-cai
Syncing canisters:
[seeding] registered 3 item(s) in canister bnz7o-iuaaa-aaaaa-qaaaa-cai (environment: local)
[seeding] ✔ Synced successfully: bnz7o-iuaaa-aaaaa-qaaaa-cai
[broken] ✘ Failed to sync canister: script sync step failed: command 'for i in 1 2 3 4 5 6; do echo lin…
ERR ----- Failed to sync canister 'broken': bkyz2-fmaaa-aaaaa-qaaaq-cai -----
ERR 'script sync step failed'
ERR   caused by: command 'for i in 1 2 3 4 5 6; do echo line $i; done; exit 1' failed with status code 1
ERR [broken] Sync output:
ERR [broken] Syncing: script for i in 1 2 3 4 5 6; do echo line $i; done; exit 1 1 of 1:
ERR [broken] > line 1
ERR [broken] > line 2
ERR [broken] > line 3
ERR [broken] > line 4
ERR [broken] > line 5
ERR [broken] > line 6
Error: Canister(s) ["broken"] failed to sync.`

// TestTranscript is what a deployment leaves on a terminal: a mark for each
// canister, what stays of a plugin, the results, and the report of the failure, with
// nothing of the moving lines.
func TestTranscript(t *testing.T) {
	dir := twoCanisters(t)
	for _, tt := range []struct {
		name, env string
		colours   bool
	}{
		{"in colours", "TERM=xterm", true},
		{"without", "NO_COLOR=1", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := os.RemoveAll(filepath.Join(dir, ".berth")); err != nil {
				t.Fatal(err)
			}
			term := newTerminal(105, 40)
			if code := onTerminal(t, term, dir, []string{tt.env}, "deploy"); code != 1 {
				t.Errorf("code %d, want 1", code)
			}
			wantScreen(t, term, transcript)
			if got := term.sgr != ""; got != tt.colours {
				t.Errorf("colours: %v (%q), want %v", got, term.sgr, tt.colours)
			}
		})
	}
}

// TestResultOnTerminal checks that the result of a deployment that succeeds stands
// below the marks.
func TestResultOnTerminal(t *testing.T) {
	dir := t.TempDir()
	if err := copyExample(dir); err != nil {
		t.Fatal(err)
	}
	term := newTerminal(80, 10)
	if code := onTerminal(t, term, dir, nil, "deploy"); code != 0 {
		t.Errorf("code %d, want 0", code)
	}
	lines := strings.Split(term.text(), "\n")
	want := []string{
		"[seeding] ✔ Synced successfully: bnz7o-iuaaa-aaaaa-qaaaa-cai",
		"Deployed canisters:",
		"  seeding: bnz7o-iuaaa-aaaaa-qaaaa-cai (No gateway URL available)",
	}
	if len(lines) < 3 || !slices.Equal(lines[len(lines)-3:], want) {
		t.Errorf("the terminal shows\n%s\nwant at its end\n%s", term.text(), strings.Join(want, "\n"))
	}
}

// TestPlainOnTerminal checks that --verbose, --debug, --quiet and a dumb terminal
// get lines and no block.
func TestPlainOnTerminal(t *testing.T) {
	dir := twoCanisters(t)
	for _, tt := range []struct{ name, env, flag string }{
		{"dumb", "TERM=dumb", "--jobs=1"}, {"verbose", "", "-v"}, {"debug", "", "--debug"}, {"quiet", "", "-q"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var raw strings.Builder
			streams := newTerminal(200, 500)
			onTerminal(t, streams, dir, []string{tt.env}, "deploy", tt.flag)
			raw.WriteString(streams.text())
			if moving := regexp.MustCompile(`[✶✸✹✺✷│└]`); moving.MatchString(raw.String()) || streams.unknown != "" {
				t.Errorf("the terminal shows\n%s", raw.String())
			}
		})
	}
}
