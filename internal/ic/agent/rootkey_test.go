package agent_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/cert/certtest"
)

func TestNewRootKey(t *testing.T) {
	other := certtest.NewSigner(5).DER()
	tests := []struct {
		name  string
		der   []byte
		given agent.Provenance
		want  agent.Provenance
		ok    bool
	}{
		{"local", other, agent.Local, agent.Local, true},
		{"configured", other, agent.Configured, agent.Configured, true},
		{"fetched", other, agent.Fetched, agent.Fetched, true},
		{"mainnet's, configured", cert.MainnetRootKey(), agent.Configured, agent.Mainnet, true},
		{"mainnet's, as ours", cert.MainnetRootKey(), agent.Local, 0, false},
		{"mainnet's, fetched", cert.MainnetRootKey(), agent.Fetched, 0, false},
		{"mainnet's, of no provenance", cert.MainnetRootKey(), 0, 0, false},
		{"another as mainnet's", other, agent.Mainnet, 0, false},
		{"of no provenance", other, 0, 0, false},
		{"of unheard-of provenance", other, 9, 0, false},
		{"cut short", other[:132], agent.Local, 0, false},
		{"no point", append(bytes.Clone(other[:37]), make([]byte, 96)...), agent.Local, 0, false},
	}
	for _, tt := range tests {
		k, err := agent.NewRootKey(tt.der, tt.given)
		if (err == nil) != tt.ok || k.Provenance() != tt.want {
			t.Errorf("%s: NewRootKey = %v, %v", tt.name, k, err)
		}
		if tt.ok && !bytes.Equal(k.DER(), tt.der) {
			t.Errorf("%s: DER() differs", tt.name)
		}
	}
	if k := agent.MainnetRootKey(); !strings.Contains(k.String(), "mainnet") || !strings.HasSuffix(agent.MainnetRootKey().Hex(), "0baaae") {
		t.Errorf("MainnetRootKey() = %v", k)
	}
}

// statusServer answers the status with the given map.
func statusServer(t *testing.T, status map[string]any) *http.Client {
	return &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodGet || r.URL.Path != "/api/v2/status" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		f := &fakeNetwork{t: t, onAny: func(h http.ResponseWriter, _ string) bool {
			write(t, h, answer{status: 200, body: status})
			return true
		}}
		return f.RoundTrip(r)
	})}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestFetchRootKey(t *testing.T) {
	der := certtest.NewSigner(5).DER()
	full := map[string]any{"root_key": der, "impl_version": "1", "replica_health_status": "healthy",
		"ic_api_version": "0.18", "certified_height": 7, "nested": map[any]any{1: []any{true, nil}}, "big": cbor.Tag{Number: 2, Content: make([]byte, 20)}}
	tests := []struct {
		name, url string
		status    map[string]any
		want      error // nil for success
	}{
		{"with more fields than we know", "http://127.0.0.1:4943", full, nil},
		{"without root key", "http://127.0.0.1:4943", map[string]any{}, agent.ErrProtocol},
		{"of a network that claims to be the main one", "http://127.0.0.1:4943",
			map[string]any{"root_key": cert.MainnetRootKey()}, agent.ErrMainnetFetch},
		{"from the main network", "https://icp-api.io", full, agent.ErrMainnetFetch},
		{"from a canister's host on the main network", "https://rdmx6-jaaaa-aaaaa-aaadq-cai.ic0.app", full, agent.ErrMainnetFetch},
		{"from the main network in other letters", "https://ICP0.IO.", full, agent.ErrMainnetFetch},
	}
	for _, tt := range tests {
		k, err := agent.FetchRootKey(t.Context(), agent.Config{URL: tt.url, Client: statusServer(t, tt.status)})
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: FetchRootKey: %v, want %v", tt.name, err, tt.want)
		}
		if tt.want == nil && (k.Provenance() != agent.Fetched || !bytes.Equal(k.DER(), der)) {
			t.Errorf("%s: FetchRootKey = %v", tt.name, k)
		}
	}
	if _, err := agent.FetchRootKey(t.Context(), agent.Config{URL: "http://x", Client: statusServer(t, map[string]any{"root_key": []byte("x")})}); err == nil {
		t.Errorf("FetchRootKey takes bytes that are no key")
	}
}

func TestStatus(t *testing.T) {
	a, err := agent.New(agent.Config{URL: "http://x", RootKey: agent.MainnetRootKey(),
		Client: statusServer(t, map[string]any{"impl_version": "berth 1", "replica_health_status": "starting"})})
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.Status(t.Context())
	if err != nil || s.Version != "berth 1" || s.Healthy() || len(s.RootKey) != 0 {
		t.Errorf("Status = %+v, %v", s, err)
	}
	if !(agent.Status{}).Healthy() {
		t.Errorf("a network that says nothing is not healthy")
	}
}

// The main network's addresses go with its root key alone; its root key goes with any address, as it may have others.
func TestRootKeyOfMainnetAddresses(t *testing.T) {
	tests := []struct {
		name, url string
		key       agent.RootKey
		refused   bool
	}{
		{"mainnet's key", "https://icp-api.io", agent.MainnetRootKey(), false},
		{"mainnet's key for another host", "https://proxy.example", agent.MainnetRootKey(), false},
		{"mainnet's key for this computer", "http://127.0.0.1:8000", agent.MainnetRootKey(), false},
		{"local key for this computer", "http://127.0.0.1:8000", rootKey(t, 1, agent.Local), false},
		{"configured key", "https://icp-api.io", rootKey(t, 1, agent.Configured), true},
		{"fetched key", "https://ic0.app", rootKey(t, 1, agent.Fetched), true},
		{"local key", "https://icp0.io:443/", rootKey(t, 1, agent.Local), true},
		{"local key for a canister's host", "https://rdmx6-jaaaa-aaaaa-aaadq-cai.icp0.io", rootKey(t, 1, agent.Local), true},
		{"other letters", "http://ICP-API.IO.", rootKey(t, 1, agent.Configured), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := agent.New(agent.Config{URL: tt.url, RootKey: tt.key})
			e, refused := errors.AsType[*agent.MainnetKeyError](err)
			if refused != tt.refused || (a == nil) != tt.refused {
				t.Fatalf("New: %v, want it refused: %t", err, tt.refused)
			}
			if refused && (e.Key != tt.key || !strings.Contains(err.Error(), tt.key.Provenance().String())) {
				t.Errorf("New: %v, want the key and its provenance shown", err)
			}
		})
	}
}

func TestIsMainnetHost(t *testing.T) {
	for host, want := range map[string]bool{
		"ic0.app": true, "icp-api.io": true, "x.icp0.io": true, "IC0.APP.": true,
		"notic0.app": false, "ic0.app.evil.example": false, "localhost": false, "": false,
	} {
		if got := agent.IsMainnetHost(host); got != want {
			t.Errorf("IsMainnetHost(%q) = %t", host, got)
		}
	}
}
