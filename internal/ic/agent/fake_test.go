package agent_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/cert/certtest"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// fakeNetwork is a network of one subnet and one node that answers as a test says. It is an http.RoundTripper, so
// that nothing but the code under test takes time.
type fakeNetwork struct {
	t    *testing.T
	root *certtest.Signer
	node *identity.Key
	now  func() time.Time

	// Hooks, each nil for the usual answer.
	onCall      func(r request) answer
	onQuery     func(r request) answer
	onReadState func(r request) answer
	onAny       func(h http.ResponseWriter, path string) bool // true if it answered

	mu       sync.Mutex
	requests []request
}

// request is what arrived, decoded by the test's own means.
type request struct {
	path     string
	level    string
	raw      []byte
	envelope map[string]any
	content  map[string]any
	id       []byte
}

// answer is an HTTP answer: CBOR if body is not nil, else text.
type answer struct {
	status int
	body   any
	text   string
}

func newFake(t *testing.T) *fakeNetwork {
	t.Helper()
	node, err := identity.New(identity.Ed25519, [32]byte{7})
	if err != nil {
		t.Fatal(err)
	}
	return &fakeNetwork{t: t, root: certtest.NewSigner(11), node: node, now: time.Now}
}

// agent returns an agent of the network. Zero fields of c are filled in.
func (f *fakeNetwork) agent(c agent.Config) *agent.Agent {
	f.t.Helper()
	c.URL = "http://fake.invalid/"
	c.Client = &http.Client{Transport: f}
	c.RootKey = f.rootKey()
	a, err := agent.New(c)
	if err != nil {
		f.t.Fatalf("New: %v", err)
	}
	return a
}

func (f *fakeNetwork) rootKey() agent.RootKey {
	k, err := agent.NewRootKey(f.root.DER(), agent.Local)
	if err != nil {
		f.t.Fatal(err)
	}
	return k
}

// RoundTrip serves one request.
func (f *fakeNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	h := httptest.NewRecorder()
	f.serve(h, r)
	return h.Result(), nil
}

func (f *fakeNetwork) serve(h http.ResponseWriter, r *http.Request) {
	if f.onAny != nil && f.onAny(h, r.URL.Path) {
		return
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		f.t.Errorf("read request: %v", err)
	}
	if got := r.Header.Get("Content-Type"); r.Method == http.MethodPost && got != "application/cbor" {
		f.t.Errorf("Content-Type %q", got)
	}
	req := parseRequest(f.t, r.URL.Path, raw)
	f.mu.Lock()
	f.requests = append(f.requests, req)
	f.mu.Unlock()
	write(f.t, h, f.answer(req))
}

func (f *fakeNetwork) answer(r request) answer {
	hook, usual := f.onReadState, f.state
	switch r.content["request_type"] {
	case "call":
		hook, usual = f.onCall, func(r request) answer { return f.replied(r, "reply") }
	case "query":
		hook, usual = f.onQuery, func(r request) answer { return f.queryReply(r, "reply", f.node) }
	}
	if hook != nil {
		return hook(r)
	}
	return usual(r)
}

func write(t *testing.T, h http.ResponseWriter, a answer) {
	if a.body == nil {
		h.WriteHeader(a.status)
		fmt.Fprint(h, a.text)
		return
	}
	h.Header().Set("Content-Type", "application/cbor")
	h.WriteHeader(a.status)
	b, err := cbor.Marshal(a.body)
	if err != nil {
		t.Errorf("encode answer: %v", err)
	}
	h.Write(append([]byte{0xd9, 0xd9, 0xf7}, b...))
}

// parseRequest decodes an envelope and hashes its content without the code under test.
func parseRequest(t *testing.T, path string, raw []byte) request {
	r := request{path: path, raw: raw, level: strings.Split(path, "/")[2]}
	mode, err := cbor.DecOptions{DefaultMapType: nil, IndefLength: cbor.IndefLengthForbidden, DupMapKey: cbor.DupMapKeyEnforcedAPF}.DecMode()
	if err != nil {
		t.Fatal(err)
	}
	if err := mode.Unmarshal(raw, &r.envelope); err != nil {
		t.Errorf("request to %s: %v", path, err)
		return r
	}
	content, _ := r.envelope["content"].(map[any]any)
	r.content = make(map[string]any)
	for k, v := range content {
		r.content[k.(string)] = v
	}
	id := naiveHash(r.content)
	r.id = id[:]
	return r
}

// naiveHash is the representation-independent hash, written again from the specification.
func naiveHash(v any) [32]byte {
	switch v := v.(type) {
	case []byte:
		return sha256.Sum256(v)
	case string:
		return sha256.Sum256([]byte(v))
	case uint64:
		return sha256.Sum256(cert.AppendNat(nil, v))
	case []any:
		var all []byte
		for _, e := range v {
			h := naiveHash(e)
			all = append(all, h[:]...)
		}
		return sha256.Sum256(all)
	case map[string]any:
		var pairs []string
		for k, e := range v {
			hk, he := naiveHash(k), naiveHash(e)
			pairs = append(pairs, string(hk[:])+string(he[:]))
		}
		slices.Sort(pairs)
		return sha256.Sum256([]byte(strings.Join(pairs, "")))
	}
	panic(fmt.Sprintf("no hash for %T", v))
}

// certificate certifies children of the root beside the time.
func (f *fakeNetwork) certificate(children map[string]certtest.Node) []byte {
	all := map[string]certtest.Node{"time": certtest.Time(f.now())}
	for k, v := range children {
		all[k] = v
	}
	return f.root.Certificate(certtest.Tree(all))
}

// status certifies the status of the request.
func (f *fakeNetwork) status(id []byte, leaves map[string]certtest.Node) []byte {
	return f.certificate(map[string]certtest.Node{"request_status": map[string]certtest.Node{string(id): leaves}})
}

func (f *fakeNetwork) replied(r request, reply string) answer {
	return f.certified(f.status(r.id, map[string]certtest.Node{"status": "replied", "reply": reply}))
}

// certified is the answer to a call that holds a certificate of any status.
func (f *fakeNetwork) certified(certificate []byte) answer {
	return answer{status: 200, body: map[string]any{"status": "replied", "certificate": certificate}}
}

// stateOf is the answer to a read that holds a certificate.
func stateOf(certificate []byte) answer {
	return answer{status: 200, body: map[string]any{"certificate": certificate}}
}

// state answers a read of /subnet with the node's key, and other reads with nothing but the time.
func (f *fakeNetwork) state(request) answer { return stateOf(f.subnet(f.node)) }

// subnet certifies the subnet with the given nodes.
func (f *fakeNetwork) subnet(nodes ...*identity.Key) []byte {
	list := make(map[string]certtest.Node)
	for _, n := range nodes {
		list[string(n.Principal().Bytes())] = map[string]certtest.Node{"public_key": n.PublicKey()}
	}
	return f.certificate(map[string]certtest.Node{
		"subnet": map[string]certtest.Node{string(f.root.Subnet().Bytes()): map[string]certtest.Node{
			"node": list, "public_key": f.root.DER(),
		}},
	})
}

// signed completes the content of an answer to a query with the signatures of nodes.
func (f *fakeNetwork) signed(r request, at time.Time, content map[string]any, nodes ...*identity.Key) answer {
	body := map[string]any{}
	toSign := map[string]any{"timestamp": uint64(at.UnixNano()), "request_id": r.id}
	for k, v := range content {
		body[k], toSign[k] = v, v
	}
	hash := naiveHash(toSign)
	sigs := []any{}
	for _, n := range nodes {
		sig, err := n.Sign(append([]byte("\x0bic-response"), hash[:]...))
		if err != nil {
			f.t.Errorf("sign: %v", err)
		}
		sigs = append(sigs, map[string]any{"timestamp": uint64(at.UnixNano()), "identity": n.Principal().Bytes(), "signature": sig})
	}
	body["signatures"] = sigs
	return answer{status: 200, body: body}
}

func (f *fakeNetwork) queryReply(r request, reply string, nodes ...*identity.Key) answer {
	return f.signed(r, f.now(), map[string]any{"status": "replied", "reply": map[string]any{"arg": []byte(reply)}}, nodes...)
}

// log returns what arrived.
func (f *fakeNetwork) log() []request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.requests)
}

// paths returns the paths of what arrived.
func (f *fakeNetwork) paths() (paths []string) {
	for _, r := range f.log() {
		paths = append(paths, r.path)
	}
	return paths
}

func key(t *testing.T, a identity.Algorithm) *identity.Key {
	t.Helper()
	k, err := identity.New(a, [32]byte(bytes.Repeat([]byte{0x21}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// target is the canister that tests call.
func target() principal.Principal {
	p, err := principal.FromBytes([]byte{0x80, 0, 0, 0, 0, 0x10, 0, 0, 1, 1})
	if err != nil {
		panic(err)
	}
	return p
}

func aCall() agent.CallRequest {
	return agent.CallRequest{Canister: target(), Method: "register", Arg: []byte("DIDL\x00\x00")}
}

func aQuery() agent.QueryRequest {
	return agent.QueryRequest{Canister: target(), Method: "show", Arg: []byte("DIDL\x00\x00")}
}
