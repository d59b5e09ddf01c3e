package mgmt

import (
	"context"
	"fmt"

	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// Client calls the management canister.
type Client struct {
	caller agent.Caller
}

// New returns a client whose calls c makes.
func New(c agent.Caller) *Client { return &Client{caller: c} }

type canisterArg struct {
	Canister principal.Principal `candid:"canister_id"`
}

// call encodes arg, calls the method on the subnet of the effective canister and decodes the reply into result, which
// is a pointer or nil.
func (m *Client) call(ctx context.Context, method string, effective principal.Principal, arg, result any) error {
	b, err := candid.Marshal(arg)
	if err != nil {
		return fmt.Errorf("encode argument of %s: %w", method, err)
	}
	reply, err := m.caller.Call(ctx, agent.CallRequest{
		Canister: principal.Management(), EffectiveCanister: effective, Method: method, Arg: b,
	})
	if err != nil {
		return err
	}
	var into []any
	if result != nil {
		into = append(into, result)
	}
	if err := candid.Unmarshal(reply, into...); err != nil {
		return fmt.Errorf("decode reply of %s: %w", method, err)
	}
	return nil
}

// Start starts a canister that is stopped or stopping.
func (m *Client) Start(ctx context.Context, canister principal.Principal) error {
	return m.simple(ctx, "start", "start_canister", canister)
}

// Stop stops a canister and returns once its calls have ended.
func (m *Client) Stop(ctx context.Context, canister principal.Principal) error {
	return m.simple(ctx, "stop", "stop_canister", canister)
}

// Delete deletes a stopped canister with its cycles.
func (m *Client) Delete(ctx context.Context, canister principal.Principal) error {
	return m.simple(ctx, "delete", "delete_canister", canister)
}

func (m *Client) simple(ctx context.Context, verb, method string, canister principal.Principal) error {
	if err := m.call(ctx, method, canister, canisterArg{canister}, nil); err != nil {
		return fmt.Errorf("%s canister %s: %w", verb, canister, err)
	}
	return nil
}

// CreateRequest says what canister to create.
type CreateRequest struct {
	// EffectiveCanister is any canister id of the subnet that shall create it. Required.
	EffectiveCanister principal.Principal
	// Cycles is the balance; nil means the network's default.
	Cycles *candid.Nat
	// Settings are its settings; the zero value leaves all to the network, with the caller as the only controller.
	Settings Settings
	// ID is the id it shall have; nil leaves that to the network.
	ID *principal.Principal
}

// ProvisionalCreate creates a canister with cycles out of thin air, which development networks alone allow, and
// returns its id.
func (m *Client) ProvisionalCreate(ctx context.Context, r CreateRequest) (principal.Principal, error) {
	arg := struct {
		Amount   *candid.Nat          `candid:"amount"`
		Settings *Settings            `candid:"settings"`
		ID       *principal.Principal `candid:"specified_id"`
	}{r.Cycles, &r.Settings, r.ID}
	var result canisterArg
	if err := m.call(ctx, "provisional_create_canister_with_cycles", r.EffectiveCanister, arg, &result); err != nil {
		return principal.Principal{}, fmt.Errorf("create canister: %w", err)
	}
	return result.Canister, nil
}
