package agent_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/cert/certtest"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
)

func TestQueryIsVerified(t *testing.T) {
	f := newFake(t)
	a := f.agent(agent.Config{})
	for range 3 {
		reply, err := a.Query(t.Context(), aQuery())
		if err != nil || string(reply) != "reply" {
			t.Fatalf("Query = %q, %v", reply, err)
		}
	}
	want := []string{"/api/v3" + canisterPath + "query", "/api/v3" + canisterPath + "read_state", "/api/v3" + canisterPath + "query", "/api/v3" + canisterPath + "query"}
	if got := f.paths(); !slices.Equal(got, want) {
		t.Errorf("asked %q, want the nodes' keys read once", got)
	}
}

func TestQueryRejected(t *testing.T) {
	for name, more := range map[string]map[string]any{"with error code": {"error_code": "IC0536"}, "without": {}} {
		f := newFake(t)
		f.onQuery = func(r request) answer {
			content := map[string]any{"status": "rejected", "reject_code": uint64(5), "reject_message": "no query method"}
			for k, v := range more {
				content[k] = v
			}
			return f.signed(r, f.now(), content, f.node)
		}
		_, err := f.agent(agent.Config{}).Query(t.Context(), aQuery())
		e, ok := errors.AsType[*agent.RejectError](err)
		if !ok || e.Code != agent.CanisterError || e.Message != "no query method" || e.Certified || e.Method != "show" {
			t.Errorf("%s: Query: %v, want a *RejectError", name, err)
			continue
		}
		if want, _ := more["error_code"].(string); e.ErrorCode != want {
			t.Errorf("%s: error code %q, want %q", name, e.ErrorCode, want)
		}
	}
}

func TestQueryRefusesSignatures(t *testing.T) {
	stranger, err := identity.New(identity.Ed25519, [32]byte{99})
	if err != nil {
		t.Fatal(err)
	}
	content := map[string]any{"status": "replied", "reply": map[string]any{"arg": []byte("reply")}}
	at := func(f *fakeNetwork, d time.Duration) func(request) answer {
		return func(r request) answer { return f.signed(r, f.now().Add(d), content, f.node) }
	}
	change := func(f *fakeNetwork, key string, value any) func(request) answer {
		return func(r request) answer {
			a := f.queryReply(r, "reply", f.node)
			a.body.(map[string]any)["signatures"].([]any)[0].(map[string]any)[key] = value
			return a
		}
	}
	tests := []struct {
		name    string
		onQuery func(f *fakeNetwork) func(request) answer
		want    agent.SignatureReason // "" for accepted
	}{
		{"4 minutes old", func(f *fakeNetwork) func(request) answer { return at(f, -4*time.Minute) }, ""},
		{"4 minutes ahead", func(f *fakeNetwork) func(request) answer { return at(f, 4*time.Minute) }, ""},
		{"6 minutes old", func(f *fakeNetwork) func(request) answer { return at(f, -6*time.Minute) }, agent.StaleTimestamp},
		{"6 minutes ahead", func(f *fakeNetwork) func(request) answer { return at(f, 6*time.Minute) }, agent.FutureTimestamp},
		{"none", func(f *fakeNetwork) func(request) answer {
			return func(r request) answer { return f.queryReply(r, "reply") }
		}, agent.NoSignature},
		{"two of one node", func(f *fakeNetwork) func(request) answer {
			return func(r request) answer { return f.queryReply(r, "reply", f.node, f.node) }
		}, agent.TooManySignatures},
		{"of a stranger", func(f *fakeNetwork) func(request) answer {
			return func(r request) answer { return f.queryReply(r, "reply", stranger) }
		}, agent.UnknownNode},
		{"of a node with too long an id", func(f *fakeNetwork) func(request) answer { return change(f, "identity", make([]byte, 30)) }, agent.UnknownNode},
		{"with other bytes", func(f *fakeNetwork) func(request) answer { return change(f, "signature", make([]byte, 64)) }, agent.BadSignature},
		{"too short", func(f *fakeNetwork) func(request) answer { return change(f, "signature", []byte{1}) }, agent.BadSignature},
		{"for another time", func(f *fakeNetwork) func(request) answer {
			return change(f, "timestamp", uint64(f.now().Add(time.Second).UnixNano()))
		}, agent.BadSignature},
		{"for another reply", func(f *fakeNetwork) func(request) answer {
			return func(r request) answer {
				a := f.queryReply(r, "reply", f.node)
				a.body.(map[string]any)["reply"] = map[string]any{"arg": []byte("evil")}
				return a
			}
		}, agent.BadSignature},
		{"for another request", func(f *fakeNetwork) func(request) answer {
			return func(r request) answer { r.id = make([]byte, 32); return f.queryReply(r, "reply", f.node) }
		}, agent.BadSignature},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			f.onQuery = tt.onQuery(f)
			reply, err := f.agent(agent.Config{}).Query(t.Context(), aQuery())
			e, ok := errors.AsType[*agent.SignatureError](err)
			if tt.want == "" && err != nil || tt.want != "" && (!ok || e.Reason != tt.want || reply != nil) {
				t.Errorf("Query = %q, %v; want it refused as %q", reply, err, tt.want)
			}
		})
	}
}

// A node that joined the subnet since its keys were read is found by reading them once more.
func TestQueryFindsNewNodes(t *testing.T) {
	f := newFake(t)
	second, err := identity.New(identity.Ed25519, [32]byte{8})
	if err != nil {
		t.Fatal(err)
	}
	var reads int
	f.onReadState = func(request) answer {
		if reads++; reads == 1 {
			return stateOf(f.subnet(f.node))
		}
		return stateOf(f.subnet(f.node, second))
	}
	signer := f.node
	f.onQuery = func(r request) answer { return f.queryReply(r, "reply", signer) }
	a := f.agent(agent.Config{})
	for _, signer = range []*identity.Key{f.node, second, f.node} {
		if _, err := a.Query(t.Context(), aQuery()); err != nil {
			t.Errorf("Query: %v", err)
		}
	}
	if reads != 2 {
		t.Errorf("the keys were read %d times, want 2", reads)
	}
}

func TestNodeKeysGrowOld(t *testing.T) {
	f := newFake(t)
	now := time.Now()
	f.now = func() time.Time { return now }
	a := f.agent(agent.Config{Now: f.now})
	for _, d := range []time.Duration{0, 4 * time.Minute, 2 * time.Minute} { // read, remembered, read again
		now = now.Add(d)
		if _, err := a.Query(t.Context(), aQuery()); err != nil {
			t.Fatalf("Query: %v", err)
		}
	}
	reads := 0
	for _, r := range f.log() {
		if r.content["request_type"] == "read_state" {
			reads++
		}
	}
	if reads != 2 {
		t.Errorf("the keys were read %d times, want 2", reads)
	}
}

func TestQueryRefusesNodeKeys(t *testing.T) {
	f := newFake(t)
	p256 := key(t, identity.P256)
	sid := string(f.root.Subnet().Bytes())
	subnet := func(node string, der []byte, ranges []byte) []byte {
		children := map[string]certtest.Node{
			"node": map[string]certtest.Node{node: map[string]certtest.Node{"public_key": der}},
		}
		if ranges != nil {
			children["canister_ranges"] = ranges
		}
		return f.certificate(map[string]certtest.Node{"subnet": map[string]certtest.Node{sid: children}})
	}
	node := string(f.node.Principal().Bytes())
	foreign := []byte{0x81, 0x82, 0x42, 0, 1, 0x42, 0, 2} // ranges that do not hold the canister
	ours := append(append([]byte{0x81, 0x82, 0x4a}, target().Bytes()...), append([]byte{0x4a}, target().Bytes()...)...)
	tests := []struct {
		name  string
		state []byte
		ok    bool
		check func(error) bool
	}{
		{"as it should be", subnet(node, f.node.PublicKey(), nil), true, nil},
		{"with our range", subnet(node, f.node.PublicKey(), ours), true, nil},
		{"with other ranges", subnet(node, f.node.PublicKey(), foreign), false, func(err error) bool {
			e, ok := errors.AsType[*cert.CertificateError](err)
			return ok && e.Reason == cert.ReasonNotAuthorized
		}},
		{"with ranges that are none", subnet(node, f.node.PublicKey(), []byte("x")), false, func(err error) bool {
			e, ok := errors.AsType[*cert.CertificateError](err)
			return ok && e.Reason == cert.ReasonMalformed
		}},
		{"key of another scheme", subnet(node, p256.PublicKey(), nil), false, isBadNodeKey},
		{"key that is none", subnet(node, []byte("x"), nil), false, isBadNodeKey},
		{"node id too long", subnet(string(make([]byte, 30)), f.node.PublicKey(), nil), false, isBadNodeKey},
		{"no nodes", f.certificate(nil), false, func(err error) bool {
			e, ok := errors.AsType[*agent.SignatureError](err)
			return ok && e.Reason == agent.TooManySignatures
		}},
	}
	for _, tt := range tests {
		f.onReadState = func(request) answer { return stateOf(tt.state) }
		_, err := f.agent(agent.Config{}).Query(t.Context(), aQuery())
		if (err == nil) != tt.ok || err != nil && !tt.check(err) {
			t.Errorf("%s: Query: %v", tt.name, err)
		}
	}
}

func isBadNodeKey(err error) bool {
	e, ok := errors.AsType[*agent.SignatureError](err)
	return ok && e.Reason == agent.BadNodeKey
}

func TestQueryRefusesOtherAnswers(t *testing.T) {
	for name, body := range map[string]any{
		"no status":              map[string]any{},
		"replied without reply":  map[string]any{"status": "replied"},
		"rejected without code":  map[string]any{"status": "rejected", "reject_message": "m"},
		"unheard-of status":      map[string]any{"status": "maybe"},
		"reply of another shape": map[string]any{"status": "replied", "reply": "x"},
	} {
		f := newFake(t)
		f.onQuery = func(request) answer { return answer{status: 200, body: body} }
		if _, err := f.agent(agent.Config{}).Query(t.Context(), aQuery()); !errors.Is(err, agent.ErrProtocol) {
			t.Errorf("%s: Query: %v, want ErrProtocol", name, err)
		}
	}
}

func TestQueryOfManagementNeedsEffectiveCanister(t *testing.T) {
	a := newFake(t).agent(agent.Config{})
	r := agent.QueryRequest{Canister: principal.Management(), Method: "canister_status"}
	if _, err := a.Query(t.Context(), r); !errors.Is(err, agent.ErrEffectiveCanister) {
		t.Errorf("Query: %v, want ErrEffectiveCanister", err)
	}
	r.EffectiveCanister = target()
	if _, err := a.Query(t.Context(), r); err != nil {
		t.Errorf("Query: %v", err)
	}
}
