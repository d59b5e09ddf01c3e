package agent

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/principal"
)

const (
	firstPollDelay = 500 * time.Millisecond
	lastPollDelay  = time.Second
	pollGrowth     = 1.4
)

// CallRequest is an update call.
type CallRequest struct {
	Canister principal.Principal
	// EffectiveCanister is the canister whose subnet runs the call. The zero value means Canister; calls to the
	// management canister need it.
	EffectiveCanister principal.Principal
	Method            string
	Arg               []byte // Candid; nil is sent as no bytes at all
}

// effective returns the canister whose subnet is asked.
func effective(canister, given principal.Principal) (principal.Principal, error) {
	if given == (principal.Principal{}) {
		given = canister
	}
	if given.IsManagement() {
		return given, ErrEffectiveCanister
	}
	return given, nil
}

// Call sends an update call and follows it to its end. The reply is proved by a certificate.
//
// Errors: *[RejectError] if it was rejected; *[PendingError] if it was sent and its end is not known, also when ctx
// ends; *[ClockError] and *[HTTPError] if the network refused it; others if it never left.
func (a *Agent) Call(ctx context.Context, r CallRequest) ([]byte, error) {
	ecid, err := effective(r.Canister, r.EffectiveCanister)
	if err != nil {
		return nil, err
	}
	req, err := a.signedCall(r)
	if err != nil {
		return nil, err
	}
	c := call{agent: a, request: r, ecid: ecid, signed: req}
	ans, err := a.postVersioned(ctx, endpointCall, "canister/"+ecid.String(), req.body)
	if err != nil {
		return nil, c.notAccepted(err)
	}
	out, err := c.accept(ans)
	if err == nil && !out.final {
		out, err = c.poll(ctx, out.seen)
	}
	if err != nil {
		return nil, c.pending(err)
	}
	return out.result(c)
}

// call is one update call under way.
type call struct {
	agent   *Agent
	request CallRequest
	ecid    principal.Principal
	signed  signedRequest
}

// notAccepted sorts the errors of sending: refused or never sent is final, anything else may have arrived.
func (c call) notAccepted(err error) error {
	if e, ok := errors.AsType[*HTTPError](err); ok && e.Status < 500 {
		return c.agent.clockError(err)
	}
	if neverSent(err) {
		return err
	}
	return c.pending(err)
}

// pending says that the call was sent, unless err is the call's own end.
func (c call) pending(err error) error {
	if _, ok := errors.AsType[*RejectError](err); ok {
		return err
	}
	return &PendingError{RequestID: c.signed.id, Canister: c.request.Canister, Method: c.request.Method, Err: err}
}

// outcome is what a certificate proves about a call.
type outcome struct {
	final    bool
	seen     bool // the network has the call
	reply    []byte
	rejected *RejectError // without the call's own facts
}

// result turns a final outcome into what the caller gets.
func (o outcome) result(c call) ([]byte, error) {
	if o.rejected == nil {
		return o.reply, nil
	}
	return nil, c.reject(*o.rejected)
}

// reject adds what the call knows to a rejection.
func (c call) reject(e RejectError) error {
	e.RequestID, e.Canister, e.Method = c.signed.id, c.request.Canister, c.request.Method
	return &e
}

// accept reads the answer to the call itself: 202 means running; a body holds a certificate or a rejection that
// happened before the call was taken, which no certificate proves.
func (c call) accept(ans answer) (outcome, error) {
	if ans.status == 202 || len(ans.body) == 0 {
		return outcome{}, nil
	}
	var u unverifiedCall
	if err := decode(ans.body, &u); err != nil {
		return outcome{}, err
	}
	switch {
	case u.Status == "replied":
		return c.verify(u.Certificate)
	case u.RejectCode != nil && (u.Status == "non_replicated_rejection" || u.Status == ""):
		return outcome{}, c.reject(RejectError{
			Code: RejectCode(*u.RejectCode), Message: u.RejectMessage, ErrorCode: deref(u.ErrorCode),
		})
	}
	return outcome{}, fmt.Errorf("%w: answer to call with status %q", ErrProtocol, u.Status)
}

// verify checks a certificate and reads the call's status in it.
func (c call) verify(raw []byte) (outcome, error) {
	crt, err := c.agent.verify(raw, cert.CanisterScope(c.ecid))
	if err != nil {
		return outcome{}, err
	}
	return readStatus(crt, c.signed.id)
}

// poll asks for the status until the call has ended or the agent's patience is over. The time, which counts slow answers
// as well as pauses, starts anew once the network is seen to have the call.
func (c call) poll(ctx context.Context, seen bool) (outcome, error) {
	path := cert.NewPath("request_status", string(c.signed.id[:]))
	started, delay := time.Now(), firstPollDelay
	for time.Since(started) < c.agent.patience {
		if err := sleep(ctx, jitter(delay)); err != nil {
			return outcome{}, err
		}
		delay = min(time.Duration(float64(delay)*pollGrowth), lastPollDelay)
		crt, err := c.agent.ReadState(ctx, c.ecid, path)
		if err != nil {
			return outcome{}, err
		}
		out, err := readStatus(crt, c.signed.id)
		if err != nil || out.final {
			return out, err
		}
		if out.seen && !seen {
			seen, started = true, time.Now()
		}
	}
	if seen {
		return outcome{}, fmt.Errorf("%w: still running after %s", ErrTimeout, c.agent.patience)
	}
	return outcome{}, fmt.Errorf("%w after %s", ErrStatusUnknown, c.agent.patience)
}

// jitter spreads d by a fifth to both sides, so that many callers do not ask at the same moment.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
}

// readStatus reads what a certificate says about a request.
//
// IC interface specification, "Request status".
func readStatus(c *cert.Certificate, id RequestID) (outcome, error) {
	at := func(leaf string) ([]byte, cert.Status) {
		return c.Lookup(cert.NewPath("request_status", string(id[:]), leaf))
	}
	status, found := at("status")
	switch found {
	case cert.Absent:
		return outcome{}, nil
	case cert.Unknown, cert.Error:
		return outcome{}, fmt.Errorf("%w: the certificate does not show the request's status", ErrProtocol)
	}
	switch string(status) {
	case "received", "processing":
		return outcome{seen: true}, nil
	case "replied":
		reply, found := at("reply")
		if found != cert.Found {
			return outcome{}, fmt.Errorf("%w: reply is %s", ErrProtocol, found)
		}
		return outcome{final: true, seen: true, reply: reply}, nil
	case "rejected":
		return readRejection(at)
	case "done":
		return outcome{}, ErrReplyGone
	}
	return outcome{}, fmt.Errorf("%w: request status %q", ErrProtocol, status)
}

func readRejection(at func(leaf string) ([]byte, cert.Status)) (outcome, error) {
	code, found := at("reject_code")
	message, foundMessage := at("reject_message")
	if found != cert.Found || foundMessage != cert.Found {
		return outcome{}, fmt.Errorf("%w: rejection without code or message", ErrProtocol)
	}
	n, err := cert.DecodeNat(code)
	if err != nil {
		return outcome{}, fmt.Errorf("%w: reject code: %w", ErrProtocol, err)
	}
	errorCode, _ := at("error_code") // optional: no bytes unless found
	return outcome{final: true, seen: true, rejected: &RejectError{
		Code: RejectCode(n), Message: string(message), ErrorCode: string(errorCode), Certified: true,
	}}, nil
}
