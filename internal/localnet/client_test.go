package localnet_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet"
	"github.com/berth-cli/berth/internal/localnet/ingress"
	"github.com/fxamacker/cbor/v2"
)

// clock is a clock tests set.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)} }

// network is a network under test and how to talk to it.
type network struct {
	*localnet.Network
	clock *clock
	nonce atomic.Uint64
}

// open opens a network with a clock of its own, without heartbeats.
func open(t testing.TB, change ...func(*localnet.Config)) *network {
	t.Helper()
	n, err := tryOpen(t, change...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func tryOpen(t testing.TB, change ...func(*localnet.Config)) (*network, error) {
	t.Helper()
	n := &network{clock: newClock()}
	cfg := localnet.Config{Now: n.clock.now, Seed: []byte("test"), HeartbeatInterval: -1, LockWait: -1, MaxInstructions: 50_000_000}
	for _, f := range change {
		f(&cfg)
	}
	if cfg.Engine == nil {
		cfg.Engine = newEngine(t)
	}
	var err error
	n.Network, err = localnet.Open(context.WithoutCancel(t.Context()), cfg)
	if err == nil {
		t.Cleanup(func() { n.Close() })
	}
	return n, err
}

func key(t testing.TB, a identity.Algorithm, seed byte) *identity.Key {
	t.Helper()
	k, err := identity.New(a, [identity.SecretSize]byte{seed, 1})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func alice(t testing.TB) *identity.Key { return key(t, identity.Ed25519, 'a') }
func bob(t testing.TB) *identity.Key   { return key(t, identity.Ed25519, 'b') }

type content = map[string]any

// envelope signs a request, and lets change it before and after.
func envelope(t testing.TB, id identity.Identity, c content) content {
	t.Helper()
	e := content{"content": c}
	if id.PublicKey() == nil {
		return e
	}
	hash := requestID(t, c)
	sig, err := id.Sign(append([]byte("\x0Aic-request"), hash[:]...))
	if err != nil {
		t.Fatal(err)
	}
	e["sender_pubkey"], e["sender_sig"] = id.PublicKey(), sig
	return e
}

func requestID(t testing.TB, c content) [32]byte {
	t.Helper()
	hash, err := ingress.HashMap(generic(c))
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// generic turns typed lists into lists of any, as they are decoded.
func generic(c content) content {
	out := make(content)
	for k, v := range c {
		switch v := v.(type) {
		case [][][]byte:
			var list []any
			for _, p := range v {
				var path []any
				for _, l := range p {
					path = append(path, l)
				}
				list = append(list, path)
			}
			out[k] = list
		case [][]byte:
			var list []any
			for _, b := range v {
				list = append(list, b)
			}
			out[k] = list
		default:
			out[k] = v
		}
	}
	return out
}

func encodeCBOR(t testing.TB, v any) []byte {
	t.Helper()
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		t.Fatal(err)
	}
	b, err := mode.Marshal(cbor.Tag{Number: 55799, Content: v})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// answer is an HTTP answer.
type answer struct {
	status int
	body   []byte
}

// post sends a body to a path.
func (n *network) post(t testing.TB, path string, body []byte) answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+path, bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/cbor")
	return n.do(t, r)
}

func (n *network) do(t testing.TB, r *http.Request) answer {
	t.Helper()
	w := httptest.NewRecorder()
	n.Handler().ServeHTTP(w, r)
	b, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{w.Code, b}
}

// fields decodes the body of a 200.
func (a answer) fields(t testing.TB) map[string]any {
	t.Helper()
	if a.status != http.StatusOK {
		t.Fatalf("HTTP %d: %s", a.status, a.body)
	}
	if !bytes.HasPrefix(a.body, []byte{0xd9, 0xd9, 0xf7}) {
		t.Fatalf("answer is not tagged: %x", a.body[:min(10, len(a.body))])
	}
	var m map[any]any
	if err := cbor.Unmarshal(a.body, &m); err != nil {
		t.Fatal(err)
	}
	out := make(map[string]any)
	for k, v := range m {
		out[fmt.Sprint(k)] = v
	}
	return out
}

// result is the end of a call.
type result struct {
	data      []byte
	code      uint64 // reject code, 0 for a reply
	message   string
	errorCode string
	certified bool
	raw       []byte // the certificate
}

func (r result) String() string {
	if r.code == 0 {
		return fmt.Sprintf("reply %.100x", r.data)
	}
	return fmt.Sprintf("reject %d %s %.300q (certified: %v)", r.code, r.errorCode, r.message, r.certified)
}

func (n *network) callContent(id identity.Identity, to principal.Principal, method string, arg []byte) content {
	arg = append([]byte{}, arg...) // not null
	nonce := binary.BigEndian.AppendUint64(nil, n.nonce.Add(1))
	return content{
		"request_type": "call", "canister_id": to.Bytes(), "method_name": method, "arg": arg, "nonce": nonce,
		"sender": id.Principal().Bytes(), "ingress_expiry": uint64(n.clock.now().Add(4 * time.Minute).UnixNano()),
	}
}

// update makes an update call and verifies its certificate.
func (n *network) update(t testing.TB, id identity.Identity, to principal.Principal, method string, arg []byte) result {
	t.Helper()
	return n.updateAt(t, id, to, to, method, arg)
}

func (n *network) updateAt(t testing.TB, id identity.Identity, effective, to principal.Principal, method string, arg []byte) result {
	t.Helper()
	c := n.callContent(id, to, method, arg)
	a := n.post(t, "/api/v4/canister/"+effective.String()+"/call", encodeCBOR(t, envelope(t, id, c)))
	return n.callResult(t, effective, requestID(t, c), a)
}

func (n *network) callResult(t testing.TB, effective principal.Principal, id [32]byte, a answer) result {
	t.Helper()
	f := a.fields(t)
	if f["status"] == "non_replicated_rejection" {
		return uncertified(f)
	}
	raw, ok := f["certificate"].([]byte)
	if !ok {
		t.Fatalf("no certificate in %v", f)
	}
	return n.readResult(t, n.verify(t, raw, effective), raw, id)
}

func uncertified(f map[string]any) result {
	r := result{}
	r.code, _ = f["reject_code"].(uint64)
	r.message, _ = f["reject_message"].(string)
	r.errorCode, _ = f["error_code"].(string)
	return r
}

func (n *network) verify(t testing.TB, raw []byte, effective principal.Principal) *cert.Certificate {
	t.Helper()
	c, err := cert.Verify(raw, cert.Options{RootKey: n.RootKey(), Scope: cert.CanisterScope(effective), Now: n.clock.now()})
	if err != nil {
		t.Fatalf("verify certificate: %v", err)
	}
	return c
}

func (n *network) readResult(t testing.TB, c *cert.Certificate, raw []byte, id [32]byte) result {
	t.Helper()
	leaf := func(name string) string {
		v, status := c.Lookup(cert.NewPath("request_status", string(id[:]), name))
		if status != cert.Found {
			return ""
		}
		return string(v)
	}
	switch s := leaf("status"); s {
	case "replied":
		return result{data: []byte(leaf("reply")), certified: true, raw: raw}
	case "rejected":
		code, _ := binary.Uvarint([]byte(leaf("reject_code")))
		return result{code: code, message: leaf("reject_message"), errorCode: leaf("error_code"), certified: true, raw: raw}
	default:
		t.Fatalf("status is %q", s)
		return result{}
	}
}

// query makes a query call and verifies its signature.
func (n *network) query(t testing.TB, id identity.Identity, to principal.Principal, method string, arg []byte) result {
	t.Helper()
	return n.queryAt(t, id, to, to, method, arg)
}

func (n *network) queryAt(t testing.TB, id identity.Identity, effective, to principal.Principal, method string, arg []byte) result {
	t.Helper()
	c := n.callContent(id, to, method, arg)
	c["request_type"] = "query"
	a := n.post(t, "/api/v3/canister/"+effective.String()+"/query", encodeCBOR(t, envelope(t, id, c)))
	f := a.fields(t)
	n.verifyQuery(t, f, requestID(t, c))
	if f["status"] == "rejected" {
		return uncertified(f)
	}
	reply, _ := f["reply"].(map[any]any)
	data, _ := reply["arg"].([]byte)
	return result{data: data}
}

// verifyQuery checks the node's signature with the key read_state gives.
func (n *network) verifyQuery(t testing.TB, f map[string]any, id [32]byte) {
	t.Helper()
	sigs, _ := f["signatures"].([]any)
	if len(sigs) != 1 {
		t.Fatalf("%d signatures", len(sigs))
	}
	sig, _ := sigs[0].(map[any]any)
	node, _ := sig["identity"].([]byte)
	signed := content{"status": f["status"], "timestamp": sig["timestamp"], "request_id": id[:]}
	for _, k := range []string{"reject_code", "reject_message", "error_code"} {
		if v, ok := f[k]; ok {
			signed[k] = v
		}
	}
	if reply, ok := f["reply"].(map[any]any); ok {
		signed["reply"] = content{"arg": reply["arg"]}
	}
	hash, err := ingress.HashMap(signed)
	if err != nil {
		t.Fatal(err)
	}
	der := n.nodeKey(t, node)
	raw, _ := sig["signature"].([]byte)
	if !ed25519.Verify(ed25519.PublicKey(der[len(der)-32:]), append([]byte("\x0Bic-response"), hash[:]...), raw) {
		t.Fatal("the node's signature of the query does not verify")
	}
}

func (n *network) nodeKey(t testing.TB, node []byte) []byte {
	t.Helper()
	c := n.readState(t, identity.Anonymous(), n.EffectiveCanisterID(), [][]byte{[]byte("subnet")})
	der, status := c.Lookup(cert.NewPath("subnet", string(n.SubnetID().Bytes()), "node", string(node), "public_key"))
	if status != cert.Found || len(der) != 44 {
		t.Fatalf("node key: %v, %d bytes", status, len(der))
	}
	return der
}

func (n *network) readStateContent(id identity.Identity, paths ...[][]byte) content {
	paths = append([][][]byte{}, paths...) // not null
	return content{
		"request_type": "read_state", "paths": paths, "sender": id.Principal().Bytes(),
		"ingress_expiry": uint64(n.clock.now().Add(4 * time.Minute).UnixNano()),
	}
}

func (n *network) tryReadState(t testing.TB, id identity.Identity, endpoint string, paths ...[][]byte) answer {
	t.Helper()
	return n.post(t, endpoint+"/read_state", encodeCBOR(t, envelope(t, id, n.readStateContent(id, paths...))))
}

// readState reads paths and verifies the certificate.
func (n *network) readState(t testing.TB, id identity.Identity, effective principal.Principal, paths ...[][]byte) *cert.Certificate {
	t.Helper()
	raw, _ := n.tryReadState(t, id, "/api/v3/canister/"+effective.String(), paths...).fields(t)["certificate"].([]byte)
	return n.verify(t, raw, effective)
}

func (n *network) hash(t testing.TB) [32]byte {
	t.Helper()
	h, err := n.StateHash(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// wantReply checks for a reply with data.
func wantReply(t testing.TB, r result, want []byte) {
	t.Helper()
	if r.code != 0 || !bytes.Equal(r.data, want) {
		t.Errorf("got %v, want reply %.100x", r, want)
	}
}

// wantReject checks for a reject.
func wantReject(t testing.TB, r result, code uint64, errorCode string) {
	t.Helper()
	if r.code != code || r.errorCode != errorCode {
		t.Errorf("got %v, want reject %d %s", r, code, errorCode)
	}
}

func digest(b []byte) []byte {
	s := sha256.Sum256(b)
	return s[:]
}
