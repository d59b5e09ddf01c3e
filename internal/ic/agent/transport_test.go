package agent_test

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/identity"
)

// only answers requests to other versions than these with 404.
func (f *fakeNetwork) only(levels ...string) {
	f.onAny = func(h http.ResponseWriter, path string) bool {
		if slices.Contains(levels, strings.Split(path, "/")[2]) {
			return false
		}
		f.mu.Lock()
		f.requests = append(f.requests, request{path: path})
		f.mu.Unlock()
		http.NotFound(h, nil)
		return true
	}
}

func TestFallbackIsRemembered(t *testing.T) {
	f := newFake(t)
	f.only("v2")
	f.onCall = func(r request) answer {
		return answer{status: 200, body: map[string]any{"reject_code": 4, "reject_message": "no"}}
	}
	a := f.agent(agent.Config{})
	for range 2 {
		if _, err := a.WithIdentity(nil).Call(t.Context(), aCall()); err == nil {
			t.Fatal("Call succeeds")
		}
		if _, err := a.Query(t.Context(), aQuery()); err != nil {
			t.Fatalf("Query: %v", err)
		}
	}
	p := canisterPath
	want := []string{
		"/api/v4" + p + "call", "/api/v3" + p + "call", "/api/v2" + p + "call",
		"/api/v3" + p + "query", "/api/v2" + p + "query", "/api/v3" + p + "read_state", "/api/v2" + p + "read_state",
		"/api/v2" + p + "call", "/api/v2" + p + "query",
	}
	if got := f.paths(); !slices.Equal(got, want) {
		t.Errorf("asked\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// All versions get the very same bytes: a call that did arrive runs once.
func TestFallbackResendsTheSameEnvelope(t *testing.T) {
	f := newFake(t)
	f.onCall = func(r request) answer {
		if r.level == "v4" {
			return answer{status: 404}
		}
		return f.replied(r, "old")
	}
	if reply, err := f.agent(agent.Config{}).Call(t.Context(), aCall()); err != nil || string(reply) != "old" {
		t.Fatalf("Call = %q, %v", reply, err)
	}
	if log := f.log(); len(log) != 2 || !bytes.Equal(log[0].raw, log[1].raw) {
		t.Errorf("%d envelopes, or they differ", len(log))
	}
}

func TestNoFallbackOnOtherErrors(t *testing.T) {
	for _, status := range []int{302, 400, 401, 403, 500, 502} {
		f := newFake(t)
		f.onCall = func(request) answer { return answer{status: status, text: "because"} }
		_, err := f.agent(agent.Config{}).Call(t.Context(), aCall())
		e, ok := errors.AsType[*agent.HTTPError](err)
		if !ok || e.Status != status || e.Body != "because" || len(f.log()) != 1 {
			t.Errorf("status %d: Call: %v after %d requests, want an *HTTPError after one", status, err, len(f.log()))
		}
		// A refusal is final; after a failure inside the network nobody knows.
		if _, pending := errors.AsType[*agent.PendingError](err); pending != (status >= 500) {
			t.Errorf("status %d: pending %t: %v", status, pending, err)
		}
	}
}

func TestNotFoundOnEveryLevel(t *testing.T) {
	f := newFake(t)
	f.only()
	_, err := f.agent(agent.Config{}).Call(t.Context(), aCall())
	if e, ok := errors.AsType[*agent.HTTPError](err); !ok || e.Status != 404 || !strings.Contains(e.URL, "/api/v2/") {
		t.Errorf("Call: %v, want the *HTTPError of the last try", err)
	}
}

func TestBusyNetworkIsAskedAgain(t *testing.T) {
	tests := []struct {
		name       string
		status     int
		failures   int
		retryAfter string
		wantErr    bool
		wait       time.Duration
	}{
		{"503 once", 503, 1, "", false, 250 * time.Millisecond},
		{"429 six times", 429, 6, "", false, 1500 * time.Millisecond},
		{"429 seven times", 429, 7, "", true, 1500 * time.Millisecond},
		{"Retry-After", 429, 1, "3", false, 3 * time.Second},
		{"absurd Retry-After", 503, 1, "86400", false, 10 * time.Second},
		{"broken Retry-After", 503, 1, "soon", false, 250 * time.Millisecond},
		{"502", 502, 1, "", true, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t)
				left := tt.failures
				f.onAny = func(h http.ResponseWriter, _ string) bool {
					if left--; left < 0 {
						return false
					}
					h.Header().Set("Retry-After", tt.retryAfter)
					http.Error(h, "busy", tt.status)
					return true
				}
				started := time.Now()
				_, err := f.agent(agent.Config{}).Call(t.Context(), aCall())
				if (err != nil) != tt.wantErr {
					t.Errorf("Call: %v, want an error: %t", err, tt.wantErr)
				}
				if took := time.Since(started); took != tt.wait {
					t.Errorf("waited %v, want %v", took, tt.wait)
				}
			})
		})
	}
}

func TestBodyIsBounded(t *testing.T) {
	f := newFake(t)
	f.onCall = func(request) answer { return answer{status: 200, text: strings.Repeat("x", 1001)} }
	_, err := f.agent(agent.Config{MaxBodyBytes: 1000}).Call(t.Context(), aCall())
	if !errors.Is(err, agent.ErrBodyTooLarge) {
		t.Errorf("Call: %v, want ErrBodyTooLarge", err)
	}
}

// A real server, since it is net/http that expands compressed answers.
func TestCompressedBodyIsBoundedExpanded(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	if _, err := z.Write(make([]byte, 10<<20)); err != nil {
		t.Fatal(err)
	}
	z.Close()
	s := httptest.NewServer(http.HandlerFunc(func(h http.ResponseWriter, r *http.Request) {
		h.Header().Set("Content-Encoding", "gzip")
		h.Write(bomb.Bytes())
	}))
	defer s.Close()
	a, err := agent.New(agent.Config{URL: s.URL, RootKey: agent.MainnetRootKey(), MaxBodyBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Status(t.Context()); !errors.Is(err, agent.ErrBodyTooLarge) {
		t.Errorf("Status of %d compressed bytes: %v, want ErrBodyTooLarge", bomb.Len(), err)
	}
}

func TestClockError(t *testing.T) {
	now := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	tests := []struct {
		name, text, network string
		clock               bool
	}{
		{"not a refusal", "500 Invalid request expiry", "", false},
		{"older wording", "Specified ingress_expiry not within expected range: Minimum allowed expiry: 2026-05-06 08:00:00 UTC, Maximum allowed expiry: 2026-05-06 08:05:30 UTC, Provided expiry: 2026-05-06 07:12:00 UTC, Local replica time: 2026-05-06 08:00:00.123456789 UTC", "2026-05-06 08:00:00.123456789 UTC", true},
		{"newer wording", "Invalid request expiry: Specified ingress_expiry not within expected range:\nLocal replica time: 2026-05-06T08:00:00Z\n", "2026-05-06T08:00:00Z", true},
		{"without a time", "Invalid request expiry: no", "unknown", true},
		{"something else", "Invalid signature", "", false},
	}
	for _, tt := range tests {
		f := newFake(t)
		status := 400
		if strings.HasPrefix(tt.text, "500 ") {
			status = 500
		}
		refuse := func(request) answer { return answer{status: status, text: tt.text} }
		f.onCall, f.onQuery, f.onReadState = refuse, refuse, refuse
		a := f.agent(agent.Config{Now: func() time.Time { return now }})
		_, callErr := a.Call(t.Context(), aCall())
		_, queryErr := a.Query(t.Context(), aQuery())
		_, readErr := a.ReadState(t.Context(), target())
		for _, err := range []error{callErr, queryErr, readErr} {
			e, ok := errors.AsType[*agent.ClockError](err)
			if ok != tt.clock {
				t.Errorf("%s: %v, want a *ClockError: %t", tt.name, err, tt.clock)
			}
			if !ok {
				continue
			}
			for _, fact := range []string{"check this computer's clock", "2026-05-06T07:08:09Z", tt.network} {
				if !strings.Contains(e.Error(), fact) {
					t.Errorf("%s: %q does not say %q", tt.name, e, fact)
				}
			}
			if he, ok := errors.AsType[*agent.HTTPError](err); !ok || he.Status != 400 {
				t.Errorf("%s: the cause is lost: %v", tt.name, err)
			}
		}
	}
}

func TestErrorBodies(t *testing.T) {
	tests := []struct {
		name string
		a    answer
		want string
	}{
		{"long", answer{status: 400, text: strings.Repeat("x", 5000)}, strings.Repeat("x", 2048)},
		{"not UTF-8", answer{status: 400, text: "a\xffb"}, "a\ufffdb"},
		{"CBOR", answer{status: 400, body: map[string]any{"a": 1}}, ""},
	}
	for _, tt := range tests {
		f := newFake(t)
		f.onCall = func(request) answer { return tt.a }
		_, err := f.agent(agent.Config{}).Call(t.Context(), aCall())
		if e, ok := errors.AsType[*agent.HTTPError](err); !ok || e.Body != tt.want {
			t.Errorf("%s: Call: %v", tt.name, err)
		}
	}
}

// The log says what happened, and nothing of what was sent or received.
func TestLogHasNoPayload(t *testing.T) {
	f := newFake(t)
	var log bytes.Buffer
	id := key(t, identity.Ed25519)
	a := f.agent(agent.Config{Identity: id, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	r := aCall()
	r.Arg = []byte("my secret argument")
	if _, err := a.Call(t.Context(), r); err != nil {
		t.Fatalf("Call: %v", err)
	}
	if !strings.Contains(log.String(), canisterPath+"call") {
		t.Errorf("the log does not show the call: %s", &log)
	}
	sig := f.log()[0].envelope["sender_sig"].([]byte)
	for _, s := range []string{"secret", "reply", hex.EncodeToString(sig), string(sig), hex.EncodeToString(r.Arg)} {
		if strings.Contains(log.String(), s) {
			t.Errorf("the log shows %q: %s", s, &log)
		}
	}
}

func TestAddresses(t *testing.T) {
	tests := []struct{ in, want string }{
		{"https://icp-api.io", "https://icp-api.io"},
		{"https://ryjl3-tyaaa-aaaaa-aaaba-cai.icp0.io", "https://icp0.io"},
		{"https://x.raw.IC0.app/", "https://ic0.app/"},
		{"http://bkyz2-fmaaa-aaaaa-qaaaq-cai.localhost:4943", "http://localhost:4943"},
		{"http://[::1]:4943", "http://[::1]:4943"}, {"http://[FE80::1]", "http://[FE80::1]"},
		{"http://user:secret@127.0.0.1:8000/base?x=y", "http://127.0.0.1:8000/base"},
		{"ftp://x", ""}, {"localhost:4943", ""}, {"", ""}, {"http://", ""}, {"http://[", ""},
	}
	for _, tt := range tests {
		a, err := agent.New(agent.Config{URL: tt.in, RootKey: agent.MainnetRootKey()})
		switch {
		case tt.want == "" && err == nil:
			t.Errorf("New(%q) succeeds", tt.in)
		case tt.want != "" && (err != nil || a.URL() != tt.want):
			t.Errorf("New(%q) = %v, %v; want %q", tt.in, a, err, tt.want)
		}
	}
	for _, text := range []string{"http://user:secret@[", "ftp://user:secret@x", "user:secret@x", "http://user:secret@", "http://user:secret%zz@x"} {
		_, err := agent.New(agent.Config{URL: text, RootKey: agent.MainnetRootKey()})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("New(%q): %v, want an error without the password", text, err)
		}
	}
	if _, err := agent.New(agent.Config{URL: "http://x"}); err == nil {
		t.Errorf("New without a root key succeeds")
	}
}

func TestErrorsOfZeroValues(t *testing.T) {
	for _, err := range []error{
		&agent.RejectError{}, &agent.PendingError{}, &agent.HTTPError{}, &agent.ClockError{}, &agent.SignatureError{},
		&agent.UntrustedNetworkError{}, &agent.MainnetKeyError{},
	} {
		if err.Error() == "" {
			t.Errorf("zero %T has no text", err)
		}
		if errors.Unwrap(err) != nil {
			t.Errorf("zero %T has a cause", err)
		}
	}
	for code := range agent.RejectCode(8) {
		if code.String() == "" {
			t.Errorf("reject code %d has no name", uint64(code))
		}
	}
	_ = fmt.Sprint(agent.RootKey{}, agent.Provenance(0))
}
