package agent_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/cert/certtest"
)

func dialError(cause error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: cause} }

// unreachable fails the first requests with an error.
type unreachable struct {
	net   http.RoundTripper
	err   error
	left  int
	tries int
}

func (u *unreachable) RoundTrip(r *http.Request) (*http.Response, error) {
	if u.tries++; u.tries <= u.left {
		return nil, u.err
	}
	return u.net.RoundTrip(r)
}

// Without a connection nothing was sent. What changes nothing is tried again if that can help, a call only if the other
// side refused the connection.
func TestNoConnectionIsTriedAgain(t *testing.T) {
	refused := dialError(os.NewSyscallError("connect", syscall.ECONNREFUSED))
	tests := []struct {
		name         string
		err          error
		left         int
		calls, reads int // requests made by a call, by a read
	}{
		{"refused once", refused, 1, 2, 2},
		{"refused six times", refused, 6, 7, 7},
		{"refused for ever", refused, 99, 7, 7},
		{"refused on Windows", dialError(os.NewSyscallError("connectex", syscall.Errno(10061))), 1, 2, 2},
		{"no route", dialError(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), 1, 1, 2},
		{"name server fails", dialError(&net.DNSError{Err: "server misbehaving", Name: "x", IsTemporary: true}), 1, 1, 2},
		{"no such name", dialError(&net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}), 1, 1, 1},
		{"no answer", dialError(os.ErrDeadlineExceeded), 1, 1, 1},
		{"broken off", &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, 1, 1, 1},
	}
	for _, tt := range tests {
		for _, isCall := range []bool{true, false} {
			t.Run(tt.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					u := &unreachable{net: newFake(t), err: tt.err, left: tt.left}
					a := u.agent(t)
					do, want := func() error { _, err := a.ReadState(t.Context(), target()); return err }, tt.reads
					if isCall {
						do, want = func() error { _, err := a.Call(t.Context(), aCall()); return err }, tt.calls
					}
					started := time.Now()
					err := do()
					if u.tries != want || (err == nil) != (want > tt.left) {
						t.Errorf("call %t: %d requests, %v; want %d", isCall, u.tries, err, want)
					}
					if err != nil && !errors.Is(err, tt.err) {
						t.Errorf("call %t: %v, want the cause %v", isCall, err, tt.err)
					}
					if took, pauses := time.Since(started), time.Duration(want-1)*250*time.Millisecond; took != pauses {
						t.Errorf("call %t: waited %v, want %v", isCall, took, pauses)
					}
				})
			})
		}
	}
}

func (u *unreachable) agent(t *testing.T) *agent.Agent {
	t.Helper()
	f := u.net.(*fakeNetwork)
	a, err := agent.New(agent.Config{URL: "http://fake.invalid", RootKey: f.rootKey(), Client: &http.Client{Transport: u}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// All tries of a call are the same bytes, so that it runs once whichever arrive.
func TestTriesAreTheSameEnvelope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.onCall = func(r request) answer {
			if len(f.log()) < 3 {
				return answer{status: 503}
			}
			return f.replied(r, "reply")
		}
		if _, err := f.agent(agent.Config{}).Call(t.Context(), aCall()); err != nil {
			t.Fatalf("Call: %v", err)
		}
		for i, r := range f.log() {
			if string(r.raw) != string(f.log()[0].raw) {
				t.Errorf("try %d has other bytes", i)
			}
		}
	})
}

// A network that was busy with the call may have taken it all the same: that it is gone now proves nothing.
func TestBusyThenGoneIsPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.onCall = func(request) answer { return answer{status: 503} }
		gone := dialError(syscall.ECONNREFUSED)
		a, err := agent.New(agent.Config{URL: "http://fake.invalid", RootKey: f.rootKey(), Client: &http.Client{
			Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				if len(f.log()) > 0 {
					return nil, gone
				}
				return f.RoundTrip(r)
			})}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.Call(t.Context(), aCall())
		checkPending(t, err, gone, f.log()[0].id)
	})
}

// A server whose certificate is not trusted gets no request, so that none is pending. This needs the real client, which
// reports how far it came.
func TestUntrustedServerGetsNothing(t *testing.T) {
	var requests atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	s.Config.ErrorLog = nil
	s.StartTLS()
	defer s.Close()
	a, err := agent.New(agent.Config{URL: s.URL, RootKey: newFake(t).rootKey()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Call(t.Context(), aCall())
	if _, pending := errors.AsType[*agent.PendingError](err); err == nil || pending || requests.Load() != 0 {
		t.Errorf("Call: %v after %d requests, want an error that is not pending", err, requests.Load())
	}
}

// A call that still waits for its turn was not sent.
func TestCancelBeforeSendingIsNotPending(t *testing.T) {
	f := newFake(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	f.onAny = func(http.ResponseWriter, string) bool { close(arrived); <-release; return false }
	a := f.agent(agent.Config{MaxConcurrent: 1})
	first := make(chan error)
	go func() { _, err := a.Call(t.Context(), aCall()); first <- err }()
	<-arrived
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := a.Call(ctx, aCall())
	if _, pending := errors.AsType[*agent.PendingError](err); pending || !errors.Is(err, context.Canceled) {
		t.Errorf("Call: %v, want it cancelled and not pending", err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Errorf("the call before it: %v", err)
	}
}

// A redirect would hand a signed request to another host, whoever made the client.
func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 307, 308} {
		var hosts []string
		client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			hosts = append(hosts, r.URL.Host)
			h := httptest.NewRecorder()
			h.Header().Set("Location", "http://elsewhere.invalid/")
			h.WriteHeader(status)
			return h.Result(), nil
		})}
		a, err := agent.New(agent.Config{URL: "http://fake.invalid", RootKey: newFake(t).rootKey(), Client: client})
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.Call(t.Context(), aCall())
		if e, ok := errors.AsType[*agent.HTTPError](err); !ok || e.Status != status || len(hosts) != 1 {
			t.Errorf("status %d: Call: %v, asked %q", status, err, hosts)
		}
	}
}

// A network that takes its time for every answer does not keep a call for ever: slow answers count.
func TestSlowAnswersUseUpPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.onCall = accepted
		f.onReadState = func(r request) answer {
			time.Sleep(100 * time.Second)
			return f.statuses(leaves("processing"))(r)
		}
		started := time.Now()
		_, err := f.agent(agent.Config{}).Call(t.Context(), aCall())
		checkPending(t, err, agent.ErrTimeout, f.log()[0].id)
		if took := time.Since(started); took > 9*time.Minute {
			t.Errorf("gave up after %v, want 5 minutes after the first answer and that of the last", took)
		}
	})
}

// What comes with a failure is read as far as it is shown: its size decides nothing.
func TestFailuresWithLargeBodies(t *testing.T) {
	f := newFake(t)
	f.onAny = func(h http.ResponseWriter, path string) bool {
		if path[:len("/api/v4")] != "/api/v4" {
			return false
		}
		h.WriteHeader(http.StatusNotFound)
		_, _ = h.Write(make([]byte, 1<<20))
		return true
	}
	f.onCall = func(r request) answer {
		return f.certified(f.status(r.id, map[string]certtest.Node{"status": "replied", "reply": "old"}))
	}
	reply, err := f.agent(agent.Config{MaxBodyBytes: 64 << 10}).Call(t.Context(), aCall())
	if err != nil || string(reply) != "old" {
		t.Errorf("Call = %q, %v; want the older version asked", reply, err)
	}
	f.onReadState = func(request) answer { return answer{status: 400, text: strings.Repeat("x", 1<<20)} }
	_, err = f.agent(agent.Config{MaxBodyBytes: 64 << 10}).ReadState(t.Context(), target(), cert.NewPath("time"))
	if e, ok := errors.AsType[*agent.HTTPError](err); !ok || e.Status != 400 || e.Body != strings.Repeat("x", 2<<10) {
		t.Errorf("ReadState: %.100v, want an *HTTPError with the beginning of the body", err)
	}
}
