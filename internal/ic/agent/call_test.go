package agent_test

import (
	"context"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/cert/certtest"
	"github.com/berth-cli/berth/internal/ic/principal"
)

const canisterPath = "/canister/bnz7o-iuaaa-aaaaa-qaaaa-cai/"

func TestCallIsAnsweredAtOnce(t *testing.T) {
	f := newFake(t)
	reply, err := f.agent(agent.Config{}).Call(t.Context(), aCall())
	if err != nil || string(reply) != "reply" {
		t.Fatalf("Call = %q, %v", reply, err)
	}
	if got, want := f.paths(), []string{"/api/v4" + canisterPath + "call"}; !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
	r := f.log()[0]
	if r.content["method_name"] != "register" || string(r.content["arg"].([]byte)) != "DIDL\x00\x00" {
		t.Errorf("sent %v", r.content)
	}
}

func TestCallOfManagementNeedsEffectiveCanister(t *testing.T) {
	f := newFake(t)
	a := f.agent(agent.Config{})
	r := agent.CallRequest{Canister: principal.Management(), Method: "start_canister"}
	if _, err := a.Call(t.Context(), r); !errors.Is(err, agent.ErrEffectiveCanister) {
		t.Errorf("Call: %v, want ErrEffectiveCanister", err)
	}
	if len(f.log()) != 0 {
		t.Errorf("a request was sent")
	}
	r.EffectiveCanister = target()
	if _, err := a.Call(t.Context(), r); err != nil {
		t.Errorf("Call: %v", err)
	}
	if got := f.paths(); !slices.Equal(got, []string{"/api/v4" + canisterPath + "call"}) {
		t.Errorf("asked %q", got)
	}
}

// statuses answers the reads of a call's status one after the other, the last again and again.
func (f *fakeNetwork) statuses(list ...map[string]certtest.Node) func(request) answer {
	return func(r request) answer {
		id := r.content["paths"].([]any)[0].([]any)[1].([]byte)
		leaves := list[0]
		if len(list) > 1 {
			list = list[1:]
		}
		if leaves == nil {
			return stateOf(f.certificate(nil))
		}
		return stateOf(f.status(id, leaves))
	}
}

func leaves(status string, more ...string) map[string]certtest.Node {
	m := map[string]certtest.Node{"status": status}
	for i := 0; i < len(more); i += 2 {
		m[more[i]] = more[i+1]
	}
	return m
}

func accepted(request) answer { return answer{status: http.StatusAccepted} }

func TestCallPolls(t *testing.T) {
	tests := []struct {
		name   string
		onCall func(f *fakeNetwork) func(request) answer
		states []map[string]certtest.Node
		reads  int
	}{
		{"after 202", func(*fakeNetwork) func(request) answer { return accepted },
			[]map[string]certtest.Node{nil, leaves("received"), leaves("processing"), leaves("replied", "reply", "late")}, 4},
		{"after a certificate that says processing", func(f *fakeNetwork) func(request) answer {
			return func(r request) answer { return f.certified(f.status(r.id, leaves("processing"))) }
		}, []map[string]certtest.Node{leaves("replied", "reply", "late")}, 1},
		{"after a certificate that does not know the request", func(f *fakeNetwork) func(request) answer {
			return func(request) answer { return f.certified(f.certificate(nil)) }
		}, []map[string]certtest.Node{leaves("replied", "reply", "late")}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t)
				f.onCall = tt.onCall(f)
				f.onReadState = f.statuses(tt.states...)
				reply, err := f.agent(agent.Config{}).Call(t.Context(), aCall())
				if err != nil || string(reply) != "late" {
					t.Fatalf("Call = %q, %v", reply, err)
				}
				if got := len(f.log()) - 1; got != tt.reads {
					t.Errorf("asked %d times for the status, want %d", got, tt.reads)
				}
			})
		})
	}
}

func TestPollingSlowsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		var at []time.Time
		f.onCall = accepted
		f.onReadState = func(r request) answer {
			at = append(at, time.Now())
			if len(at) == 6 {
				return f.statuses(leaves("replied", "reply", ""))(r)
			}
			return f.statuses(leaves("processing"))(r)
		}
		started := time.Now()
		if _, err := f.agent(agent.Config{}).Call(t.Context(), aCall()); err != nil {
			t.Fatalf("Call: %v", err)
		}
		for i, want := range []float64{500, 700, 980, 1000, 1000, 1000} {
			before := started
			if i > 0 {
				before = at[i-1]
			}
			if got := float64(at[i].Sub(before).Milliseconds()); got < 0.79*want || got > 1.21*want {
				t.Errorf("pause %d is %v ms, want %v ± 20 %%", i, got, want)
			}
		}
		for i, r := range f.log() {
			if want := agent.Expiry(at[max(0, i-1)], 4*time.Minute); i > 0 && r.content["ingress_expiry"] != want {
				t.Errorf("read %d does not have a fresh expiry", i)
			}
		}
	})
}

func TestCallGivesUp(t *testing.T) {
	tests := []struct {
		name   string
		states []map[string]certtest.Node
		want   error
		min    time.Duration
		max    time.Duration
	}{
		{"never known", []map[string]certtest.Node{nil}, agent.ErrStatusUnknown, 5 * time.Minute, 5*time.Minute + 2*time.Second},
		{"running for ever", []map[string]certtest.Node{leaves("processing")}, agent.ErrTimeout, 5 * time.Minute, 5*time.Minute + 4*time.Second},
		{"done without reply", []map[string]certtest.Node{leaves("received"), leaves("done")}, agent.ErrReplyGone, 0, 3 * time.Second},
		{"unheard-of status", []map[string]certtest.Node{leaves("resting")}, agent.ErrProtocol, 0, time.Second},
		{"replied without reply", []map[string]certtest.Node{leaves("replied")}, agent.ErrProtocol, 0, time.Second},
		{"rejected without code", []map[string]certtest.Node{leaves("rejected", "reject_message", "m")}, agent.ErrProtocol, 0, time.Second},
		{"rejected with a broken code", []map[string]certtest.Node{leaves("rejected", "reject_message", "m", "reject_code", "\x80")}, agent.ErrProtocol, 0, time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t)
				f.onCall = accepted
				f.onReadState = f.statuses(tt.states...)
				started := time.Now()
				_, err := f.agent(agent.Config{}).Call(t.Context(), aCall())
				checkPending(t, err, tt.want, f.log()[0].id)
				if took := time.Since(started); took < tt.min || took > tt.max {
					t.Errorf("gave up after %v, want between %v and %v", took, tt.min, tt.max)
				}
			})
		})
	}
}

// The patience begins anew once the network is seen to have the call, and only once.
func TestPatienceIsRestartedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.onCall = accepted
		started := time.Now()
		f.onReadState = func(r request) answer {
			switch since := time.Since(started); {
			case since < 4*time.Minute:
				return f.statuses(nil)(r)
			case since < 8*time.Minute:
				return f.statuses(leaves("received"))(r)
			}
			return f.statuses(leaves("processing"))(r)
		}
		_, err := f.agent(agent.Config{}).Call(t.Context(), aCall())
		checkPending(t, err, agent.ErrTimeout, f.log()[0].id)
		if took := time.Since(started); took < 9*time.Minute || took > 9*time.Minute+4*time.Second {
			t.Errorf("gave up after %v, want 4+5 minutes", took)
		}
	})
}

func checkPending(t *testing.T, err, want error, id []byte) {
	t.Helper()
	e, ok := errors.AsType[*agent.PendingError](err)
	if !ok || !errors.Is(err, want) {
		t.Fatalf("Call: %v, want a *PendingError with %v", err, want)
	}
	if hex.EncodeToString(id) != e.RequestID.String() || !strings.Contains(err.Error(), e.RequestID.String()) {
		t.Errorf("the error %q does not name the request %x", err, id)
	}
	if e.Method != "register" || e.Canister != target() {
		t.Errorf("the error does not know the call: %+v", e)
	}
}

func TestCancelWhilePolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.onCall = accepted
		f.onReadState = f.statuses(leaves("processing"))
		ctx, cancel := context.WithTimeout(t.Context(), 1234*time.Millisecond)
		defer cancel()
		started := time.Now()
		_, err := f.agent(agent.Config{}).Call(ctx, aCall())
		checkPending(t, err, context.DeadlineExceeded, f.log()[0].id)
		if took := time.Since(started); took != 1234*time.Millisecond {
			t.Errorf("returned after %v, want at once", took)
		}
	})
}

func TestCancelKeepsItsCause(t *testing.T) {
	f := newFake(t)
	why := errors.New("interrupted by the user")
	ctx, cancel := context.WithCancelCause(t.Context())
	f.onCall = func(request) answer { cancel(why); return answer{status: http.StatusAccepted} }
	_, err := f.agent(agent.Config{}).Call(ctx, aCall())
	checkPending(t, err, why, f.log()[0].id)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Call: %v, want context.Canceled in it", err)
	}
}

// Only what surely never left may be reported without saying that it may run.
func TestCallErrorsBeforeAndAfterSending(t *testing.T) {
	tests := []struct {
		name    string
		err     error
		pending bool
	}{
		{"connection refused", &net.OpError{Op: "dial", Err: errors.New("connection refused")}, false},
		{"connection reset", &net.OpError{Op: "read", Err: errors.New("connection reset")}, true},
	}
	for _, tt := range tests {
		a, err := agent.New(agent.Config{URL: "http://x.invalid", RootKey: agent.MainnetRootKey(), Client: &http.Client{Transport: failing{tt.err}}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.Call(t.Context(), aCall())
		if _, pending := errors.AsType[*agent.PendingError](err); pending != tt.pending || !errors.Is(err, tt.err) {
			t.Errorf("%s: Call: %v, want pending %t", tt.name, err, tt.pending)
		}
	}
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func TestParallelCallsKeepTheLimit(t *testing.T) {
	f := newFake(t)
	var mu sync.Mutex
	var now, most int
	f.onAny = func(http.ResponseWriter, string) bool {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		time.Sleep(time.Millisecond)
		mu.Lock()
		now--
		mu.Unlock()
		return false
	}
	a := f.agent(agent.Config{MaxConcurrent: 8})
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			var err error
			if i%2 == 0 {
				_, err = a.Call(t.Context(), aCall())
			} else {
				_, err = a.Query(t.Context(), aQuery())
			}
			if err != nil {
				t.Errorf("call %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if most > 8 {
		t.Errorf("%d requests were under way at once, want at most 8", most)
	}
}
