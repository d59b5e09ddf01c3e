package localnet_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet"
	"github.com/fxamacker/cbor/v2"
)

// Row N01: a network is there at once, on loopback only.
func TestServe(t *testing.T) {
	eng := newEngine(t)
	start := time.Now()
	n := open(t, func(c *localnet.Config) { c.Engine, c.StateDir = eng, t.TempDir() })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- n.Serve(ctx, l) }()
	url := "http://" + l.Addr().String() + "/api/v2/status"
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	t.Logf("healthy after %v", time.Since(start))
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status: HTTP %d", resp.StatusCode)
	}
	cancel()
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// Serve returns when the requests under way are answered.
func TestServeWaitsForRequests(t *testing.T) {
	running, finish := make(chan struct{}), make(chan struct{})
	n := open(t, func(c *localnet.Config) {
		c.Print = func(principal.Principal, string) { close(running); <-finish }
	})
	c := n.universal(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	served, answered := make(chan error, 1), make(chan int, 1)
	go func() { served <- n.Serve(ctx, l) }()
	q := n.callContent(alice(t), c, "query", prog(nil).text("running").do(opPrint).then(replyWith("")))
	q["request_type"] = "query"
	body := encodeCBOR(t, envelope(t, alice(t), q))
	go func() {
		resp, err := http.Post("http://"+l.Addr().String()+"/api/v3/canister/"+c.String()+"/query", "application/cbor", bytes.NewReader(body))
		if err != nil {
			answered <- 0
			return
		}
		resp.Body.Close()
		answered <- resp.StatusCode
	}()
	<-running
	cancel()
	for { // until Serve takes no more
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			break
		}
		conn.Close()
	}
	select {
	case err := <-served:
		t.Errorf("Serve returned %v while a request was under way", err)
		close(finish)
		return
	case <-time.After(20 * time.Millisecond):
	}
	close(finish)
	if status := <-answered; status != http.StatusOK {
		t.Errorf("the request: HTTP %d", status)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// A web page cannot reach the network.
func TestHostAndOrigin(t *testing.T) {
	n := open(t)
	tests := []struct {
		name, host, origin string
		want               int
	}{
		{"localhost", "localhost:8000", "", 200},
		{"subdomain of localhost", "bnz7o-iuaaa-aaaaa-qaaaa-cai.localhost:8000", "", 200},
		{"IPv4", "127.0.0.1:4943", "", 200},
		{"IPv6", "[::1]:4943", "", 200},
		{"page on localhost", "localhost:8000", "http://localhost:3000", 200},
		{"rebound name", "evil.example:8000", "", 403},
		{"name that looks like it", "localhost.evil.example", "", 403},
		{"address of the machine", "192.168.1.5:8000", "", 403},
		{"page elsewhere", "localhost:8000", "https://evil.example", 403},
		{"page without an origin", "localhost:8000", "null", 403},
		{"file", "localhost:8000", "file://", 403},
		{"no host", "", "", 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "http://localhost/api/v2/status", nil)
			r.Host = tt.host
			if tt.origin != "" {
				r.Header.Set("Origin", tt.origin)
			}
			w := httptest.NewRecorder()
			n.Handler().ServeHTTP(w, r)
			if w.Code != tt.want {
				t.Errorf("HTTP %d, want %d: %s", w.Code, tt.want, w.Body)
			}
			if allow := w.Header().Get("Access-Control-Allow-Origin"); (allow != "") != (tt.origin != "" && tt.want == 200) {
				t.Errorf("Access-Control-Allow-Origin: %q", allow)
			}
		})
	}
}

// Row N04: all forms of the endpoints.
func TestEndpointVersions(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	ec := "/canister/" + c.String()
	for _, v := range []string{"/api/v3", "/api/v4"} {
		req := n.callContent(alice(t), c, "update", replyWith(v))
		a := n.post(t, v+ec+"/call", encodeCBOR(t, envelope(t, alice(t), req)))
		wantReply(t, n.callResult(t, c, requestID(t, req), a), []byte(v))
	}
	req := n.callContent(alice(t), c, "update", replyWith("v2"))
	if a := n.post(t, "/api/v2"+ec+"/call", encodeCBOR(t, envelope(t, alice(t), req))); a.status != http.StatusAccepted || len(a.body) != 0 {
		t.Errorf("v2 call: HTTP %d %q, want 202 and nothing", a.status, a.body)
	}
	if err := n.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := requestID(t, req)
	for _, v := range []string{"/api/v2", "/api/v3"} {
		a := n.tryReadState(t, alice(t), v+ec, [][]byte{[]byte("request_status"), id[:]})
		raw, _ := a.fields(t)["certificate"].([]byte)
		wantReply(t, n.readResult(t, n.verify(t, raw, c), raw, id), []byte("v2"))
		q := n.callContent(alice(t), c, "query", replyWith("q"))
		q["request_type"] = "query"
		f := n.post(t, v+ec+"/query", encodeCBOR(t, envelope(t, alice(t), q))).fields(t)
		n.verifyQuery(t, f, requestID(t, q))
	}
	refused := n.callContent(alice(t), n.EffectiveCanisterID(), "update", nil)
	missing := n.create(t, alice(t))
	refused["canister_id"] = missing.Bytes()
	f := n.post(t, "/api/v2/canister/"+missing.String()+"/call", encodeCBOR(t, envelope(t, alice(t), refused))).fields(t)
	if _, ok := f["status"]; ok || f["reject_code"] != uint64(5) || f["error_code"] != "IC0537" {
		t.Errorf("v2 rejection: %v", f)
	}
}

// Row N04: where the ranges of canister ids are.
func TestRanges(t *testing.T) {
	n := open(t)
	sid := n.SubnetID().Bytes()
	last := append([]byte{0x80, 0, 0, 0, 0, 0x1f, 0xff, 0xff}, 1, 1)
	want := [][2][]byte{{n.EffectiveCanisterID().Bytes(), last}}
	check := func(leaf []byte) {
		t.Helper()
		var got [][2][]byte
		if err := cbor.Unmarshal(leaf, &got); err != nil || !bytes.HasPrefix(leaf, []byte{0xd9, 0xd9, 0xf7}) || len(got) != 1 || !slices.EqualFunc(got[0][:], want[0][:], bytes.Equal) {
			t.Errorf("ranges = %x (%v), want %x", leaf, err, want)
		}
	}
	for _, v := range []string{"/api/v2", "/api/v3"} {
		ecid := n.EffectiveCanisterID()
		raw, _ := n.tryReadState(t, identity.Anonymous(), v+"/canister/"+ecid.String(), [][]byte{[]byte("subnet")}).fields(t)["certificate"].([]byte)
		leaf, _ := n.verify(t, raw, ecid).Lookup(cert.NewPath("subnet", string(sid), "canister_ranges"))
		check(leaf)
		a := n.tryReadState(t, identity.Anonymous(), v+"/subnet/"+n.SubnetID().String(), [][]byte{[]byte("canister_ranges"), sid})
		raw, _ = a.fields(t)["certificate"].([]byte)
		c, err := cert.Verify(raw, cert.Options{RootKey: n.RootKey(), Scope: cert.SubnetScope(n.SubnetID()), Now: n.clock.now()})
		if err != nil {
			t.Fatal(err)
		}
		leaf, _ = c.Lookup(cert.NewPath("canister_ranges", string(sid), string(ecid.Bytes())))
		check(leaf)
	}
	at := func(endpoint string) int {
		return n.tryReadState(t, identity.Anonymous(), endpoint, [][]byte{[]byte("canister_ranges"), sid}).status
	}
	if got := at("/api/v3/canister/" + n.EffectiveCanisterID().String()); got != 400 {
		t.Errorf("/canister_ranges at a canister's endpoint: HTTP %d, want 400", got)
	}
	if got := at("/api/v3/subnet/" + alice(t).Principal().String()); got != 400 {
		t.Errorf("ranges at another subnet's endpoint: HTTP %d, want 400", got)
	}
}

// Rows N05, N07: requests that are refused before they count.
func TestBadRequests(t *testing.T) {
	n := open(t)
	c, other := n.universal(t), n.create(t, alice(t))
	call := func(change func(content)) []byte {
		req := n.callContent(alice(t), c, "update", replyWith("x"))
		if change != nil {
			change(req)
		}
		return encodeCBOR(t, envelope(t, alice(t), req))
	}
	manage := func(method string, arg []byte) []byte {
		return encodeCBOR(t, envelope(t, alice(t), n.callContent(alice(t), principal.Management(), method, arg)))
	}
	at := "/api/v4/canister/" + c.String() + "/call"
	tests := []struct {
		name, path string
		body       []byte
		status     int
		says       string
	}{
		{"not CBOR", at, []byte("hello"), 400, "not valid CBOR"},
		{"too large", at, make([]byte, 5<<20), 413, "4194304"},
		{"query at the call endpoint", at, call(func(r content) { r["request_type"] = "query" }), 400, "endpoint"},
		{"expired", at, call(func(r content) { r["ingress_expiry"] = uint64(1) }), 400, "Invalid request expiry"},
		{"another canister", "/api/v4/canister/" + other.String() + "/call", call(nil), 400, "effective canister id is"},
		{"management id in the path", "/api/v4/canister/aaaaa-aa/call", call(nil), 400, "effective canister id"},
		{"not a principal", "/api/v4/canister/hello/call", call(nil), 400, "effective canister id"},
		{"upper case", "/api/v4/canister/" + strings.ToUpper(c.String()) + "/call", call(nil), 400, "canonical"},
		{"no id", "/api/v4/canister//call", call(nil), 400, "effective canister id"},
		{"creation far away", "/api/v4/canister/ryjl3-tyaaa-aaaaa-aaaba-cai/call", manage("provisional_create_canister_with_cycles", marshal(t, createArg{})), 400, "not in this network's range"},
		{"management call about another canister", at, manage("start_canister", marshal(t, idArg{other})), 400, "the request is about"},
		{"management call about nothing", at, manage("start_canister", nil), 400, "argument of start_canister"},
		{"version 5", "/api/v5/canister/" + c.String() + "/call", call(nil), 404, "nothing at"},
		{"query of version 4", "/api/v4/canister/" + c.String() + "/query", call(nil), 404, "nothing at"},
		{"elsewhere", "/index.html", nil, 404, "nothing at"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := n.post(t, tt.path, tt.body)
			if a.status != tt.status || !strings.Contains(string(a.body), tt.says) {
				t.Errorf("HTTP %d %q, want %d with %q", a.status, a.body, tt.status, tt.says)
			}
		})
	}
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+at, bytes.NewReader(call(nil)))
	r.Header.Set("Content-Type", "text/plain")
	if a := n.do(t, r); a.status != 400 || !strings.Contains(string(a.body), "text/plain") {
		t.Errorf("wrong content type: HTTP %d %q", a.status, a.body)
	}
	if a := n.do(t, httptest.NewRequest(http.MethodGet, "http://localhost"+at, nil)); a.status != 405 {
		t.Errorf("GET: HTTP %d", a.status)
	}
}

// Row N09: an envelope sent twice runs once.
func TestReplay(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	p := prog(nil).do(opGetGlobal).text("x").do(opConcat, opSetGlobal, opGetGlobal).reply()
	req := n.callContent(alice(t), c, "update", p)
	body := encodeCBOR(t, envelope(t, alice(t), req))
	for range 3 {
		a := n.post(t, "/api/v4/canister/"+c.String()+"/call", body)
		wantReply(t, n.callResult(t, c, requestID(t, req), a), []byte("x"))
	}
	// Long after it is answered it is forgotten, and has expired.
	n.clock.advance(time.Hour)
	if a := n.post(t, "/api/v4/canister/"+c.String()+"/call", body); a.status != 400 {
		t.Errorf("an hour later: HTTP %d", a.status)
	}
	id := requestID(t, req)
	st := n.readState(t, alice(t), c, [][]byte{[]byte("request_status"), id[:]})
	if _, status := st.Lookup(cert.NewPath("request_status", string(id[:]), "status")); status != cert.Absent {
		t.Errorf("an hour later the status is %v", status)
	}
}

// path makes a path of texts and blobs.
func path(labels ...any) [][]byte {
	var p [][]byte
	for _, l := range labels {
		switch l := l.(type) {
		case string:
			p = append(p, []byte(l))
		case []byte:
			p = append(p, l)
		}
	}
	return p
}

// readCase is a read_state request and its HTTP status.
type readCase struct {
	name   string
	id     identity.Identity
	other  bool // at the endpoint of the other canister
	paths  [][][]byte
	status int
}

// requestCases are about the call id that alice made.
func requestCases(t *testing.T, id []byte) []readCase {
	a, b := alice(t), bob(t)
	unknown := make([]byte, 32)
	return []readCase{
		{"own request", a, false, [][][]byte{path("request_status", id)}, 200},
		{"own request, one field", a, false, [][][]byte{path("request_status", id, "reply")}, 200},
		{"unknown request", b, false, [][][]byte{path("request_status", unknown)}, 200},
		{"someone else's request", b, false, [][][]byte{path("request_status", id)}, 403},
		{"own request at another canister", a, true, [][][]byte{path("request_status", id)}, 403},
		{"two requests", a, false, [][][]byte{path("request_status", id), path("request_status", unknown)}, 400},
		{"all requests", a, false, [][][]byte{path("request_status")}, 400},
		{"odd field", a, false, [][][]byte{path("request_status", id, "sender")}, 400},
		{"id of 31 bytes", a, false, [][][]byte{path("request_status", unknown[1:])}, 400},
	}
}

func canisterCases(t *testing.T, c, other, subnet principal.Principal) []readCase {
	a, b := alice(t), bob(t)
	in := func(labels ...any) [][][]byte {
		return [][][]byte{path(append([]any{"canister", c.Bytes()}, labels...)...)}
	}
	return []readCase{
		{"everything", a, false, [][][]byte{{}}, 400},
		{"no path", a, false, nil, 200},
		{"time", a, false, [][][]byte{path("time")}, 200},
		{"bogus path", a, false, [][][]byte{path("bogus")}, 400},
		{"subnet", identity.Anonymous(), false, [][][]byte{path("subnet")}, 200},
		{"metrics", identity.Anonymous(), false, [][][]byte{path("subnet", subnet.Bytes(), "metrics")}, 400},
		{"all canisters", a, false, [][][]byte{path("canister")}, 400},
		{"whole canister", a, false, in(), 400},
		{"certified data", a, false, in("certified_data"), 400},
		{"module hash", b, false, in("module_hash"), 200},
		{"controllers", b, false, in("controllers"), 200},
		{"another canister", a, false, [][][]byte{path("canister", other.Bytes(), "module_hash")}, 400},
		{"public metadata", b, false, in("metadata", "shown"), 200},
		{"private metadata", b, false, in("metadata", "secret"), 403},
		{"private metadata by a controller", a, false, in("metadata", "secret"), 200},
		{"absent metadata", b, false, in("metadata", "absent"), 200},
		{"all metadata", a, false, in("metadata"), 400},
	}
}

// Row N10: who may read what.
func TestReadStateAccess(t *testing.T) {
	n := open(t)
	wasm := append(bytes.Clone(universalWasm(t)), customSection("icp:private secret", "s")...)
	wasm = append(wasm, customSection("icp:public shown", "p")...)
	c, other := n.install(t, alice(t), wasm, nil), n.universal(t)
	req := n.callContent(alice(t), c, "update", replyWith("x"))
	id := requestID(t, req)
	n.post(t, "/api/v4/canister/"+c.String()+"/call", encodeCBOR(t, envelope(t, alice(t), req)))
	for _, tt := range append(requestCases(t, id[:]), canisterCases(t, c, other, n.SubnetID())...) {
		t.Run(tt.name, func(t *testing.T) {
			at := c
			if tt.other {
				at = other
			}
			a := n.tryReadState(t, tt.id, "/api/v3/canister/"+at.String(), tt.paths...)
			if a.status != tt.status {
				t.Fatalf("HTTP %d %q, want %d", a.status, a.body, tt.status)
			}
			if a.status == 200 {
				raw, _ := a.fields(t)["certificate"].([]byte)
				if _, status := n.verify(t, raw, c).Lookup(cert.NewPath("time")); status != cert.Found {
					t.Errorf("time is %v", status)
				}
			}
		})
	}
	unknown := make([]byte, 32)
	st := n.readState(t, bob(t), c, path("request_status", unknown), path("canister", c.Bytes(), "metadata", "shown"))
	if _, status := st.Lookup(cert.NewPath("request_status", string(unknown))); status != cert.Absent {
		t.Errorf("unknown request: %v, want a proof that it is absent", status)
	}
	if v, _ := st.Lookup(cert.NewPath("canister", string(c.Bytes()), "metadata", "shown")); string(v) != "p" {
		t.Errorf("metadata = %q", v)
	}
	if _, status := st.Lookup(cert.NewPath("request_status", string(id[:]), "reply")); status == cert.Found {
		t.Error("the certificate shows another request")
	}
}

// customSection encodes a custom section.
func customSection(name, payload string) []byte {
	body := append([]byte{byte(len(name))}, name...)
	body = append(body, payload...)
	return append([]byte{0, byte(len(body))}, body...)
}

// A call that takes long is answered 202, runs on, and can be polled.
func TestSlowCallIsAccepted(t *testing.T) {
	n := open(t, func(c *localnet.Config) { c.SyncWait = time.Nanosecond })
	id := alice(t)
	req := n.callContent(id, principal.Management(), "provisional_create_canister_with_cycles", marshal(t, createArg{}))
	a := n.post(t, "/api/v4/canister/"+n.EffectiveCanisterID().String()+"/call", encodeCBOR(t, envelope(t, id, req)))
	if a.status != http.StatusAccepted && a.status != http.StatusOK {
		t.Fatalf("HTTP %d %s", a.status, a.body)
	}
	if err := n.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	rid := requestID(t, req)
	raw, _ := n.tryReadState(t, id, "/api/v3/canister/"+n.EffectiveCanisterID().String(), [][]byte{[]byte("request_status"), rid[:]}).fields(t)["certificate"].([]byte)
	createdID(t, n.readResult(t, n.verify(t, raw, n.EffectiveCanisterID()), raw, rid))
}

// Row N12: what queries say is signed, rejects too (see verifyQuery).
func TestQueryRejects(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	wantReject(t, n.ask(t, c, prog(nil).text("no").do(opReject)), 4, "IC0406")
	wantReject(t, n.ask(t, c, prog(nil).text("no").do(opTrap)), 5, "IC0503")
	wantReject(t, n.query(t, alice(t), c, "missing", nil), 5, "IC0536")
	wantReject(t, n.query(t, alice(t), c, "update", nil), 5, "IC0536")
	missing := lastID(t)
	wantReject(t, n.query(t, alice(t), missing, "query", nil), 3, "IC0301")
	wantReject(t, n.queryAt(t, alice(t), c, principal.Management(), "install_code", marshal(t, idArg{c})), 4, "IC0407")
}

func lastID(t testing.TB) principal.Principal {
	t.Helper()
	p, err := principal.FromBytes([]byte{0x80, 0, 0, 0, 0, 0x1f, 0xff, 0xfe, 1, 1})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
