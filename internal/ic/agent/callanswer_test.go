package agent_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/cert/certtest"
)

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

// A message as large as an answer is kept, but not repeated in every error around it.
func TestRejectionTextIsBounded(t *testing.T) {
	long := strings.Repeat("ä", 1<<20)
	err := &agent.RejectError{Message: long, ErrorCode: long}
	if text := err.Error(); len(text) > 20<<10 || !utf8.ValidString(text) || !strings.Contains(text, "ä…") {
		t.Errorf("an error of %d bytes", len(text))
	}
	if short := (&agent.RejectError{Message: "it trapped"}).Error(); !strings.Contains(short, "it trapped") || strings.Contains(short, "…") {
		t.Errorf("a short message becomes %q", short)
	}
}
