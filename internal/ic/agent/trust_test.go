package agent_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/cert/certtest"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
)

func rootKey(t *testing.T, secret int64, p agent.Provenance) agent.RootKey {
	t.Helper()
	k, err := agent.NewRootKey(certtest.NewSigner(secret).DER(), p)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestTrustPolicy(t *testing.T) {
	alice := key(t, identity.Ed25519)
	consented := agent.TrustPolicy{Consents: []string{rootKey(t, 1, agent.Configured).Hex()}}
	tests := []struct {
		name     string
		policy   agent.TrustPolicy
		key      agent.RootKey
		explicit bool
		signs    bool // alice does
		refused  bool
	}{
		{"mainnet", agent.TrustPolicy{}, agent.MainnetRootKey(), true, true, false},
		{"our local network", agent.TrustPolicy{}, rootKey(t, 1, agent.Local), false, true, false},
		{"configured", agent.TrustPolicy{}, rootKey(t, 1, agent.Configured), false, false, false},
		{"configured, explicit", agent.TrustPolicy{}, rootKey(t, 1, agent.Configured), true, false, true},
		{"fetched", agent.TrustPolicy{}, rootKey(t, 1, agent.Fetched), false, false, false},
		{"fetched, explicit", agent.TrustPolicy{}, rootKey(t, 1, agent.Fetched), true, false, true},
		{"configured with consent", consented, rootKey(t, 1, agent.Configured), true, true, false},
		{"fetched with consent", consented, rootKey(t, 1, agent.Fetched), false, true, false},
		{"consent for another key", consented, rootKey(t, 2, agent.Fetched), false, false, false},
		{"no key", consented, agent.RootKey{}, false, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.policy.Signer(tt.key, agent.SignerRequest{Identity: alice, Name: "alice", Explicit: tt.explicit})
			e, refused := errors.AsType[*agent.UntrustedNetworkError](err)
			if refused != tt.refused || (err != nil) != tt.refused {
				t.Fatalf("Signer: %v, want it refused: %t", err, tt.refused)
			}
			if refused {
				if e.Identity != "alice" || !strings.Contains(err.Error(), "alice") || got.Identity != nil {
					t.Errorf("Signer = %v, %v", got, err)
				}
				return
			}
			if signs := got.Identity == identity.Identity(alice); signs != tt.signs || got.Withheld == tt.signs {
				t.Errorf("Signer = %+v, want alice to sign: %t", got, tt.signs)
			}
			if !tt.signs && got.Identity.PublicKey() != nil {
				t.Errorf("someone else signs: %v", got.Identity)
			}
		})
	}
}

func TestTrustPolicyOfAnonymous(t *testing.T) {
	for _, id := range []identity.Identity{nil, identity.Anonymous()} {
		got, err := (agent.TrustPolicy{}).Signer(rootKey(t, 1, agent.Fetched), agent.SignerRequest{Identity: id, Explicit: true})
		if err != nil || got.Withheld || !got.Identity.Principal().IsAnonymous() {
			t.Errorf("Signer of anonymous = %+v, %v", got, err)
		}
	}
}

func TestSystemCanisters(t *testing.T) {
	for _, text := range agent.SystemCanisters() {
		id, err := principal.Parse(text)
		if err != nil {
			t.Errorf("listed canister %q: %v", text, err)
			continue
		}
		if !agent.IsSystemCanister(id) || agent.SystemCanisterName(id) == "" {
			t.Errorf("IsSystemCanister(%s) is false", text)
		}
	}
	for text, want := range map[string]bool{
		"bnz7o-iuaaa-aaaaa-qaaaa-cai": false, // first of a local network
		"2vxsx-fae":                   false,
		"ivg37-qiaaa-aaaab-aaaga-cai": false,
	} {
		id, err := principal.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := agent.IsSystemCanister(id); got != want {
			t.Errorf("IsSystemCanister(%s) = %t", text, got)
		}
	}
	for b, want := range map[string]bool{"\x00\x00\x00\x00\x00\x0f\xff\xff\x01\x01": true, "\x00\x00\x00\x00\x00\x10\x00\x00\x01\x01": false} {
		id, err := principal.FromBytes([]byte(b))
		if err != nil {
			t.Fatal(err)
		}
		if got := agent.IsSystemCanister(id); got != want {
			t.Errorf("IsSystemCanister(%s) = %t, want %t", id, got, want)
		}
	}
}
