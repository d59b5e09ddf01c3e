package agent

import (
	"context"
	"fmt"
	"strings"

	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// ProxyRequest is an update call that a proxy canister makes in the sender's place.
type ProxyRequest struct {
	Proxy    principal.Principal // the proxy canister, which the sender must control
	Canister principal.Principal // whom the proxy calls
	Method   string
	Arg      []byte
	Cycles   uint64 // attached to the proxy's call, from its balance
}

// proxyArgs is the argument of the proxy canister's method.
type proxyArgs struct {
	Canister principal.Principal `candid:"canister_id"`
	Method   string              `candid:"method"`
	Args     []byte              `candid:"args"`
	Cycles   candid.Nat          `candid:"cycles"`
}

type proxyResult struct {
	_  candid.OneOf
	Ok *struct {
		Result []byte `candid:"result"`
	} `candid:"Ok"`
	Err *proxyFailure `candid:"Err"`
}

type proxyFailure struct {
	_                  candid.OneOf
	InsufficientCycles *struct {
		Available candid.Nat `candid:"available"`
		Required  candid.Nat `candid:"required"`
	} `candid:"InsufficientCycles"`
	CallFailed *struct {
		Reason string `candid:"reason"`
	} `candid:"CallFailed"`
	UnauthorizedUser *candid.Null `candid:"UnauthorizedUser"`
}

// ProxyFailure is why a proxy canister did not make a call or what became of it.
type ProxyFailure uint8

// The failures that a proxy canister reports. The zero value is none of them.
const (
	ProxyInsufficientCycles ProxyFailure = iota + 1
	ProxyCallFailed
	ProxyUnauthorized
)

// ProxyError reports what a proxy canister answered instead of a result. Its texts are icp-cli's, which plugins see.
type ProxyError struct {
	Failure   ProxyFailure
	Available candid.Nat // with ProxyInsufficientCycles: the proxy's balance
	Required  candid.Nat // with ProxyInsufficientCycles: what the call needs
	Reason    string     // with ProxyCallFailed: the rejection of the proxy's call
}

// Error returns icp-cli's text.
func (e *ProxyError) Error() string {
	switch e.Failure {
	case ProxyInsufficientCycles:
		return fmt.Sprintf("Proxy canister has insufficient cycles. Available: %s, required: %s", grouped(e.Available), grouped(e.Required))
	case ProxyCallFailed:
		return "Proxy call failed: " + e.Reason
	case ProxyUnauthorized:
		return "Unauthorized: you are not in the proxy canister's controllers list"
	}
	return "Proxy failed"
}

// grouped writes n with an underscore between groups of three digits.
func grouped(n candid.Nat) string {
	digits := n.String()
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte('_')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Proxy makes an update call through a proxy canister and returns the target's reply. Errors are *[ProxyError] as it
// is, and those of [Agent.Call], of encoding and of decoding with icp-cli's beginnings "proxy call failed",
// "proxy encode failed" and "proxy decode failed".
func (a *Agent) Proxy(ctx context.Context, r ProxyRequest) ([]byte, error) {
	if r.Arg == nil {
		r.Arg = []byte{}
	}
	arg, err := candid.Marshal(proxyArgs{Canister: r.Canister, Method: r.Method, Args: r.Arg, Cycles: candid.NatOf(r.Cycles)})
	if err != nil {
		return nil, fmt.Errorf("proxy encode failed: %w", err)
	}
	reply, err := a.Call(ctx, CallRequest{Canister: r.Proxy, Method: "proxy", Arg: arg})
	if err != nil {
		return nil, fmt.Errorf("proxy call failed: %w", err)
	}
	var result proxyResult
	if err := candid.Unmarshal(reply, &result); err != nil {
		return nil, fmt.Errorf("proxy decode failed: %w", err)
	}
	if result.Ok != nil {
		return result.Ok.Result, nil
	}
	return nil, result.Err.toError()
}

func (f *proxyFailure) toError() error {
	switch {
	case f.InsufficientCycles != nil:
		return &ProxyError{Failure: ProxyInsufficientCycles, Available: f.InsufficientCycles.Available, Required: f.InsufficientCycles.Required}
	case f.CallFailed != nil:
		return &ProxyError{Failure: ProxyCallFailed, Reason: f.CallFailed.Reason}
	}
	return &ProxyError{Failure: ProxyUnauthorized}
}

// Caller makes update calls: an [Agent] directly, a [ThroughProxy] by way of a proxy canister.
type Caller interface {
	Call(ctx context.Context, r CallRequest) ([]byte, error)
}

var (
	_ Caller = (*Agent)(nil)
	_ Caller = ThroughProxy{}
)

// ThroughProxy is a Caller that lets a proxy canister make every call, without cycles.
type ThroughProxy struct {
	Agent *Agent
	Proxy principal.Principal
}

// Call is [Agent.Proxy]. The request's effective canister does not matter: the proxy's subnet runs the call.
func (p ThroughProxy) Call(ctx context.Context, r CallRequest) ([]byte, error) {
	return p.Agent.Proxy(ctx, ProxyRequest{Proxy: p.Proxy, Canister: r.Canister, Method: r.Method, Arg: r.Arg})
}
