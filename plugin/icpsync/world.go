package icpsync

import (
	"context"
	"fmt"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/plugin"
)

// WorldName is the world this package serves, any patch release of it.
const WorldName = "icp:sync-plugin@0.1"

// callName is the world's own function.
const callName = "canister-call"

// CallType says how a canister method is called.
type CallType uint8

// The call types.
const (
	Update CallType = iota
	Query
)

// CallRequest is a plugin's call of the canister being synced.
type CallRequest struct {
	Method   string
	Arg      []byte // Candid, passed on as it is
	CallType CallType
	Direct   bool   // not through the proxy
	Cycles   uint64 // to attach where the call goes through the proxy
}

// Caller makes a plugin's calls.
//
// The error of a call that did not succeed is handed to the plugin as text, which
// decides what becomes of it. Only the end of ctx ends the plugin.
type Caller interface {
	Call(ctx context.Context, r CallRequest) (reply []byte, err error)
}

type fileInput struct {
	Name    string
	Content string
}

type execInput struct {
	CanisterID        string `wit:"canister-id"`
	Environment       string
	Dirs              []string
	Files             []fileInput
	IdentityPrincipal string
	ProxyCanisterID   *string `wit:"proxy-canister-id"`
}

type (
	callResult = component.Result[[]byte, string]
	execResult = component.Result[component.Unit, string]
)

func world() plugin.World {
	return plugin.World{
		Name:       WorldName,
		Interfaces: []string{""},
		Waits:      true,
		Once:       true,
		Describe:   describe,
		Define: func(l *component.Linker) {
			l.Root().Func(callName, component.Func1(canisterCall))
		},
	}
}

// describe tells the canister's methods apart.
func describe(c *component.Call) plugin.CallInfo {
	info := plugin.CallInfo{Method: c.Func}
	args := c.Args()
	if len(args) != 1 {
		return info
	}
	request, _ := args[0].(component.Record)
	if method, ok := request.Get("method").(string); ok {
		info.Method = method
	}
	kind, _ := request.Get("call-type").(component.Enum)
	info.Kind = string(kind)
	info.Args, _ = request.Get("arg").([]byte)
	return info
}

func canisterCall(ctx context.Context, r CallRequest) (callResult, error) {
	caller, ok := plugin.State(ctx).(Caller)
	if !ok {
		return callResult{}, fmt.Errorf("canister-call: no caller in this run")
	}
	reply, err := caller.Call(ctx, r)
	if ctx.Err() != nil {
		return callResult{}, context.Cause(ctx)
	}
	if err != nil {
		return component.Fail[[]byte](err.Error()), nil
	}
	return component.OK[string](reply), nil
}
