// Package interop_test runs the agent against the embedded network, which shares none of its code but the format of
// certificates. It stands apart so that the agent's own tests need no engine.
package interop_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/berth-cli/berth/engine/enginetest/testengine"
	"github.com/berth-cli/berth/guests"
	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/agent/mgmt"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet"
)

// wasmSection is a section of a module: its id, its size, its content.
func wasmSection(id byte, parts ...[]byte) []byte {
	content := slices.Concat(parts...)
	return append([]byte{id, byte(len(content)&0x7f | 0x80), byte(len(content) >> 7)}, content...)
}

func wasmName(s string) []byte { return append([]byte{byte(len(s))}, s...) }

// echoCanister is a module written by hand: go (update) and ask (query) reply with "DIDL\00\00", fail (update) and
// failAsk (query) trap.
func echoCanister() []byte {
	export := func(name string, function byte) []byte { return append(wasmName(name), 0, function) }
	reply := []byte{10, 0, 0x41, 0, 0x41, 6, 0x10, 1, 0x10, 0, 0x0b} // i32.const 0, i32.const 6, append, reply
	return slices.Concat([]byte("\x00asm\x01\x00\x00\x00"),
		wasmSection(1, []byte{2, 0x60, 0, 0, 0x60, 2, 0x7f, 0x7f, 0}),
		wasmSection(2, []byte{2}, wasmName("ic0"), wasmName("msg_reply"), []byte{0, 0},
			wasmName("ic0"), wasmName("msg_reply_data_append"), []byte{0, 1}),
		wasmSection(3, []byte{2, 0, 0}),
		wasmSection(5, []byte{1, 0, 1}),
		wasmSection(7, []byte{4}, export("canister_update go", 2), export("canister_query ask", 2),
			export("canister_update fail", 3), export("canister_query failAsk", 3)),
		wasmSection(10, []byte{2}, reply, []byte{3, 0, 0x00, 0x0b}),
		wasmSection(11, []byte{1, 0, 0x41, 0, 0x0b}, wasmName("DIDL\x00\x00")),
		wasmSection(0, wasmName("icp:public candid:service"), []byte("service : { go : () -> () }")),
		wasmSection(0, wasmName("icp:private secret"), []byte("shh")),
	)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func key(t *testing.T, a identity.Algorithm) *identity.Key {
	t.Helper()
	k, err := identity.New(a, [32]byte(bytes.Repeat([]byte{0x21}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// embedded is a network with the canister installed by its controller.
type embedded struct {
	net      *localnet.Network
	client   *http.Client
	agent    *agent.Agent
	canister principal.Principal
}

func openEmbedded(t *testing.T) embedded {
	t.Helper()
	eng, err := testengine.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { eng.Close() })
	net, err := localnet.Open(t.Context(), localnet.Config{Engine: eng, Seed: []byte("agent"), HeartbeatInterval: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { net.Close() })
	e := embedded{net: net, client: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		h := httptest.NewRecorder()
		net.Handler().ServeHTTP(h, r)
		return h.Result(), nil
	})}}
	e.agent = e.as(t, key(t, identity.Secp256k1))
	m := mgmt.New(e.agent)
	if e.canister, err = m.ProvisionalCreate(t.Context(), mgmt.CreateRequest{EffectiveCanister: net.EffectiveCanisterID()}); err != nil {
		t.Fatalf("ProvisionalCreate: %v", err)
	}
	if err := m.Install(t.Context(), mgmt.InstallRequest{Canister: e.canister, Mode: mgmt.ModeInstall, Wasm: echoCanister()}); err != nil {
		t.Fatalf("Install: %v", err)
	}
	return e
}

func (e embedded) as(t *testing.T, id identity.Identity) *agent.Agent {
	t.Helper()
	root, err := agent.NewRootKey(e.net.RootKey(), agent.Local)
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.New(agent.Config{URL: "http://localhost", RootKey: root, Client: e.client, Identity: id})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestEmbeddedCallsAndQueries(t *testing.T) {
	e := openEmbedded(t)
	for _, id := range []identity.Identity{nil, key(t, identity.Ed25519), key(t, identity.Secp256k1), key(t, identity.P256)} {
		a := e.as(t, id)
		if reply, err := a.Call(t.Context(), agent.CallRequest{Canister: e.canister, Method: "go"}); err != nil || string(reply) != "DIDL\x00\x00" {
			t.Errorf("%v: Call = %q, %v", id, reply, err)
		}
		if reply, err := a.Query(t.Context(), agent.QueryRequest{Canister: e.canister, Method: "ask"}); err != nil || string(reply) != "DIDL\x00\x00" {
			t.Errorf("%v: Query = %q, %v", id, reply, err)
		}
	}
}

func TestEmbeddedRejections(t *testing.T) {
	e := openEmbedded(t)
	tests := []struct {
		name, method string
		query        bool
		certified    bool
		code         agent.RejectCode
	}{
		{"trap", "fail", false, true, agent.CanisterError},
		{"trap in a query", "failAsk", true, false, agent.CanisterError},
		{"no such query", "nothing", true, false, agent.CanisterError},
	}
	for _, tt := range tests {
		var err error
		if tt.query {
			_, err = e.agent.Query(t.Context(), agent.QueryRequest{Canister: e.canister, Method: tt.method})
		} else {
			_, err = e.agent.Call(t.Context(), agent.CallRequest{Canister: e.canister, Method: tt.method})
		}
		r, ok := errors.AsType[*agent.RejectError](err)
		if !ok || r.Certified != tt.certified || r.Code != tt.code || r.ErrorCode == "" {
			t.Errorf("%s: %v (%+v)", tt.name, err, r)
		}
	}
	err := mgmt.New(e.as(t, nil)).Stop(t.Context(), e.canister)
	if r, ok := errors.AsType[*agent.RejectError](err); !ok || r.ErrorCode != "IC0512" {
		t.Errorf("Stop by a stranger: %v, want it rejected with IC0512", err)
	}
}

func TestEmbeddedState(t *testing.T) {
	e := openEmbedded(t)
	hash := sha256.Sum256(echoCanister())
	if got, err := e.agent.ModuleHash(t.Context(), e.canister); err != nil || !bytes.Equal(got, hash[:]) {
		t.Errorf("ModuleHash = %x, %v; want %x", got, err, hash)
	}
	if got, err := e.agent.Controllers(t.Context(), e.canister); err != nil || !slices.Equal(got, []principal.Principal{e.agent.Identity().Principal()}) {
		t.Errorf("Controllers = %v, %v", got, err)
	}
	for name, want := range map[string]string{"candid:service": "service : { go : () -> () }", "secret": "shh"} {
		if got, err := e.agent.Metadata(t.Context(), e.canister, name); err != nil || string(got) != want {
			t.Errorf("Metadata(%s) = %q, %v", name, got, err)
		}
	}
	if _, err := e.agent.Metadata(t.Context(), e.canister, "nothing"); !errors.Is(err, agent.ErrAbsent) {
		t.Errorf("Metadata(nothing): %v, want ErrAbsent", err)
	}
	if _, err := e.as(t, nil).Metadata(t.Context(), e.canister, "secret"); !errors.Is(err, agent.ErrDenied) {
		t.Errorf("Metadata(secret) for a stranger: %v, want ErrDenied", err)
	}
	if keeps, err := mgmt.KeepsMemory(t.Context(), e.agent, e.canister); err != nil || keeps {
		t.Errorf("KeepsMemory = %t, %v", keeps, err)
	}
}

func TestEmbeddedManagement(t *testing.T) {
	e := openEmbedded(t)
	m := mgmt.New(e.agent)
	steps := []struct {
		name string
		do   func() error
		want mgmt.RunState
	}{
		{"stop", func() error { return m.Stop(t.Context(), e.canister) }, mgmt.Stopped},
		{"start", func() error { return m.Start(t.Context(), e.canister) }, mgmt.Running},
		{"upgrade in chunks", func() error {
			big := append(echoCanister(), 0, 0x80, 0x80, 0x80, 0x01, 1, 'x') // a custom section of 2 MiB
			big = append(big, make([]byte, 2<<20-2)...)
			return m.Install(t.Context(), mgmt.InstallRequest{Canister: e.canister, Mode: mgmt.ModeUpgrade, Wasm: big})
		}, mgmt.Running},
		{"settings", func() error {
			return m.UpdateSettings(t.Context(), e.canister, mgmt.Settings{Environment: &[]mgmt.Variable{{Name: "A", Value: "b"}}})
		}, mgmt.Running},
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if got, err := m.CanisterStatus(t.Context(), e.canister); err != nil || got.State != s.want {
			t.Errorf("after %s: CanisterStatus = %+v, %v", s.name, got, err)
		}
	}
	s, err := m.CanisterStatus(t.Context(), e.canister)
	if err != nil || s.Settings.Environment == nil || !slices.Equal(*s.Settings.Environment, []mgmt.Variable{{Name: "A", Value: "b"}}) {
		t.Errorf("CanisterStatus = %+v, %v", s, err)
	}
	if len(s.Settings.Controllers) != 1 || s.Settings.LogVisibility == nil || s.Settings.LogVisibility.Controllers == nil {
		t.Errorf("settings %+v", s.Settings)
	}
}

func TestEmbeddedProxy(t *testing.T) {
	e := openEmbedded(t)
	proxy, err := e.net.InstallProxy(t.Context(), guests.ProxyCanister(), []principal.Principal{e.agent.Identity().Principal()})
	if err != nil {
		t.Fatalf("InstallProxy: %v", err)
	}
	r := agent.ProxyRequest{Proxy: proxy, Canister: e.canister, Method: "go"}
	if reply, err := e.agent.Proxy(t.Context(), r); err != nil || string(reply) != "DIDL\x00\x00" {
		t.Errorf("Proxy = %q, %v", reply, err)
	}
	for name, tt := range map[string]struct {
		change func(*agent.ProxyRequest)
		want   agent.ProxyFailure
	}{
		"rejected":   {func(r *agent.ProxyRequest) { r.Method = "fail" }, agent.ProxyCallFailed},
		"not enough": {func(r *agent.ProxyRequest) { r.Cycles = 1 << 63 }, agent.ProxyInsufficientCycles},
	} {
		r := r
		tt.change(&r)
		_, err := e.agent.Proxy(t.Context(), r)
		if p, ok := errors.AsType[*agent.ProxyError](err); !ok || p.Failure != tt.want {
			t.Errorf("%s: Proxy: %v", name, err)
		}
	}
	if _, err := e.as(t, nil).Proxy(t.Context(), r); err == nil {
		t.Errorf("Proxy for a stranger succeeds")
	}
	// The proxy does not control the canister, so what it asks of the management canister is refused.
	_, err = mgmt.New(agent.ThroughProxy{Agent: e.agent, Proxy: proxy}).CanisterStatus(t.Context(), e.canister)
	if p, ok := errors.AsType[*agent.ProxyError](err); !ok || p.Failure != agent.ProxyCallFailed {
		t.Errorf("CanisterStatus through the proxy: %v", err)
	}
}

func TestEmbeddedFetchesRootKey(t *testing.T) {
	e := openEmbedded(t)
	k, err := agent.FetchRootKey(t.Context(), agent.Config{URL: "http://localhost", Client: e.client})
	if err != nil || !bytes.Equal(k.DER(), e.net.RootKey()) || k.Provenance() != agent.Fetched {
		t.Errorf("FetchRootKey = %v, %v", k, err)
	}
}

func TestEmbeddedParallelCalls(t *testing.T) {
	e := openEmbedded(t)
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			var err error
			if i%2 == 0 {
				_, err = e.agent.Call(t.Context(), agent.CallRequest{Canister: e.canister, Method: "go"})
			} else {
				_, err = e.agent.Query(t.Context(), agent.QueryRequest{Canister: e.canister, Method: "ask"})
			}
			if err != nil {
				t.Errorf("call %d: %v", i, err)
			}
		})
	}
	wg.Wait()
}
