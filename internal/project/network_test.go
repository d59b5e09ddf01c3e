package project_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/project"
)

func networks(t *testing.T, manifest string) []*project.Network {
	t.Helper()
	p, err := project.Load(lay(t, "-- icp.yaml --\n"+manifest+"\n"))
	if err != nil {
		t.Fatalf("%s: %v", manifest, err)
	}
	return p.Networks
}

func TestConnectedNetworks(t *testing.T) {
	key := strings.Repeat("ab", 133)
	for _, tt := range []struct {
		name, manifest, api, gateway string
		from                         project.RootKeySource
	}{
		{"one url", "url: 'http://x.org:8080', root-key: fetch", "http://x.org:8080", "http://x.org:8080", project.FetchedKey},
		{"api alone", "api-url: 'https://a.org', root-key: mainnet", "https://a.org", "", project.MainnetKey},
		{"api and gateway", "api-url: 'https://a.org', http-gateway-url: 'https://g.org', root-key: mainnet",
			"https://a.org", "https://g.org", project.MainnetKey},
		{"api goes before url", "url: 'https://u.org', api-url: 'https://a.org', root-key: mainnet", "https://a.org", "", project.MainnetKey},
		{"key in hex", "url: 'http://x.org', root-key: " + key, "http://x.org", "http://x.org", project.ConfiguredKey},
		{"key in upper case", "url: 'http://x.org', root-key: " + strings.ToUpper(key), "http://x.org", "http://x.org", project.ConfiguredKey},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := networks(t, "networks: [{name: n, mode: connected, "+tt.manifest+"}]")[0]
			if n.Mode != project.Connected || n.APIURL != tt.api || n.Gateway != tt.gateway || n.KeyFrom != tt.from {
				t.Errorf("network = %+v, want api %q, gateway %q, key %v", n, tt.api, tt.gateway, tt.from)
			}
			if tt.from == project.ConfiguredKey && hex.EncodeToString(n.RootKey) != key {
				t.Errorf("root key = %x", n.RootKey)
			}
		})
	}
}

// TestImplicitNetworks checks that local and ic are always there, and that local
// alone can be another one.
func TestImplicitNetworks(t *testing.T) {
	all := networks(t, "canisters: []")
	if len(all) != 2 || all[0].Name != "local" || all[0].Mode != project.Managed ||
		all[0].Bind != (project.Bind{Host: "127.0.0.1", Port: 8000}) {
		t.Errorf("networks = %+v, want local at 127.0.0.1:8000 first", all[0])
	}
	if ic := all[1]; ic.Name != "ic" || ic.APIURL != "https://icp-api.io" || ic.Gateway != "https://icp.net" || ic.KeyFrom != project.MainnetKey {
		t.Errorf("ic = %+v", ic)
	}
	all = networks(t, "networks: [{name: local, mode: connected, url: 'http://x.org', root-key: fetch}]")
	if len(all) != 2 || all[0].Mode != project.Connected {
		t.Errorf("networks = %+v, want local to be the connected one", all)
	}
	p, err := project.Load(lay(t, "-- icp.yaml --\nnetworks: [{name: local, mode: managed, gateway: {bind: localhost, port: 0}}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := p.Environment("local")
	if err != nil || e.Network.Bind != (project.Bind{Host: "localhost"}) {
		t.Errorf("environment local = %+v, %v, want the network of the manifest", e, err)
	}
}

// TestIncludedFiles checks that networks and environments can be files of their own,
// and that errors name those.
func TestIncludedFiles(t *testing.T) {
	p, err := project.Load(lay(t, `
-- icp.yaml --
networks: [nets/far.yaml]
environments: [envs/staging.yaml]
-- nets/far.yaml --
{name: far, mode: connected, url: "http://x.org", root-key: fetch}
-- envs/staging.yaml --
{name: staging, network: far}
`))
	if err != nil {
		t.Fatal(err)
	}
	if e, err := p.Environment("staging"); err != nil || e.Network.Name != "far" {
		t.Errorf("Environment(staging) = %+v, %v", e, err)
	}
	_, err = project.Load(lay(t, "-- icp.yaml --\nnetworks: [far.yaml]\n-- far.yaml --\n{name: far}\n"))
	if err == nil || !strings.Contains(err.Error(), "far.yaml:1:1: missing field `mode`") {
		t.Errorf("Load = %v, want the file that is wrong", err)
	}
	_, err = project.Load(lay(t, "-- icp.yaml --\nnetworks: [far.yaml]\n"))
	if err == nil || !strings.Contains(err.Error(), "could not locate a network manifest at: '") {
		t.Errorf("Load = %v, want the file that is missing", err)
	}
}

// TestPatterns checks which text is a pattern, and that one that matches nothing is
// no error.
func TestPatterns(t *testing.T) {
	for _, pattern := range []string{"none/*", "nothing?", "[x]", "{a,b}"} {
		p, err := project.Load(lay(t, "-- icp.yaml --\ncanisters: ['"+pattern+"']\n-- a/canister.yaml --\nname: a\n"+minimal+"\n"))
		if err != nil || len(p.Canisters) != 0 {
			t.Errorf("pattern %s: %v, want no canister and no error", pattern, err)
		}
	}
	p, err := project.Load(lay(t, `
-- icp.yaml --
canisters: ['[ab]*']
-- b/canister.yaml --
name: second
`+minimal+`
-- a/canister.yaml --
name: first
`+minimal+`
-- a-file --
-- ab/readme --
`))
	if err != nil || len(p.Canisters) != 2 || p.Canisters[0].Name != "first" {
		t.Errorf("canisters = %v, %v, want those with a canister.yaml, by the names of their folders", p, err)
	}
}
