package cli_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/berth-cli/berth/internal/cli"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"berth": func() { os.Exit(cli.Main(context.Background(), os.Args[1:], cli.System())) },
	})
}

// TestScripts runs testdata/script: a behaviour a file. Each has a folder of its
// own, with the example project in $WORK/seed-data and the guests at $GUESTS.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	runScripts(t, files, "0")
}

// TestScriptsIsolated runs the scripts about plugins again, with each plugin in a
// process of its own: nothing in them may look different.
func TestScriptsIsolated(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("workers need Linux")
	}
	if testing.Short() {
		t.Skip("runs most scripts a second time")
	}
	var files []string
	for _, pattern := range []string{"bad-*", "control-*", "example", "failure-*", "fetch", "interrupt", "limits-*", "linked-out", "loop", "plain", "proxy*"} {
		found, err := filepath.Glob("testdata/script/" + pattern + ".txtar")
		if err != nil || len(found) == 0 {
			t.Fatalf("no scripts %s: %v", pattern, err)
		}
		files = append(files, found...)
	}
	runScripts(t, files, "1")
}

func runScripts(t *testing.T, files []string, isolate string) {
	cache := t.TempDir()
	testscript.Run(t, testscript.Params{
		Files: files,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"await": await, "descriptor": descriptor, "identity": makeIdentity, "patch": patch, "serve": serve, "steps": steps,
		},
		// A script may say [wazero] or [wasmtime] for the engine of the build.
		Condition: func(name string) (bool, error) {
			if name != "wazero" && name != "wasmtime" {
				return false, fmt.Errorf("unknown condition %q", name)
			}
			return name == engineName, nil
		},
		Setup: func(env *testscript.Env) error {
			guests, err := filepath.Abs("../../guests")
			if err != nil {
				return err
			}
			env.Setenv("GUESTS", guests)
			env.Setenv("BERTH_ISOLATE", isolate)
			env.Setenv("AS_USER", unprivileged())
			env.Setenv("SHA256", digest(seedPlugin))
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("ICP_HOME", filepath.Join(env.WorkDir, "icp-home"))
			env.Setenv("BERTH_CONFIG_DIR", filepath.Join(cache, "config"))
			env.Setenv("BERTH_CACHE_DIR", filepath.Join(cache, "cache"))
			return copyExample(filepath.Join(env.WorkDir, "seed-data"))
		},
	})
}

// copyExample copies the example project, with seedPlugin for its plugin.
func copyExample(to string) error {
	if err := copyFolder(to, "../../examples/seed-data"); err != nil {
		return err
	}
	b, err := os.ReadFile(seedPlugin)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, "seed-plugin.wasm"), b, 0o666)
}

func copyFolder(to, from string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil || rel == ".berth" || rel == ".icp" {
			return fs.SkipDir
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o777)
		}
		if _, err := os.Stat(filepath.Join(to, rel)); err == nil {
			return nil // the script brought its own
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), b, 0o666)
	})
}
