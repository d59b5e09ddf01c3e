package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/berth-cli/berth/internal/ic/principal"
)

const (
	// responseDomain separates signatures of answers to queries from others.
	responseDomain = "\x0bic-response"
	// maxQueryAge is how far the time of a signed answer may be from this computer's, to both sides.
	maxQueryAge = 5 * time.Minute
)

// QueryRequest is a query call.
type QueryRequest struct {
	Canister principal.Principal
	// EffectiveCanister is the canister whose subnet answers. The zero value means Canister; queries to the management
	// canister need it.
	EffectiveCanister principal.Principal
	Method            string
	Arg               []byte // Candid; nil is sent as no bytes at all
}

// Query asks a canister without changing it. The reply is signed by a node of the canister's subnet, which is less than
// a certificate: one node answers for its subnet.
//
// Errors: *[RejectError] if the query was rejected, which is signed as well; *[SignatureError] if no node of the subnet
// vouches for the answer; *cert.CertificateError, *[HTTPError], *[ClockError], [ErrProtocol].
func (a *Agent) Query(ctx context.Context, r QueryRequest) ([]byte, error) {
	ecid, err := effective(r.Canister, r.EffectiveCanister)
	if err != nil {
		return nil, err
	}
	req, err := a.signedQuery(r)
	if err != nil {
		return nil, err
	}
	ans, err := a.postVersioned(ctx, endpointQuery, "canister/"+ecid.String(), req.body)
	if err != nil {
		return nil, a.clockError(err)
	}
	var u unverifiedQuery
	if err := decode(ans.body, &u); err != nil {
		return nil, err
	}
	v, err := a.verifyQuery(ctx, u, req.id, ecid)
	if err != nil {
		return nil, fmt.Errorf("query %s of %s: %w", quoteMethod(r.Method), r.Canister, err)
	}
	if v.rejected != nil {
		v.rejected.RequestID, v.rejected.Canister, v.rejected.Method = req.id, r.Canister, r.Method
		return nil, v.rejected
	}
	return v.reply, nil
}

// verifiedQuery is an answer that a node of the right subnet signed.
type verifiedQuery struct {
	reply    []byte
	rejected *RejectError
}

// verifyQuery checks all signatures of u. A node that is not known is looked for once more in the fresh state of the
// subnet, which may have grown.
func (a *Agent) verifyQuery(ctx context.Context, u unverifiedQuery, id RequestID, ecid principal.Principal) (verifiedQuery, error) {
	content, v, err := u.content(id)
	if err != nil {
		return verifiedQuery{}, err
	}
	nodes, err := a.nodesOf(ctx, ecid, time.Time{})
	if err != nil {
		return verifiedQuery{}, err
	}
	err = a.checkSignatures(u.Signatures, content, nodes)
	if e, ok := errors.AsType[*SignatureError](err); ok && e.Reason == UnknownNode {
		if nodes, err = a.nodesOf(ctx, ecid, nodes.read); err != nil {
			return verifiedQuery{}, err
		}
		err = a.checkSignatures(u.Signatures, content, nodes)
	}
	if err != nil {
		return verifiedQuery{}, err
	}
	return v, nil
}

// content returns the map that nodes sign, without the timestamp, and what it means once that is checked.
func (u unverifiedQuery) content(id RequestID) (fields, verifiedQuery, error) {
	m := fields{{"status", u.Status}, {"request_id", id[:]}}
	switch {
	case u.Status == "replied" && u.Reply != nil:
		arg := u.Reply.Arg
		return append(m, field{"reply", fields{{"arg", arg}}}), verifiedQuery{reply: arg}, nil
	case u.Status == "rejected" && u.RejectCode != nil && u.RejectMessage != nil:
		m = append(m, field{"reject_code", *u.RejectCode}, field{"reject_message", *u.RejectMessage})
		if u.ErrorCode != nil {
			m = append(m, field{"error_code", *u.ErrorCode})
		}
		return m, verifiedQuery{rejected: &RejectError{
			Code: RejectCode(*u.RejectCode), Message: *u.RejectMessage, ErrorCode: deref(u.ErrorCode),
		}}, nil
	}
	return nil, verifiedQuery{}, fmt.Errorf("%w: answer to query with status %q", ErrProtocol, u.Status)
}

// checkSignatures demands at least one signature, not more than nodes, and every one right.
func (a *Agent) checkSignatures(sigs []nodeSignature, content fields, nodes *subnetNodes) error {
	switch {
	case len(sigs) == 0:
		return &SignatureError{Reason: NoSignature}
	case len(sigs) > len(nodes.keys):
		return &SignatureError{Reason: TooManySignatures}
	}
	for _, s := range sigs {
		if err := a.checkSignature(s, content, nodes); err != nil {
			return err
		}
	}
	return nil
}

func (a *Agent) checkSignature(s nodeSignature, content fields, nodes *subnetNodes) error {
	node, err := principal.FromBytes(s.Identity)
	if err != nil {
		return &SignatureError{Reason: UnknownNode, Err: err}
	}
	if why := a.badTimestamp(s.Timestamp); why != "" {
		return &SignatureError{Reason: why, Node: node}
	}
	key, ok := nodes.keys[node]
	if !ok {
		return &SignatureError{Reason: UnknownNode, Node: node}
	}
	signed := append(fields{{"timestamp", s.Timestamp}}, content...).hash()
	if err := key.Verify(append([]byte(responseDomain), signed[:]...), s.Signature); err != nil {
		return &SignatureError{Reason: BadSignature, Node: node, Err: err}
	}
	return nil
}

// badTimestamp says what is wrong with nanoseconds since 1970, "" if they are near enough to now.
func (a *Agent) badTimestamp(ns uint64) SignatureReason {
	now := a.now()
	oldest, newest := now.Add(-maxQueryAge).UnixNano(), now.Add(maxQueryAge).UnixNano()
	switch {
	case ns > uint64(newest):
		return FutureTimestamp
	case ns < uint64(oldest):
		return StaleTimestamp
	}
	return ""
}
