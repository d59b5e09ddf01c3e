package agent

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/berth-cli/berth/internal/ic/principal"
)

var (
	// ErrTimeout means that a call was seen running but did not end while it was followed.
	ErrTimeout = errors.New("the request timed out")
	// ErrStatusUnknown means that the network never knew a call that it had been sent.
	ErrStatusUnknown = errors.New("the network does not know the request")
	// ErrReplyGone means that a call has ended, but its answer is no longer kept.
	ErrReplyGone = errors.New("the request is done, its reply is no longer available")
	// ErrAbsent means that the certified state proves that something does not exist.
	ErrAbsent = errors.New("does not exist")
	// ErrDenied means that something may exist, but not for this sender.
	ErrDenied = errors.New("access denied")
	// ErrProtocol means that an answer is not one the protocol allows.
	ErrProtocol = errors.New("unexpected answer from the network")
	// ErrBodyTooLarge means that an answer was larger than the agent accepts.
	ErrBodyTooLarge = errors.New("answer is too large")
	// ErrMainnetFetch means that the main network's root key was to be fetched, where it must be known beforehand.
	ErrMainnetFetch = errors.New("the main network's root key is never fetched: use root-key: mainnet")
	// ErrEffectiveCanister means that a management call names no canister whose subnet shall run it.
	ErrEffectiveCanister = errors.New("a call to the management canister needs an effective canister")
)

// RejectCode is the class of a rejection.
type RejectCode uint64

// The classes of rejections. SysUnknown is seen between canisters only.
const (
	SysFatal           RejectCode = 1
	SysTransient       RejectCode = 2
	DestinationInvalid RejectCode = 3
	CanisterReject     RejectCode = 4
	CanisterError      RejectCode = 5
	SysUnknown         RejectCode = 6
)

// String returns the name of c.
func (c RejectCode) String() string {
	switch c {
	case SysFatal:
		return "SysFatal"
	case SysTransient:
		return "SysTransient"
	case DestinationInvalid:
		return "DestinationInvalid"
	case CanisterReject:
		return "CanisterReject"
	case CanisterError:
		return "CanisterError"
	case SysUnknown:
		return "SysUnknown"
	}
	return fmt.Sprintf("RejectCode(%d)", uint64(c))
}

// RejectError reports that the network or the canister rejected a call or a query.
type RejectError struct {
	Code      RejectCode
	Message   string // the network's or the canister's own words
	ErrorCode string // IC0xyz, "" if none was given
	Certified bool   // true if a certificate proves the rejection
	RequestID RequestID
	Canister  principal.Principal
	Method    string
}

// maxMessageText bounds what an error's text repeats of a rejection's message, which may be as large as an answer.
const maxMessageText = 8 << 10

// Error carries the class, the message up to 8 KiB and the code, and to whom the call went.
func (e *RejectError) Error() string {
	code := "none"
	if e.ErrorCode != "" {
		code = e.ErrorCode
	}
	return fmt.Sprintf("call %s of %s rejected: reject code %s, reject message %s, error code %s",
		quoteMethod(e.Method), e.Canister, e.Code, shorten(e.Message), shorten(code))
}

func shorten(s string) string {
	if len(s) <= maxMessageText {
		return s
	}
	return strings.ToValidUTF8(s[:maxMessageText], "") + "…"
}

func quoteMethod(m string) string { return fmt.Sprintf("%q", m) }

// PendingError reports a call that was sent and of which the end is not known: it may still run, and must not be taken
// for failed. Err is why it was not followed further: the context's error, [ErrTimeout], [ErrStatusUnknown],
// [ErrReplyGone], a *cert.CertificateError, *[HTTPError] and others.
type PendingError struct {
	RequestID RequestID
	Canister  principal.Principal
	Method    string
	Err       error
}

// Error names the call, the request and the cause.
func (e *PendingError) Error() string {
	s := fmt.Sprintf("call %s of %s was sent and may still run, request id %s", quoteMethod(e.Method), e.Canister, e.RequestID)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *PendingError) Unwrap() error { return e.Err }

// HTTPError reports an answer with a status that is a failure.
type HTTPError struct {
	Status      int    // for example 400
	ContentType string // of the body
	Body        string // the beginning of the body if it is text
	URL         string // without query
}

// Error gives the status and what the server said.
func (e *HTTPError) Error() string {
	s := fmt.Sprintf("HTTP status %d", e.Status)
	if e.URL != "" {
		s += " from " + e.URL
	}
	if body := strings.TrimSpace(e.Body); body != "" {
		s += ": " + body
	}
	return s
}

// ClockError reports that the network refused a request because of its time: this computer's clock differs from the
// network's.
type ClockError struct {
	Local   time.Time // this computer's time
	Network string    // the network's time in its own words, "" if it did not say
	Err     error     // the answer, an *[HTTPError]
}

// Error shows both times.
func (e *ClockError) Error() string {
	network := e.Network
	if network == "" {
		network = "unknown"
	}
	s := fmt.Sprintf("check this computer's clock: it says %s, the network's time is %s", e.Local.UTC().Format(time.RFC3339), network)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *ClockError) Unwrap() error { return e.Err }

// SignatureReason says why the signatures of a query's answer were refused. The texts are stable.
type SignatureReason string

// Why the signatures of a query's answer are refused.
const (
	NoSignature       SignatureReason = "no signature"
	TooManySignatures SignatureReason = "more signatures than nodes"
	UnknownNode       SignatureReason = "signed by an unknown node"
	StaleTimestamp    SignatureReason = "timestamp too old"
	FutureTimestamp   SignatureReason = "timestamp in the future"
	BadNodeKey        SignatureReason = "node key unusable"
	BadSignature      SignatureReason = "signature does not verify"
)

// SignatureError reports an answer to a query that its signatures do not prove.
type SignatureError struct {
	Reason SignatureReason
	Node   principal.Principal // the node, if one is concerned
	Err    error               // the cause, may be nil
}

// Error names the reason and the node.
func (e *SignatureError) Error() string {
	s := "answer to query refused"
	if e.Reason != "" {
		s += ": " + string(e.Reason)
	}
	if (e.Node != principal.Principal{}) {
		s += ": node " + e.Node.String()
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *SignatureError) Unwrap() error { return e.Err }
