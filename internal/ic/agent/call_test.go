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
	"github.com/berth-cli/berth/internal/ic/cert"
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

func TestCallIsRejected(t *testing.T) {
	certified := leaves("rejected", "reject_code", "\x05", "reject_message", "trapped", "error_code", "IC0503")
	tests := []struct {
		name    string
		onCall  func(f *fakeNetwork) func(request) answer
		want    agent.RejectError
		polling map[string]certtest.Node
	}{
		{"by a certificate", func(f *fakeNetwork) func(request) answer {
			return func(r request) answer { return f.certified(f.status(r.id, certified)) }
		}, agent.RejectError{Code: agent.CanisterError, Message: "trapped", ErrorCode: "IC0503", Certified: true}, nil},
		{"by a certificate without error code, later", func(*fakeNetwork) func(request) answer { return accepted },
			agent.RejectError{Code: agent.DestinationInvalid, Message: "gone", Certified: true},
			leaves("rejected", "reject_code", "\x03", "reject_message", "gone")},
		{"before it was taken", func(*fakeNetwork) func(request) answer {
			return func(request) answer {
				return answer{status: 200, body: map[string]any{"status": "non_replicated_rejection",
					"reject_code": 4, "reject_message": "no", "error_code": "IC0406"}}
			}
		}, agent.RejectError{Code: agent.CanisterReject, Message: "no", ErrorCode: "IC0406"}, nil},
		{"by the oldest interface", func(*fakeNetwork) func(request) answer {
			return func(r request) answer {
				if r.level != "v2" {
					return answer{status: 404}
				}
				return answer{status: 200, body: map[string]any{"reject_code": 1, "reject_message": "no"}}
			}
		}, agent.RejectError{Code: agent.SysFatal, Message: "no"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t)
				f.onCall = tt.onCall(f)
				if tt.polling != nil {
					f.onReadState = f.statuses(tt.polling)
				}
				_, err := f.agent(agent.Config{}).Call(t.Context(), aCall())
				e, ok := errors.AsType[*agent.RejectError](err)
				if !ok {
					t.Fatalf("Call: %v, want a *RejectError", err)
				}
				tt.want.Canister, tt.want.Method, tt.want.RequestID = target(), "register", agent.RequestID(f.log()[0].id)
				if *e != tt.want {
					t.Errorf("Call: %+v, want %+v", *e, tt.want)
				}
				for _, fact := range []string{tt.want.Code.String(), tt.want.Message, tt.want.ErrorCode, "register", target().String()} {
					if !strings.Contains(err.Error(), fact) {
						t.Errorf("the error %q does not say %q", err, fact)
					}
				}
			})
		})
	}
}

func TestCallRefusesForgedCertificates(t *testing.T) {
	forger := certtest.NewSigner(66)
	tests := []struct {
		name string
		make func(f *fakeNetwork, r request) []byte
		want cert.Reason
	}{
		{"signed by another key", func(f *fakeNetwork, r request) []byte {
			g := newFake(f.t)
			g.root = forger
			return g.status(r.id, leaves("replied", "reply", "evil"))
		}, cert.ReasonSignature},
		{"10 minutes old", func(f *fakeNetwork, r request) []byte {
			g := newFake(f.t)
			g.now = func() time.Time { return time.Now().Add(-10 * time.Minute) }
			return g.status(r.id, leaves("replied", "reply", "evil"))
		}, cert.ReasonStale},
		{"no certificate", func(*fakeNetwork, request) []byte { return []byte("x") }, cert.ReasonMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			f.onCall = func(r request) answer { return f.certified(tt.make(f, r)) }
			reply, err := f.agent(agent.Config{}).Call(t.Context(), aCall())
			e, ok := errors.AsType[*cert.CertificateError](err)
			if !ok || e.Reason != tt.want || reply != nil {
				t.Errorf("Call = %q, %v; want it refused as %q", reply, err, tt.want)
			}
		})
	}
	t.Run("of another request", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(t)
			f.onCall = func(request) answer {
				return f.certified(f.status(make([]byte, 32), leaves("replied", "reply", "evil")))
			}
			f.onReadState = f.statuses(nil)
			_, err := f.agent(agent.Config{PollTimeout: time.Second}).Call(t.Context(), aCall())
			checkPending(t, err, agent.ErrStatusUnknown, f.log()[0].id)
		})
	})
	t.Run("with the status pruned", func(t *testing.T) {
		f := newFake(t)
		f.onCall = func(r request) answer {
			tree := certtest.Tree(map[string]certtest.Node{
				"time":           certtest.Time(f.now()),
				"request_status": map[string]certtest.Node{string(r.id): leaves("processing")},
			})
			return f.certified(f.root.Certificate(tree.Prune(cert.NewPath("time"))))
		}
		_, err := f.agent(agent.Config{}).Call(t.Context(), aCall())
		checkPending(t, err, agent.ErrProtocol, f.log()[0].id)
	})
}

func TestCallRefusesOtherAnswers(t *testing.T) {
	for name, body := range map[string]any{
		"no map": "x", "no status": map[string]any{}, "unheard-of status": map[string]any{"status": "maybe"},
		"rejection without code": map[string]any{"status": "non_replicated_rejection"},
	} {
		f := newFake(t)
		f.onCall = func(request) answer { return answer{status: 200, body: body} }
		_, err := f.agent(agent.Config{}).Call(t.Context(), aCall())
		if !errors.Is(err, agent.ErrProtocol) {
			t.Errorf("%s: Call: %v, want ErrProtocol", name, err)
		}
		checkPending(t, err, agent.ErrProtocol, f.log()[0].id)
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
