package mgmt

import (
	"context"
	"fmt"

	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// RunState says whether a canister takes calls.
type RunState string

// The states of a canister.
const (
	Running  RunState = "running"
	Stopping RunState = "stopping"
	Stopped  RunState = "stopped"
)

// Status is what the network says about a canister to its controllers.
type Status struct {
	State         RunState
	Settings      CurrentSettings
	ModuleHash    []byte // SHA-256, nil if no module is installed
	MemorySize    candid.Nat
	Cycles        candid.Nat
	IdlePerDay    *candid.Nat // cycles burned per day by doing nothing; nil if the network does not say
	Version       *uint64     // counts changes; nil if the network does not say
	ReservedTotal *candid.Nat // cycles set aside; nil if the network does not say
}

type wireStatus struct {
	Status struct {
		_        candid.OneOf
		Running  *candid.Null `candid:"running"`
		Stopping *candid.Null `candid:"stopping"`
		Stopped  *candid.Null `candid:"stopped"`
	} `candid:"status"`
	Settings   CurrentSettings `candid:"settings"`
	ModuleHash *[]byte         `candid:"module_hash"`
	MemorySize candid.Nat      `candid:"memory_size"`
	Cycles     candid.Nat      `candid:"cycles"`
	IdlePerDay *candid.Nat     `candid:"idle_cycles_burned_per_day"`
	Version    *uint64         `candid:"version"`
	Reserved   *candid.Nat     `candid:"reserved_cycles"`
}

// CanisterStatus asks for the status of a canister, with an update call, so that the answer is certified.
func (m *Client) CanisterStatus(ctx context.Context, canister principal.Principal) (Status, error) {
	var w wireStatus
	if err := m.call(ctx, "canister_status", canister, canisterArg{canister}, &w); err != nil {
		return Status{}, fmt.Errorf("status of canister %s: %w", canister, err)
	}
	s := Status{
		State: Stopped, Settings: w.Settings, MemorySize: w.MemorySize, Cycles: w.Cycles,
		IdlePerDay: w.IdlePerDay, Version: w.Version, ReservedTotal: w.Reserved,
	}
	switch {
	case w.Status.Running != nil:
		s.State = Running
	case w.Status.Stopping != nil:
		s.State = Stopping
	}
	if w.ModuleHash != nil {
		s.ModuleHash = *w.ModuleHash
	}
	return s, nil
}
