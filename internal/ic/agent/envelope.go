package agent

import (
	"crypto/rand"
	"fmt"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
)

const (
	// requestDomain separates signatures of requests from others.
	requestDomain = "\x0aic-request"
	nonceSize     = 16
	// coarseWindow is the window above which an expiry is rounded to the minute and not to the second.
	coarseWindow = 90 * time.Second
	// selfDescribed is the head of tag 55799, which every message begins with.
	selfDescribed = "\xd9\xd9\xf7"
)

// signedRequest is a request ready to be sent, and sent again: the same bytes have the same id and run once.
type signedRequest struct {
	id   RequestID
	body []byte
}

// signedCall, signedQuery and signedReadState build a request that expires after the agent's window.
func (a *Agent) signedCall(r CallRequest) (signedRequest, error) {
	nonce := make([]byte, nonceSize)
	if _, err := rand.Read(nonce); err != nil {
		return signedRequest{}, fmt.Errorf("make nonce: %w", err)
	}
	return sign(a.identity, append(a.content("call", r.Canister, r.Method, r.Arg), field{"nonce", nonce}))
}

func (a *Agent) signedQuery(r QueryRequest) (signedRequest, error) {
	return sign(a.identity, a.content("query", r.Canister, r.Method, r.Arg))
}

func (a *Agent) signedReadState(paths []cert.Path) (signedRequest, error) {
	list := make([]any, 0, len(paths))
	for _, p := range paths {
		labels := make([]any, 0, len(p))
		for _, l := range p {
			labels = append(labels, l)
		}
		list = append(list, labels)
	}
	return sign(a.identity, append(a.common("read_state"), field{"paths", list}))
}

// content is what calls and queries share.
func (a *Agent) content(kind string, canister principal.Principal, method string, arg []byte) fields {
	if arg == nil {
		arg = []byte{}
	}
	return append(a.common(kind),
		field{"canister_id", canister.Bytes()},
		field{"method_name", method},
		field{"arg", arg},
	)
}

// common is what all requests share.
func (a *Agent) common(kind string) fields {
	return fields{
		{"request_type", kind},
		{"sender", a.identity.Principal().Bytes()},
		{"ingress_expiry", expiry(a.now(), a.window)},
	}
}

// expiry returns now + window in nanoseconds since 1970, rounded down to the minute, or to the second if the window is
// too short for that. Rounding makes the ids of equal requests equal, which tests and caches like.
func expiry(now time.Time, window time.Duration) uint64 {
	unit := time.Minute
	if window <= coarseWindow {
		unit = time.Second
	}
	return uint64(now.Add(window).Truncate(unit).UnixNano())
}

// sign wraps content into an envelope. The three fields of authentication are absent for the anonymous identity.
func sign(id identity.Identity, content fields) (signedRequest, error) {
	r := signedRequest{id: content.hash()}
	envelope := fields{{"content", content}}
	if key := id.PublicKey(); key != nil {
		sig, err := id.Sign(append([]byte(requestDomain), r.id[:]...))
		if err != nil {
			return r, fmt.Errorf("sign request: %w", err)
		}
		envelope = append(envelope, field{"sender_pubkey", key}, field{"sender_sig", sig})
	}
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		return r, fmt.Errorf("encode request: %w", err)
	}
	body, err := mode.Marshal(envelope.plain())
	if err != nil {
		return r, fmt.Errorf("encode request: %w", err)
	}
	r.body = append([]byte(selfDescribed), body...)
	return r, nil
}
