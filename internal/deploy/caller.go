package deploy

import (
	"context"
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
		return reply, callFailed(err)
	case c.proxy == nil || r.Direct:
		reply, err := a.Call(ctx, agent.CallRequest{Canister: c.target, Method: r.Method, Arg: r.Arg})
		return reply, callFailed(err)
	}
	return a.Proxy(ctx, agent.ProxyRequest{
		Proxy: *c.proxy, Canister: c.target, Method: r.Method, Arg: r.Arg, Cycles: r.Cycles,
	})
}

func callFailed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("canister call failed: %w", err)
}
