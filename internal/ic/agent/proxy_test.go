package agent_test

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// A call's argument as the interface's notes give it, byte for byte.
const proxyGolden = "4449444c026c04e1edeb4a71dd9ad2830401b3c4b1f204688daacd94087d6d7b01000c7365745f75706c6f616465720a" +
	"4449444c000168010104010a0000000000000002010100"

// proxyReply encodes a reply of a proxy canister given as Candid text.
func proxyReply(t *testing.T, text string) string {
	t.Helper()
	p, err := candid.ParseDID(`service : { proxy : () -> (variant {
		Ok : record { result : blob };
		Err : variant { InsufficientCycles : record { available : nat; required : nat }; CallFailed : record { reason : text };
			UnauthorizedUser; OutOfCoffee : record { cups : nat } } }) }`)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := p.Method("proxy")
	values, err := candid.ParseArgsAs(text, m.Results)
	if err != nil {
		t.Fatalf("bad text in test: %v", err)
	}
	b, err := candid.Encode(m.Results, values)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func proxyRequest(t *testing.T) agent.ProxyRequest {
	t.Helper()
	called, err := principal.FromBytes([]byte{0, 0, 0, 0, 0, 0, 0, 2, 1, 1})
	if err != nil {
		t.Fatal(err)
	}
	return agent.ProxyRequest{Proxy: target(), Canister: called, Method: "set_uploader", Arg: []byte("DIDL\x00\x01\x68\x01\x01\x04")}
}

func TestProxy(t *testing.T) {
	f := newFake(t)
	f.onCall = func(r request) answer {
		return f.replied(r, proxyReply(t, `(variant { Ok = record { result = blob "DIDL\00\00" } })`))
	}
	reply, err := f.agent(agent.Config{}).Proxy(t.Context(), proxyRequest(t))
	if err != nil || string(reply) != "DIDL\x00\x00" {
		t.Errorf("Proxy = %q, %v", reply, err)
	}
	r := f.log()[0]
	if got := hex.EncodeToString(r.content["arg"].([]byte)); got != proxyGolden {
		t.Errorf("argument %s, want %s", got, proxyGolden)
	}
	if r.content["method_name"] != "proxy" || !strings.Contains(r.path, target().String()) {
		t.Errorf("called %v at %s", r.content["method_name"], r.path)
	}
}

// What the real proxy canister answered for a call that replied with nothing.
func TestProxyRealReply(t *testing.T) {
	f := newFake(t)
	raw := mustHex(t, "4449444c066b02bc8a0101c5fed201036c01ddd19144026d7b6b039bc2fe4e0490f39ac40705bfa5d7b10b7f6c01c49ff4e40f716c02c9b38dbc077ddfa28a930b7d010000064449444c0000")
	f.onCall = func(r request) answer { return f.replied(r, string(raw)) }
	reply, err := f.agent(agent.Config{}).Proxy(t.Context(), proxyRequest(t))
	if err != nil || string(reply) != "DIDL\x00\x00" {
		t.Errorf("Proxy = %q, %v", reply, err)
	}
}

func TestProxyFailures(t *testing.T) {
	tests := []struct{ name, reply, want string }{
		{"insufficient cycles", `(variant { Err = variant { InsufficientCycles = record { available = 999; required = 1_234_567 } } })`,
			"Proxy canister has insufficient cycles. Available: 999, required: 1_234_567"},
		{"rejected", `(variant { Err = variant { CallFailed = record { reason = "it trapped" } } })`, "Proxy call failed: it trapped"},
		{"not a controller", `(variant { Err = variant { UnauthorizedUser } })`,
			"Unauthorized: you are not in the proxy canister's controllers list"},
	}
	for _, tt := range tests {
		f := newFake(t)
		f.onCall = func(r request) answer { return f.replied(r, proxyReply(t, tt.reply)) }
		_, err := f.agent(agent.Config{}).Proxy(t.Context(), proxyRequest(t))
		if _, ok := errors.AsType[*agent.ProxyError](err); !ok || err.Error() != tt.want {
			t.Errorf("%s: Proxy: %v, want the *ProxyError %q", tt.name, err, tt.want)
		}
	}
	if (&agent.ProxyError{}).Error() == "" {
		t.Errorf("zero ProxyError has no text")
	}
}

func TestProxyErrorsAround(t *testing.T) {
	f := newFake(t)
	f.onCall = func(r request) answer {
		return f.replied(r, proxyReply(t, `(variant { Err = variant { OutOfCoffee = record { cups = 0 } } })`))
	}
	a := f.agent(agent.Config{})
	_, err := a.Proxy(t.Context(), proxyRequest(t))
	if err == nil || !strings.HasPrefix(err.Error(), "proxy decode failed: ") || !strings.Contains(err.Error(), "unknown tag") {
		t.Errorf("Proxy with an unheard-of failure: %v", err)
	}
	f.onCall = func(r request) answer {
		return f.certified(f.status(r.id, leaves("rejected", "reject_code", "\x04", "reject_message", "not a controller")))
	}
	_, err = agent.ThroughProxy{Agent: a, Proxy: target()}.Call(t.Context(), aCall())
	if _, ok := errors.AsType[*agent.RejectError](err); !ok || !strings.HasPrefix(err.Error(), "proxy call failed: ") {
		t.Errorf("Proxy that is rejected: %v", err)
	}
}
