package agent_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/identity"
)

func TestExpiry(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC)
	tests := []struct {
		window time.Duration
		want   time.Time
	}{
		{4 * time.Minute, time.Date(2026, 1, 2, 3, 8, 0, 0, time.UTC)},
		{91 * time.Second, time.Date(2026, 1, 2, 3, 5, 0, 0, time.UTC)},
		{90 * time.Second, time.Date(2026, 1, 2, 3, 5, 35, 0, time.UTC)},
		{time.Second, time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC)},
	}
	for _, tt := range tests {
		if got := agent.Expiry(now, tt.window); got != uint64(tt.want.UnixNano()) {
			t.Errorf("Expiry(%v) = %v, want %v", tt.window, time.Unix(0, int64(got)).UTC(), tt.want)
		}
	}
}

func TestEnvelopeOfAnonymous(t *testing.T) {
	f := newFake(t)
	if _, err := f.agent(agent.Config{}).Call(t.Context(), aCall()); err != nil {
		t.Fatalf("Call: %v", err)
	}
	r := f.log()[0]
	if len(r.envelope) != 1 {
		t.Errorf("envelope has %d fields, want content alone", len(r.envelope))
	}
	if got := r.content["sender"].([]byte); !bytes.Equal(got, []byte{4}) {
		t.Errorf("sender %x, want 04", got)
	}
	if !bytes.HasPrefix(r.raw, []byte{0xd9, 0xd9, 0xf7, 0xa1}) {
		t.Errorf("envelope begins %x, want the self-describing tag and a map", r.raw[:4])
	}
}

func TestEnvelopeIsSigned(t *testing.T) {
	for _, a := range []identity.Algorithm{identity.Ed25519, identity.Secp256k1, identity.P256} {
		f := newFake(t)
		id := key(t, a)
		if _, err := f.agent(agent.Config{Identity: id}).Call(t.Context(), aCall()); err != nil {
			t.Fatalf("%s: Call: %v", a, err)
		}
		r := f.log()[0]
		der, _ := r.envelope["sender_pubkey"].([]byte)
		sig, _ := r.envelope["sender_sig"].([]byte)
		public, err := identity.ParsePublicKey(der)
		if err != nil {
			t.Fatalf("%s: sender_pubkey: %v", a, err)
		}
		if err := public.Verify(append([]byte("\x0aic-request"), r.id...), sig); err != nil {
			t.Errorf("%s: sender_sig: %v", a, err)
		}
		if got := r.content["sender"].([]byte); !bytes.Equal(got, id.Principal().Bytes()) {
			t.Errorf("%s: sender %x, want %x", a, got, id.Principal().Bytes())
		}
	}
}

func TestContentOfRequests(t *testing.T) {
	f := newFake(t)
	now := time.Now()
	a := f.agent(agent.Config{Now: func() time.Time { return now }})
	for range 2 {
		if _, err := a.Call(t.Context(), aCall()); err != nil {
			t.Fatalf("Call: %v", err)
		}
		if _, err := a.Query(t.Context(), agent.QueryRequest{Canister: target(), Method: "show"}); err != nil {
			t.Fatalf("Query: %v", err)
		}
	}
	ids, nonces := map[string]int{}, map[string]int{}
	for _, r := range f.log() {
		if want := agent.Expiry(now, 4*time.Minute); r.content["ingress_expiry"] != want {
			t.Errorf("%s: ingress_expiry %v, want %d", r.path, r.content["ingress_expiry"], want)
		}
		nonce, hasNonce := r.content["nonce"].([]byte)
		isCall := r.content["request_type"] == "call"
		if hasNonce != isCall || isCall && len(nonce) != 16 {
			t.Errorf("%s: nonce %x", r.path, nonce)
		}
		if isCall {
			ids[string(r.id)]++
			nonces[string(nonce)]++
		}
		if _, hasPaths := r.content["paths"]; hasPaths != (r.content["request_type"] == "read_state") {
			t.Errorf("%s: paths present: %t", r.path, hasPaths)
		}
	}
	if len(ids) != 2 || len(nonces) != 2 {
		t.Errorf("two equal calls have %d ids and %d nonces", len(ids), len(nonces))
	}
}
