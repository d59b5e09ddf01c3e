package deploy_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/deploy"
	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// open opens the network of environment "far".
func (s *served) open(t *testing.T) *deploy.Network {
	t.Helper()
	p := lay(t, "-- icp.yaml --\n"+s.connected())
	env, err := p.Environment("far")
	if err != nil {
		t.Fatal(err)
	}
	n, err := deploy.OpenNetwork(t.Context(), networkConfig(p, env))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

var (
	nothing = []byte("DIDL\x00\x00")
	twoText = []byte("DIDL\x00\x02\x71\x71\x01a\x01b")
)

// uploader is the argument that makes a principal the uploader.
func uploader(p principal.Principal) []byte {
	return append([]byte("DIDL\x00\x01\x68\x01"), append([]byte{byte(len(p.Bytes()))}, p.Bytes()...)...)
}

// TestCallRouting is who is called for a plugin: the canister it runs for and no
// other, by way of the proxy or not.
func TestCallRouting(t *testing.T) {
	s := serveNetwork(t, localnet.Config{})
	proxy := s.create(t, guest(t, "guests/proxy/proxy.wasm"))
	target := s.create(t, seeding(t), identity.Anonymous().Principal(), proxy)
	n := s.open(t)
	self := identity.Anonymous().Principal()
	for _, tt := range []struct {
		name    string
		proxied bool
		request icpsync.CallRequest
		want    string
	}{
		{"update", false, icpsync.CallRequest{Method: "set_uploader", Arg: uploader(self)}, "call TARGET set_uploader"},
		{"update with cycles", false, icpsync.CallRequest{Method: "set_uploader", Arg: uploader(self), Cycles: 7}, "call TARGET set_uploader"},
		{"proxied update", true, icpsync.CallRequest{Method: "set_uploader", Arg: uploader(self)}, "call PROXY proxy"},
		{"direct update", true, icpsync.CallRequest{Method: "register", Arg: twoText, Direct: true}, "call TARGET register"},
		{"query", false, icpsync.CallRequest{Method: "show", Arg: nothing, CallType: icpsync.Query}, "query TARGET show"},
		{"query with a proxy", true, icpsync.CallRequest{Method: "show", Arg: nothing, CallType: icpsync.Query, Cycles: 9}, "query TARGET show"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var through *principal.Principal
			if tt.proxied {
				through = &proxy
			}
			s.asked("")
			reply, err := deploy.NewCaller(n, target, through).Call(t.Context(), tt.request)
			if err != nil || !strings.HasPrefix(string(reply), "DIDL") {
				t.Fatalf("Call = %q, %v, want the canister's own reply", reply, err)
			}
			want := strings.NewReplacer("TARGET", target.String(), "PROXY", proxy.String()).Replace(tt.want) + " as " + anonymous()
			if got := s.asked(" as "); !slices.Equal(got, []string{want}) {
				t.Errorf("requests = %q, want %q", got, want)
			}
		})
	}
}

// TestProxyCarries checks what the proxy is told: canister, method and argument
// arrive, and the canister sees the proxy call. (That cycles do is TestCallErrors'.)
func TestProxyCarries(t *testing.T) {
	s := serveNetwork(t, localnet.Config{})
	proxy := s.create(t, guest(t, "guests/proxy/proxy.wasm"))
	target := s.create(t, seeding(t), identity.Anonymous().Principal(), proxy)
	n := s.open(t)
	call := deploy.NewCaller(n, target, &proxy)
	if _, err := call.Call(t.Context(), icpsync.CallRequest{Method: "set_uploader", Arg: uploader(proxy)}); err != nil {
		t.Fatal(err)
	}
	reply, err := call.Call(t.Context(), icpsync.CallRequest{Method: "register", Arg: twoText})
	if err != nil || string(reply) != string(nothing) {
		t.Errorf("register through the proxy = %q, %v, want it to come from the proxy, the uploader", reply, err)
	}
	if _, err := call.Call(t.Context(), icpsync.CallRequest{Method: "register", Arg: twoText, Direct: true}); err == nil {
		t.Error("a direct call came from the uploader, too")
	}
}

// TestCallErrors is what plugins are told of calls that did not succeed.
func TestCallErrors(t *testing.T) {
	s := serveNetwork(t, localnet.Config{})
	proxy := s.create(t, guest(t, "guests/proxy/proxy.wasm"))
	foreign := s.create(t, guest(t, "guests/proxy/proxy.wasm"), principal.Management())
	target := s.create(t, seeding(t))
	n := s.open(t)
	for _, tt := range []struct {
		name    string
		proxy   *principal.Principal
		request icpsync.CallRequest
		want    string
		typed   func(error) bool
	}{
		{"update", nil, icpsync.CallRequest{Method: "register", Arg: twoText},
			"canister call failed: The replica returned a rejection error: reject code CanisterError, reject message Error from", isA[*agent.RejectError]},
		{"query", &proxy, icpsync.CallRequest{Method: "nothing", Arg: nothing, CallType: icpsync.Query},
			"canister call failed: The replica returned a rejection error: reject code ", isA[*agent.RejectError]},
		{"proxied", &proxy, icpsync.CallRequest{Method: "register", Arg: twoText},
			"Proxy call failed: ", isA[*agent.ProxyError]},
		{"cycles the proxy has not", &proxy, icpsync.CallRequest{Method: "set_uploader", Arg: uploader(proxy), Cycles: 1 << 63},
			"Proxy canister has insufficient cycles. Available: ", isA[*agent.ProxyError]},
		{"proxy of somebody else", &foreign, icpsync.CallRequest{Method: "register", Arg: twoText},
			"proxy call failed: The replica returned a rejection error: ", isA[*agent.RejectError]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := deploy.NewCaller(n, target, tt.proxy).Call(t.Context(), tt.request)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) || !tt.typed(err) {
				t.Fatalf("Call = %T %v, want %q", err, err, tt.want)
			}
			if _, rejected := errors.AsType[*agent.RejectError](err); rejected && !strings.Contains(err.Error(), `, error code Some("IC0`) {
				t.Errorf("Call = %v, want the code as icp-cli writes it", err)
			}
		})
	}
}

func isA[E error](err error) bool { _, ok := errors.AsType[E](err); return ok }
