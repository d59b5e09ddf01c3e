package deploy_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/deploy"
	"github.com/berth-cli/berth/internal/ic/agent/mgmt"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// TestDeclaredPaths is what becomes of folders and files that cannot be handed to a
// plugin: the step says which and why, and the plugin does not run.
func TestDeclaredPaths(t *testing.T) {
	for _, tt := range []struct{ name, declare, link, want string }{
		{"absolute folder", "dirs: [/etc]", "", "plugin dir '/etc' is not a safe relative path (no absolute paths or '..' allowed)"},
		{"folder above", "dirs: [../x]", "", "plugin dir '../x' is not a safe relative path (no absolute paths or '..' allowed)"},
		{"above and back", "dirs: [data/../data]", "", "plugin dir 'data/../data' is not a safe relative path"},
		{"file above", "files: [../x]", "", "plugin file '../x' is not a safe relative path"},
		{"link", "dirs: [data/link]", "data/link", "plugin dir 'data/link' resolves through a symlink ('data/link'); symlinks are not allowed in plugin dirs"},
		{"below a link", "dirs: [data/link/more]", "data/link", "plugin dir 'data/link/more' resolves through a symlink ('data/link'); symlinks are not allowed in plugin dirs"},
		{"file that is a link", "files: [data/link]", "data/link", "plugin file 'data/link' resolves through a symlink ('data/link'); symlinks are not allowed in plugin files"},
		{"no such folder", "dirs: [nothing]", "", "failed to preopen directory 'DIR/nothing' for the plugin: "},
		{"file for a folder", "dirs: [data/a.txt]", "", "failed to preopen directory 'DIR/data/a.txt' for the plugin: not a directory"},
		{"no such file", "files: [nothing]", "", "failed to read plugin input file at DIR/nothing: "},
		{"folder for a file", "files: [data]", "", "failed to read plugin input file at DIR/data: not a regular file"},
		{"no text", "files: [binary]", "", "failed to read plugin input file at DIR/binary: is not UTF-8 text"},
		{"folders come first", "files: [nothing], dirs: [/etc]", "", "plugin dir '/etc' is not"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := lay(t, one("{type: plugin, path: $PLUGIN, "+tt.declare+"}")+"-- data/a.txt --\na\n-- binary --\n\xff\n")
			if tt.link != "" {
				if err := os.Symlink("..", filepath.Join(p.Dir, filepath.FromSlash(tt.link))); err != nil {
					t.Skip("no symbolic links here:", err)
				}
			}
			d, r := newDeployer(t, p, "local")
			err := onlyFailure(t, deployAll(t, d)).Err
			want := "failed to run plugin: " + strings.ReplaceAll(tt.want, "DIR", p.Dir)
			if !isA[*icpsync.PathError](err) || !strings.HasPrefix(filepath.ToSlash(err.Error()), filepath.ToSlash(want)) {
				t.Errorf("failure = %v, want %q", err, want)
			}
			if len(r.said("c")) > 0 {
				t.Errorf("lines = %q, want that nothing ran", r.said("c"))
			}
		})
	}
}

// TestPluginFileIsAnywhere checks that the component itself, unlike what it reads,
// may be outside the project.
func TestPluginFileIsAnywhere(t *testing.T) {
	outside := t.TempDir()
	write(t, filepath.Join(outside, "p.wasm"), readFile(t, seedPlugin(t)))
	if err := os.Symlink("p.wasm", filepath.Join(outside, "link.wasm")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	for _, file := range []string{"p.wasm", "link.wasm"} {
		absolute := filepath.Join(outside, file)
		p := lay(t, one("{type: plugin, path: x}"))
		relative, err := filepath.Rel(p.Dir, absolute)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{absolute, relative} {
			d, r := newDeployer(t, lay(t, one("{type: plugin, path: '"+filepath.ToSlash(path)+"'}")), "local")
			d.Project.Canisters[0].Dir = p.Dir
			if err := deployAll(t, d); err != nil || r.index("[c] notice registered 0 item(s)") < 0 {
				t.Errorf("plugin at %s: %v", path, err)
			}
		}
	}
}

// TestWhatPluginsAreTold checks the input of a plugin against what it says: the
// canister, the environment, who signs, and the proxy if there is one.
func TestWhatPluginsAreTold(t *testing.T) {
	s := serveNetwork(t, localnet.Config{})
	p, canister := s.project(t, "{type: plugin, path: $PLUGIN, dirs: [data]}", "-- data/a.txt --\napple\n")
	d, r := newDeployer(t, p, "far")
	if _, err := d.SyncAll(t.Context(), p.Canisters); err != nil {
		t.Fatal(err)
	}
	want := "registered 1 item(s) in canister " + canister.String() + " (environment: far)"
	if got := r.with("[c] notice "); len(got) != 1 || got[0] != want {
		t.Errorf("notices = %q, want %q", got, want)
	}
	a := s.agent(t)
	reply, err := a.Query(t.Context(), showRequest(canister))
	if err != nil || !strings.Contains(string(reply), string(identity.Anonymous().Principal().Bytes())) ||
		!strings.Contains(string(reply), "data/a.txt\x05apple") {
		t.Errorf("show = %q, %v, want the uploader to be who signs, and the item", reply, err)
	}
}

// TestPluginsKnowTheProxy checks that a plugin is told of a proxy only if there is
// one, and that its calls then go through it.
func TestPluginsKnowTheProxy(t *testing.T) {
	s := serveNetwork(t, localnet.Config{})
	p, _ := s.project(t, "{type: plugin, path: "+guest(t, "guests/probe/sync.wasm")+"}", "")
	p.Environments[0].Name = "proxy"
	if err := os.Rename(deploy.ConnectedIDs(p.Dir, "far").File, deploy.ConnectedIDs(p.Dir, "proxy").File); err != nil {
		t.Fatal(err)
	}
	proxy := s.create(t, guest(t, "guests/proxy/proxy.wasm"))
	for _, through := range []*principal.Principal{nil, &proxy} {
		d, _ := newDeployer(t, p, "proxy")
		want := "none"
		if d.Proxy = through; through != nil {
			want = through.String()
			allow(t, s, d, proxy)
		}
		_, err := d.SyncAll(t.Context(), p.Canisters)
		failure := onlyFailure(t, err)
		if told, ok := errors.AsType[*plugin.GuestError](failure.Err); !ok || told.Message != want {
			t.Errorf("with proxy %v the plugin was told %v, want %q", through, failure.Err, want)
		}
	}
}

// allow makes the proxy a controller of the deployer's canister, beside the
// anonymous identity.
func allow(t *testing.T, s *served, d *deploy.Deployer, proxy principal.Principal) {
	t.Helper()
	ids, err := deploy.KnownIDs(d.Project.Dir, d.Environment)
	if err != nil {
		t.Fatal(err)
	}
	both := []principal.Principal{proxy, identity.Anonymous().Principal()}
	if err := mgmt.New(s.agent(t)).UpdateSettings(t.Context(), ids["c"], mgmt.Settings{Controllers: &both}); err != nil {
		t.Fatal(err)
	}
}
