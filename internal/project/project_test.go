package project_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/project"
	"golang.org/x/tools/txtar"
)

const sum = "b0985ced2ff8c8e74f8a78ba5ae1c77122bab4afddd7d7f77e89d8e86eb872ff"

// lay writes the files of a txtar text into a new folder and returns it.
func lay(t *testing.T, files string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(files)).Files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const minimal = "build: {steps: [{type: pre-built, path: a.wasm}]}"

func TestLoad(t *testing.T) {
	dir := lay(t, `
-- icp.yaml --
canisters:
  - name: inline
    build:
      steps:
        - type: script
          command: make
        - type: pre-built
          url: https://example.org/a.wasm
    sync:
      steps:
        - type: script
          commands: [one, "two 'x'"]
        - type: plugin
          path: ../plugin.wasm
          dirs: [assets/, ./more]
          files: [config.txt]
  - backend
  - canisters/*
networks:
  - name: testnet
    mode: connected
    url: http://127.0.0.1:4943
    root-key: fetch
  - name: local
    mode: managed
    gateway: {port: 0}
environments:
  - name: staging
    network: testnet
    canisters: [b, inline]
  - name: empty
    canisters: []
-- backend/canister.yaml --
name: backend
`+minimal+`
-- canisters/b/canister.yaml --
name: b
`+minimal+`
-- canisters/a/canister.yaml --
name: a
`+minimal+`
-- canisters/not-a-canister/readme --
-- canisters/file --
`)
	p, err := project.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range p.Canisters {
		names = append(names, c.Name)
	}
	if got := strings.Join(names, " "); got != "inline backend a b" {
		t.Errorf("canisters = %q, want manifest order with patterns sorted", got)
	}
	if got, want := p.Canisters[0].Dir, dir; got != want {
		t.Errorf("folder of an inline canister = %q, want the project's, %q", got, want)
	}
	if got, want := p.Canisters[1].Dir, filepath.Join(dir, "backend"); got != want {
		t.Errorf("folder of a canister = %q, want %q", got, want)
	}
	checkSteps(t, p.Canisters[0])
	checkEnvironments(t, p)
}

func checkSteps(t *testing.T, c *project.Canister) {
	t.Helper()
	if len(c.Build) != 2 || len(c.Sync) != 2 {
		t.Fatalf("got %d build and %d sync steps, want 2 and 2", len(c.Build), len(c.Sync))
	}
	if got, want := c.Sync[0].Title(), "script one\ntwo 'x'"; got != want {
		t.Errorf("title = %q, want %q", got, want)
	}
	if got, want := c.Sync[1].Title(), "plugin path: ../plugin.wasm"; got != want {
		t.Errorf("title = %q, want %q", got, want)
	}
	plugin := c.Sync[1].(*project.PluginStep)
	if plugin.Dirs[0] != "assets/" || plugin.Dirs[1] != "./more" || plugin.Files[0] != "config.txt" {
		t.Errorf("dirs, files = %q, %q, want them as written", plugin.Dirs, plugin.Files)
	}
}

func checkEnvironments(t *testing.T, p *project.Project) {
	t.Helper()
	for _, want := range []struct{ name, network, canisters string }{
		{"staging", "testnet", "b inline"},
		{"empty", "local", ""},
		{"local", "local", "inline backend a b"},
		{"ic", "ic", "inline backend a b"},
	} {
		e, err := p.Environment(want.name)
		if err != nil {
			t.Errorf("Environment(%q) = %v", want.name, err)
			continue
		}
		var names []string
		for _, c := range e.Canisters {
			names = append(names, c.Name)
		}
		if got := strings.Join(names, " "); got != want.canisters || e.Network.Name != want.network {
			t.Errorf("environment %s: network %s, canisters %q; want %s, %q",
				want.name, e.Network.Name, got, want.network, want.canisters)
		}
	}
}

func TestEmptyManifest(t *testing.T) {
	p, err := project.Load(lay(t, "-- icp.yaml --\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Canisters) != 0 || len(p.Networks) != 2 || len(p.Environments) != 2 {
		t.Errorf("got %d canisters, %d networks, %d environments, want 0, 2, 2",
			len(p.Canisters), len(p.Networks), len(p.Environments))
	}
	ic, err := p.Environment("ic")
	if err != nil || ic.Network.APIURL != "https://icp-api.io" || ic.Network.KeyFrom != project.MainnetKey {
		t.Errorf("implicit ic = %+v, %v", ic, err)
	}
}

func TestRefusals(t *testing.T) {
	canister := func(rest string) string { return "canisters:\n  - name: c\n" + rest }
	plugin := func(step string) string {
		return canister("    build: {steps: [{type: script, command: make}]}\n    sync: {steps: [" + step + "]}\n")
	}
	for _, tt := range []struct{ name, manifest, want string }{
		{"unknown top-level key", "canister: []", "icp.yaml:1:1: unknown key 'canister': did you mean 'canisters'?"},
		{"dependencies", "dependencies: []", "'dependencies' is not supported yet"},
		{"explicit path without manifest", "canisters: [nowhere]",
			"icp.yaml:1:13: could not locate a canister manifest at: 'nowhere'"},
		{"name with a colon", "canisters: [{name: 'a:b', " + minimal + "}]", "canister name 'a:b' is invalid: only ASCII letters"},
		{"no name", "canisters: [{" + minimal + "}]", "missing 'name' field"},
		{"name is no string", "canisters: [{name: 5}]", "'name' must be a string"},
		{"two of one name", "canisters: [{name: a, " + minimal + "}, {name: a, " + minimal + "}]",
			"project contains two similarly named canisters: 'a'"},
		{"recipe and build", canister("    recipe: {type: x}\n    build: {steps: []}\n"),
			"Canister c cannot have both a `recipe` and a `build` section"},
		{"recipe and sync", canister("    recipe: {type: x}\n    sync: {steps: []}\n"),
			"Canister c cannot have both a `recipe` and a `sync` section"},
		{"recipe", canister("    recipe: {type: x}\n"), "a recipe (of canister 'c') is not supported yet"},
		{"neither recipe nor build", canister("    sync: {}\n"), "Canister c must have a `recipe` or a `build` section"},
		{"no build steps", canister("    build: {steps: []}\n"), "Array must not be empty"},
		{"settings", canister("    settings: {}\n    " + minimal), "'settings' is not supported yet"},
		{"init_args", canister("    init_args: (1)\n    " + minimal), "'init_args' is not supported yet"},
		{"unknown canister key", canister("    synk: {}\n    " + minimal), "unknown key 'synk': did you mean 'sync'?"},
		{"misspelt name", "canisters: [{naem: c, " + minimal + "}]", "unknown key 'naem': did you mean 'name'?"},
		{"misspelt build", canister("    biuld: {steps: []}"), "unknown key 'biuld': did you mean 'build'?"},
		{"misspelt step type", plugin("{type: plugn}"), "unknown sync step type 'plugn': did you mean 'plugin'?"},
		{"unknown build step", canister("    build: {steps: [{type: cargo}]}"), "unknown build step type 'cargo'"},
		{"step without a type", canister("    build: {steps: [{command: make}]}"), "step without a 'type'"},
		{"script without a command", canister("    build: {steps: [{type: script}]}"), "either 'command' or 'commands'"},
		{"script with both", canister("    build: {steps: [{type: script, command: a, commands: [b]}]}"),
			"either 'command' or 'commands'"},
		{"assets step", plugin("{type: assets, dir: x}"), "no longer supports the `assets` sync step type"},
		{"plugin key misspelt", plugin("{type: plugin, path: a.wasm, dir: [x]}"), "unknown key 'dir': did you mean 'dirs'?"},
		{"plugin with args", plugin("{type: plugin, path: a.wasm, args: [x]}"), "a plugin step has no 'args': hand the plugin a file"},
		{"plugin with env", plugin("{type: plugin, path: a.wasm, env: {}}"), "a plugin step has no 'env'"},
		{"plugin with fields", plugin("{type: plugin, path: a.wasm, fields: {}}"), "'fields' is not supported yet"},
		{"files as a mapping", plugin("{type: plugin, path: a.wasm, files: {a: b}}"), "'files' as a mapping"},
		{"plugin without wasm", plugin("{type: plugin}"), "neither 'path' nor 'url'"},
		{"url without sha256", plugin("{type: plugin, url: 'https://example.org/p.wasm'}"),
			"plugin with `url` requires `sha256` for integrity verification"},
		{"short sha256", plugin("{type: plugin, path: a.wasm, sha256: abcd}"), "64 hexadecimal digits"},
		{"sha256 that is a path", plugin("{type: plugin, path: a.wasm, sha256: '" + strings.Repeat("../", 21) + "x'}"),
			"64 hexadecimal digits"},
		{"sha256 of digits", plugin("{type: plugin, path: a.wasm, sha256: 12}"), "64 hexadecimal digits"},
		{"network ic", "networks: [{name: ic, mode: connected, url: 'http://x.org', root-key: fetch}]",
			"`ic` is a reserved network name."},
		{"network without mode", "networks: [{name: x}]", "missing field `mode`"},
		{"no root key", "networks: [{name: x, mode: connected, url: 'http://x.org'}]", "missing field `root-key`"},
		{"root key is no hex", "networks: [{name: x, mode: connected, url: 'http://x.org', root-key: zz}]",
			`invalid root key: expected "mainnet", "fetch", or a hex-encoded key`},
		{"short root key", "networks: [{name: x, mode: connected, url: 'http://x.org', root-key: abcd}]",
			"invalid root key: expected 133 bytes but got 2"},
		{"no url", "networks: [{name: x, mode: connected, root-key: fetch}]", "neither 'url' nor 'api-url'"},
		{"url with a password", "networks: [{name: x, mode: connected, url: 'http://u:p@x.org', root-key: fetch}]",
			"without credentials"},
		{"url of a file", "networks: [{name: x, mode: connected, url: 'file:///etc', root-key: fetch}]", "not an http"},
		{"docker network", "networks: [{name: x, mode: managed, image: y}]", "'image' is not supported yet"},
		{"public bind", "networks: [{name: x, mode: managed, gateway: {bind: 0.0.0.0}}]", "not to a loopback address"},
		{"port out of range", "networks: [{name: x, mode: managed, gateway: {port: 70000}}]", "port 70000 is out of range"},
		{"environment of no network", "environments: [{name: e, network: nowhere}]",
			"environment 'e' points to invalid network 'nowhere'"},
		{"environment of no canister", "environments: [{name: e, canisters: [x]}]",
			"environment 'e' points to invalid canister 'x'"},
		{"two environments", "environments: [{name: e}, {name: e}]", "two similarly named environments: 'e'"},
		{"environment that is a path", "environments: [{name: ../../e}]", "environment name '../../e' is invalid"},
		{"settings of an environment", "environments: [{name: e, settings: {}}]", "'settings' is not supported yet"},
		{"key twice", "canisters: []\ncanisters: []", "already defined"},
		{"not a mapping", "- a", "expected a mapping, found a list"},
		{"canisters is no list", "canisters: {}", "expected a list, found a mapping"},
		{"two documents", "canisters: []\n---\ncanisters: []", "more than one document"},
		{"merge key", "canisters: [{<<: {name: x}}]", "merge key"},
		{"alias to itself", "canisters: &a [*a]", "expected a mapping"},
		{"deep brackets", "canisters: " + strings.Repeat("[", 5000), "nest deeper"},
		{"no yaml", "canisters: [", "icp.yaml"},
		{"double star", "canisters: ['a/**']", "'**' in a canister pattern is not supported yet"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := project.Load(lay(t, "-- icp.yaml --\n"+tt.manifest+"\n"))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Load = %v, want %q", err, tt.want)
			}
			if err != nil && !isError(err) {
				t.Errorf("Load = %T, want *project.Error", err)
			}
		})
	}
}

func isError(err error) bool { _, ok := errors.AsType[*project.Error](err); return ok }

func TestPluginByURL(t *testing.T) {
	for _, digest := range []string{sum, strings.ToUpper(sum)} {
		p, err := project.Load(lay(t, `
-- icp.yaml --
canisters:
  - name: c
    build: {steps: [{type: script, command: make}]}
    sync: {steps: [{type: plugin, url: "https://example.org/p.wasm", sha256: `+digest+`}]}
`))
		if err != nil {
			t.Fatalf("sha256 %s: %v", digest, err)
		}
		step := p.Canisters[0].Sync[0].(*project.PluginStep)
		if step.Wasm.SHA256[0] != 0xb0 || step.Title() != "plugin url: https://example.org/p.wasm" {
			t.Errorf("step = %+v, title %q", step, step.Title())
		}
	}
}

func TestSelect(t *testing.T) {
	p, err := project.Load(lay(t, `
-- icp.yaml --
canisters:
  - {name: a, `+minimal+`}
  - {name: b, `+minimal+`}
environments: [{name: e, canisters: [a]}]
`))
	if err != nil {
		t.Fatal(err)
	}
	e, err := p.Environment("e")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, want string }{
		{"a", ""},
		{"b", "environment 'e' does not contain a canister named 'b'"},
		{"aaaaa-aa", "project does not contain a canister named 'aaaaa-aa'"},
	} {
		chosen, err := e.Select(p, []string{tt.name, tt.name})
		if tt.want == "" && (err != nil || len(chosen) != 1) {
			t.Errorf("Select(%s twice) = %d canisters, %v, want one", tt.name, len(chosen), err)
		}
		if tt.want != "" && (err == nil || err.Error() != tt.want) {
			t.Errorf("Select(%s) = %v, want %q", tt.name, err, tt.want)
		}
	}
	if _, err := p.Environment("x"); err == nil || err.Error() != "project does not contain an environment named 'x'" {
		t.Errorf("Environment(x) = %v", err)
	}
}

func TestLocate(t *testing.T) {
	dir := lay(t, "-- icp.yaml --\n-- a/b/file --\n")
	if got, err := project.Locate(filepath.Join(dir, "a", "b")); got != dir || err != nil {
		t.Errorf("Locate = %q, %v, want %q", got, err, dir)
	}
	elsewhere := t.TempDir()
	_, err := project.Locate(elsewhere)
	if notFound, ok := errors.AsType[*project.NotFoundError](err); !ok || notFound.Dir != elsewhere {
		t.Errorf("Locate = %v, want *NotFoundError", err)
	}
	if _, err := project.At(filepath.Join(dir, "a")); err == nil {
		t.Error("At looked above the folder it was given")
	}
}

func TestLocateThroughSymlink(t *testing.T) {
	dir := lay(t, "-- outer/icp.yaml --\n-- other/inner/file --\n")
	link := filepath.Join(dir, "outer", "link")
	if err := os.Symlink(filepath.Join(dir, "other", "inner"), link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if got, err := project.Locate(link); got != filepath.Join(dir, "outer") || err != nil {
		t.Errorf("Locate(%s) = %q, %v, want the parent its path shows", link, got, err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("canisters: [{name: c, build: {steps: [{type: script, command: make}]}}]")
	f.Add("networks: [{name: n, mode: managed, gateway: {port: 0}}]\nenvironments: [{name: e, network: n}]")
	f.Add("a: &a [*a]\n")
	f.Add("? [x]\n: y\n")
	f.Fuzz(func(t *testing.T, manifest string) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "icp.yaml"), []byte(manifest), 0o666); err != nil {
			t.Fatal(err)
		}
		p, err := project.Load(dir)
		if err != nil {
			if !isError(err) {
				t.Errorf("Load = %T %v, want *project.Error", err, err)
			}
			return
		}
		for _, e := range p.Environments {
			if e.Network == nil {
				t.Errorf("environment %q has no network", e.Name)
			}
		}
	})
}
