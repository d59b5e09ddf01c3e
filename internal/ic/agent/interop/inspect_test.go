package interop_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/berth-cli/berth/guests"
	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// record notes the endpoint of each request from now on, such as v4/call. Versions other than the given do not exist;
// none given means all do.
func (e *embedded) record(versions ...string) func() []string {
	var mu sync.Mutex
	var asked []string
	next := e.client.Transport
	e.client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		parts := strings.Split(r.URL.Path, "/") // "", api, v4, canister, ID, call
		if len(versions) > 0 && !slices.Contains(versions, parts[2]) {
			return &http.Response{StatusCode: http.StatusNotFound, Body: http.NoBody, Request: r}, nil
		}
		mu.Lock()
		asked = append(asked, parts[2]+"/"+parts[len(parts)-1])
		mu.Unlock()
		return next.RoundTrip(r)
	})}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(asked)
	}
}

// A call that the canister's inspect_message does not accept is rejected before it is taken: no certificate says so, and
// the certified state does not know the call. The proxy canister accepts its controllers alone.
func TestEmbeddedInspectRefuses(t *testing.T) {
	e := openEmbedded(t)
	proxy, err := e.net.InstallProxy(t.Context(), guests.ProxyCanister(), []principal.Principal{e.agent.Identity().Principal()})
	if err != nil {
		t.Fatalf("InstallProxy: %v", err)
	}
	for name, versions := range map[string][]string{"newest": nil, "v3": {"v3", "v2"}, "oldest": {"v2"}} {
		t.Run(name, func(t *testing.T) {
			e := e
			asked := e.record(versions...)
			for _, id := range []identity.Identity{nil, key(t, identity.Ed25519)} {
				a := e.as(t, id)
				_, err := a.Call(t.Context(), agent.CallRequest{Canister: proxy, Method: "proxy"})
				r, ok := errors.AsType[*agent.RejectError](err)
				if !ok {
					t.Fatalf("%v: Call: %v, want a *RejectError", id, err)
				}
				if r.Certified || r.Code != agent.CanisterReject || r.ErrorCode != "IC0406" || r.Message == "" || r.Method != "proxy" || r.Canister != proxy {
					t.Errorf("%v: Call: %+v, want it uncertified with code, message and error code", id, r)
				}
				path := cert.NewPath("request_status", string(r.RequestID[:]), "status")
				c, err := a.ReadState(t.Context(), proxy, cert.NewPath("request_status", string(r.RequestID[:])))
				if err != nil {
					t.Fatalf("%v: ReadState: %v", id, err)
				}
				if _, status := c.Lookup(path); status != cert.Absent {
					t.Errorf("%v: the status of the call is %v, want it absent", id, status)
				}
			}
			if got := asked(); len(got) != 4 || !strings.HasSuffix(got[0], "/call") || !strings.HasSuffix(got[1], "/read_state") {
				t.Errorf("asked %q, want no polling", got)
			}
		})
	}
	if _, err := e.agent.Call(t.Context(), agent.CallRequest{Canister: proxy, Method: "other"}); err == nil {
		t.Errorf("another method is accepted")
	}
}

// The answer to a call holds its certificate: nothing else is asked.
func TestEmbeddedCallIsOneRequest(t *testing.T) {
	e := openEmbedded(t)
	asked := e.record()
	if _, err := e.as(t, key(t, identity.Ed25519)).Call(t.Context(), agent.CallRequest{Canister: e.canister, Method: "go"}); err != nil {
		t.Fatalf("Call: %v", err)
	}
	if got := asked(); !slices.Equal(got, []string{"v4/call"}) {
		t.Errorf("asked %q, want one call", got)
	}
}

// A network that knows older interfaces only is served as well, down to polling.
func TestEmbeddedOlderInterfaces(t *testing.T) {
	e := openEmbedded(t)
	for name, versions := range map[string][]string{"v3": {"v3", "v2"}, "v2": {"v2"}} {
		t.Run(name, func(t *testing.T) {
			e := e
			asked := e.record(versions...)
			a := e.as(t, key(t, identity.P256))
			if reply, err := a.Call(t.Context(), agent.CallRequest{Canister: e.canister, Method: "go"}); err != nil || string(reply) != "DIDL\x00\x00" {
				t.Errorf("Call = %q, %v", reply, err)
			}
			if reply, err := a.Query(t.Context(), agent.QueryRequest{Canister: e.canister, Method: "ask"}); err != nil || string(reply) != "DIDL\x00\x00" {
				t.Errorf("Query = %q, %v", reply, err)
			}
			_, err := a.Call(t.Context(), agent.CallRequest{Canister: e.canister, Method: "fail"})
			if r, ok := errors.AsType[*agent.RejectError](err); !ok || !r.Certified {
				t.Errorf("Call of fail: %v, want a certified rejection", err)
			}
			if got := asked(); got[0] != versions[0]+"/call" {
				t.Errorf("asked %q", got)
			}
		})
	}
}
