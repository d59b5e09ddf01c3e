package interop_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/localnet"
)

// wiretap sends requests to a network in this process and keeps the bodies.
type wiretap struct {
	net    *localnet.Network
	mu     sync.Mutex
	bodies [][]byte
}

func (w *wiretap) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		w.mu.Lock()
		w.bodies = append(w.bodies, body)
		w.mu.Unlock()
	}
	rec := httptest.NewRecorder()
	w.net.Handler().ServeHTTP(rec, r)
	return rec.Result(), nil
}

// envelope is a request for the script to read.
type envelope struct {
	Name string `json:"name"`
	Body []byte `json:"body"`
	want identity.Identity
}

// reading is what the script makes of an envelope.
type reading struct {
	Tag       string   `json:"tag"`
	Fields    []string `json:"fields"`
	Content   []string `json:"content"`
	Type      string   `json:"type"`
	Method    string   `json:"method"`
	Sender    string   `json:"sender"`
	ID        string   `json:"id"`
	Scheme    string   `json:"scheme"`
	Valid     bool     `json:"valid"`
	Principal string   `json:"principal"` // of the key
	Proxied   object   `json:"proxied"`
}

// TestEnvelopes checks that the JavaScript library computes the same ids for the
// requests our agent sends, and finds their signatures valid.
func TestEnvelopes(t *testing.T) {
	findNode(t)
	net := newNetwork(t)
	var envelopes []envelope
	var ids []string // of the requests that the network has named in its answers
	for _, who := range []identity.Identity{
		identity.Anonymous(), newKey(t, identity.Ed25519, 1), newKey(t, identity.Secp256k1, 2), newKey(t, identity.P256, 3),
	} {
		sent, named := sendAll(t, net, who)
		ids = append(ids, named...)
		for i, body := range sent {
			envelopes = append(envelopes, envelope{fmt.Sprintf("request %d of %v", i, who.Principal()), body, who})
		}
	}
	results := runScript(t, "envelopes.mjs", map[string]any{"envelopes": envelopes})
	var computed []string
	kinds := make(map[string]int)
	for _, e := range envelopes {
		r := e.check(t, results[e.Name])
		computed = append(computed, r.ID)
		kinds[r.Type]++
	}
	// A call, one through the proxy, a query; reads of the nodes' keys and of what was asked for.
	if kinds["call"] != 8 || kinds["query"] != 4 || kinds["read_state"] < 4 {
		t.Errorf("requests by kind: %v, want 8 calls, 4 queries, at least 4 reads", kinds)
	}
	for _, id := range ids {
		if !slices.Contains(computed, id) {
			t.Errorf("the id of no request is %s, which the agent reports", id)
		}
	}
}

// sendAll sends a request of each kind, to a canister that does not exist, and
// returns what was sent and the ids of the rejected requests.
func sendAll(t *testing.T, net *localnet.Network, who identity.Identity) (sent [][]byte, ids []string) {
	t.Helper()
	root, err := agent.NewRootKey(net.RootKey(), agent.Local)
	if err != nil {
		t.Fatal(err)
	}
	w := &wiretap{net: net}
	a, err := agent.New(agent.Config{URL: "http://localhost", RootKey: root, Identity: who, Client: &http.Client{Transport: w}})
	if err != nil {
		t.Fatal(err)
	}
	missing, arg := net.ProxyID(), []byte("DIDL\x00\x01\x71\x02hi")
	_, called := a.Call(t.Context(), agent.CallRequest{Canister: missing, Method: "method", Arg: arg})
	_, asked := a.Query(t.Context(), agent.QueryRequest{Canister: missing, Method: "méthode"})
	_, proxied := a.Proxy(t.Context(), agent.ProxyRequest{Proxy: missing, Canister: net.EffectiveCanisterID(), Method: "m", Arg: arg, Cycles: 1 << 63})
	for _, err := range []error{called, asked, proxied} {
		var r *agent.RejectError
		if !errors.As(err, &r) {
			t.Fatalf("request of %v: %v, want a rejection", who, err)
		}
		ids = append(ids, r.RequestID.String())
	}
	if _, err := a.ReadState(t.Context(), missing, cert.NewPath("time"), cert.NewPath("canister", string(missing.Bytes()), "controllers")); err != nil {
		t.Fatalf("ReadState: %v", err)
	}
	return w.bodies, ids
}

func (e envelope) check(t *testing.T, res result) reading {
	t.Helper()
	var r reading
	if res.Error != nil {
		t.Fatalf("%s: %v", e.Name, res.Error)
	}
	if err := json.Unmarshal(res.Value, &r); err != nil {
		t.Fatalf("%s: %v", e.Name, err)
	}
	scheme, fields := "none", []string{"content"}
	if k, ok := e.want.(*identity.Key); ok {
		scheme, fields = string(k.Algorithm()), []string{"content", "sender_pubkey", "sender_sig"}
	}
	if !r.Valid || r.Scheme != scheme || r.Tag != "d9d9f7" || !slices.Equal(r.Fields, fields) {
		t.Errorf("%s: %s, want a valid signature of scheme %s", e.Name, res.Value, scheme)
	}
	if want := e.want.Principal().String(); r.Sender != want || r.Principal != want {
		t.Errorf("%s: sender %s with the key of %s, want %s", e.Name, r.Sender, r.Principal, want)
	}
	content := map[string]string{
		"call":       "arg canister_id ingress_expiry method_name nonce request_type sender",
		"query":      "arg canister_id ingress_expiry method_name request_type sender",
		"read_state": "ingress_expiry paths request_type sender",
	}
	if got := strings.Join(r.Content, " "); got != content[r.Type] {
		t.Errorf("%s: %s has the fields %s, want %s", e.Name, r.Type, got, content[r.Type])
	}
	proxied := object{"canister_id": firstCanister, "method": "m", "args": "4449444c000171026869", "cycles": "9223372036854775808"}
	if r.Method == "proxy" && quote(r.Proxied) != quote(proxied) {
		t.Errorf("%s: proxied call is %s, want %s", e.Name, quote(r.Proxied), quote(proxied))
	}
	return r
}
