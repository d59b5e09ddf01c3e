package deploy_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/deploy"
	"github.com/berth-cli/berth/internal/fetch"
)

func needShell(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("script steps need a POSIX shell")
	}
}

// build builds the only canister of a project with these build steps.
func build(t *testing.T, steps, files string) (wasm []byte, r *recorder, d *deploy.Deployer, err error) {
	t.Helper()
	p := lay(t, "-- icp.yaml --\ncanisters:\n  - name: c\n    build: {steps: ["+steps+"]}\n"+files)
	d, r = newDeployer(t, p, "local")
	modules, err := d.Build(t.Context(), p.Canisters)
	return modules["c"], r, d, err
}

func TestBuildScript(t *testing.T) {
	needShell(t)
	wasm, r, d, err := build(t, `
		{type: script, command: 'printf one > "$ICP_WASM_OUTPUT_PATH"; echo "$ICP_CLI_ENVIRONMENT in $PWD"'},
		{type: script, commands: ['printf two >> "$ICP_WASM_OUTPUT_PATH"', 'echo said >&2']}`, "")
	if err != nil || string(wasm) != "onetwo" {
		t.Fatalf("Build = %q, %v, want what both steps wrote into one file", wasm, err)
	}
	want := []string{"local in " + d.Project.Dir, "said"}
	if got := r.with("[c] line "); !slices.Equal(got, want) {
		t.Errorf("lines = %q, want %q: both streams, in the canister's folder", got, want)
	}
	b, err := os.ReadFile(filepath.Join(d.Project.Dir, ".icp", "cache", "artifacts", "c"))
	if err != nil || string(b) != "onetwo" {
		t.Errorf("artifact = %q, %v, want the module", b, err)
	}
	wantSteps := []string{`Building: step 1 of 2 script printf one > "$ICP_WASM_OUTPUT_PATH"; echo "$ICP_CLI_ENVIRONMENT in $PWD"`,
		"Building: step 2 of 2 script printf two >> \"$ICP_WASM_OUTPUT_PATH\"\necho said >&2"}
	if got := r.with("[c] step "); !slices.Equal(got, wantSteps) {
		t.Errorf("steps = %q, want %q", got, wantSteps)
	}
}

func TestBuildFailures(t *testing.T) {
	needShell(t)
	for _, tt := range []struct{ name, steps, want string }{
		{"exit status", "{type: script, commands: ['exit 3', 'echo not reached']}", "command 'exit 3' failed with status code 3"},
		{"killed", "{type: script, command: 'kill -9 $$'}", "command 'kill -9 $$' failed with status code N/A"},
		{"nothing to run", "{type: script, command: ' '}", "command must not be empty: ' '"},
		{"no output", "{type: script, command: 'true'}", "build did not produce a wasm output file"},
		{"no file", "{type: pre-built, path: nothing.wasm}", "nothing.wasm': no such file or directory"},
		{"wrong file", "{type: pre-built, path: icp.yaml, sha256: " + strings.Repeat("ab", 32) + "}",
			"checksum mismatch, expected: " + strings.Repeat("ab", 32) + ", actual: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, r, d, err := build(t, tt.steps, "")
			failed, ok := errors.AsType[*deploy.FailedError](err)
			if !ok || err.Error() != `Canister(s) ["c"] failed to build.` {
				t.Fatalf("Build = %v, want *FailedError", err)
			}
			if got := failed.Failures[0].Err.Error(); !strings.Contains(got, tt.want) {
				t.Errorf("failure = %q, want %q", got, tt.want)
			}
			if slices.Contains(r.with("[c] line "), "not reached") {
				t.Error("a command ran after one that failed")
			}
			if _, err := os.Stat(filepath.Join(d.Project.Dir, ".icp", "cache", "artifacts", "c")); err == nil {
				t.Error("an artifact was kept though the build failed")
			}
		})
	}
}

func TestPrebuilt(t *testing.T) {
	srv := httptest.NewServer(http.FileServer(http.Dir(filepath.Dir(filepath.FromSlash(seeding(t))))))
	t.Cleanup(srv.Close)
	want, err := os.ReadFile(seeding(t))
	if err != nil {
		t.Fatal(err)
	}
	digest := fmt.Sprintf("%x", sha256.Sum256(want))
	for _, tt := range []struct{ name, step, title string }{
		{"path", "path: $SEEDING", "Building: step 1 of 1 pre-built path: " + seeding(t)},
		{"path and sha256", "path: $SEEDING, sha256: " + strings.ToUpper(digest), ""},
		{"url", "url: '" + srv.URL + "/seeding.wasm'", "Building: step 1 of 1 pre-built url: " + srv.URL + "/seeding.wasm"},
		{"url and sha256", "url: '" + srv.URL + "/seeding.wasm', sha256: " + digest, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wasm, r, _, err := build(t, "{type: pre-built, "+tt.step+"}", "")
			if err != nil || string(wasm) != string(want) {
				t.Fatalf("Build = %d bytes, %v, want the %d of the file", len(wasm), err, len(want))
			}
			if tt.title != "" && !slices.Equal(r.with("[c] step "), []string{tt.title}) {
				t.Errorf("steps = %q, want %q", r.with("[c] step "), tt.title)
			}
			lines := strings.Join(r.with("[c] line "), "\n")
			if !strings.Contains(lines, "Writing WASM file: ") || strings.Contains(tt.step, "sha256") != strings.Contains(lines, "Verifying checksum") {
				t.Errorf("lines = %q", lines)
			}
		})
	}
}

func TestPrebuiltMismatchIsTyped(t *testing.T) {
	_, _, _, err := build(t, "{type: pre-built, path: $SEEDING, sha256: "+strings.Repeat("ab", 32)+"}", "")
	if _, ok := errors.AsType[*fetch.MismatchError](err); !ok {
		t.Errorf("Build = %v, want *fetch.MismatchError inside", err)
	}
}

// TestArtifactLockIsNoLink checks that a link in a clone makes no file elsewhere.
func TestArtifactLockIsNoLink(t *testing.T) {
	a := deploy.ProjectArtifacts(t.TempDir())
	elsewhere := filepath.Join(t.TempDir(), "file")
	if err := os.MkdirAll(a.Dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(a.Dir, ".lock")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if err := a.Save(t.Context(), "m", nil); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("Save = %v, want the link refused", err)
	}
	if _, err := os.Lstat(elsewhere); err == nil {
		t.Error("a file was made outside the project")
	}
}

func TestArtifactNames(t *testing.T) {
	a := deploy.ProjectArtifacts(t.TempDir())
	if err := a.Save(t.Context(), `vendor/mail:back%end\x`, []byte("m")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"vendor%2Fmail%3Aback%25end%5Cx", ".lock"} {
		if _, err := os.Stat(filepath.Join(a.Dir, name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := a.Save(t.Context(), strings.Repeat("n", 256), nil); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("Save under a name of 256 bytes = %v, want it refused", err)
	}
}
