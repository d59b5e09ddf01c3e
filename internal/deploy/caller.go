package deploy

import (
	"context"
	"errors"
	"fmt"

	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// caller makes a plugin's calls, all of them to one canister: queries and direct
// updates straight, other updates through the proxy if there is one.
type caller struct {
	network *Network
	target  principal.Principal
	proxy   *principal.Principal
}

var _ icpsync.Caller = (*caller)(nil)

func (c *caller) Call(ctx context.Context, r icpsync.CallRequest) ([]byte, error) {
	a := c.network.Agent
	switch {
	case r.CallType == icpsync.Query:
		reply, err := a.Query(ctx, agent.QueryRequest{Canister: c.target, Method: r.Method, Arg: r.Arg})
		return reply, callFailed("canister call failed", err)
	case c.proxy == nil || r.Direct:
		reply, err := a.Call(ctx, agent.CallRequest{Canister: c.target, Method: r.Method, Arg: r.Arg})
		return reply, callFailed("canister call failed", err)
	}
	reply, err := a.Proxy(ctx, agent.ProxyRequest{
		Proxy: *c.proxy, Canister: c.target, Method: r.Method, Arg: r.Arg, Cycles: r.Cycles,
	})
	if is[*agent.RejectError](err) {
		return nil, callFailed("proxy call failed", err)
	}
	return reply, err
}

// callFailed puts what a plugin is told into the words that plugins know.
func callFailed(what string, err error) error {
	if err == nil {
		return nil
	}
	if reject, ok := errors.AsType[*agent.RejectError](err); ok {
		err = &rejection{reject}
	}
	return fmt.Errorf("%s: %w", what, err)
}

// rejection is an *agent.RejectError in icp-cli's words, which plugins may look
// for.
type rejection struct{ err *agent.RejectError }

func (r *rejection) Error() string {
	code := "None"
	if r.err.ErrorCode != "" {
		code = fmt.Sprintf("Some(%q)", r.err.ErrorCode)
	}
	return fmt.Sprintf("The replica returned a rejection error: reject code %s, reject message %s, error code %s",
		r.err.Code, r.err.Message, code)
}

func (r *rejection) Unwrap() error { return r.err }
