package mgmt

import (
	"context"
	"fmt"

	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// Settings are settings to give to a canister; nil ones stay as they are.
type Settings struct {
	Controllers         *[]principal.Principal `candid:"controllers"`
	ComputeAllocation   *candid.Nat            `candid:"compute_allocation"` // percent
	MemoryAllocation    *candid.Nat            `candid:"memory_allocation"`  // bytes
	FreezingThreshold   *candid.Nat            `candid:"freezing_threshold"` // seconds
	ReservedCyclesLimit *candid.Nat            `candid:"reserved_cycles_limit"`
	LogVisibility       *Visibility            `candid:"log_visibility"`
	WasmMemoryLimit     *candid.Nat            `candid:"wasm_memory_limit"`     // bytes
	WasmMemoryThreshold *candid.Nat            `candid:"wasm_memory_threshold"` // bytes
	// Environment replaces the whole list.
	Environment *[]Variable `candid:"environment_variables"`
}

// Variable is an environment variable of a canister.
type Variable struct {
	Name  string `candid:"name"`
	Value string `candid:"value"`
}

// Visibility says who may see something of a canister. Exactly one field is set.
type Visibility struct {
	_              candid.OneOf
	Controllers    *candid.Null           `candid:"controllers"`
	Public         *candid.Null           `candid:"public"`
	AllowedViewers *[]principal.Principal `candid:"allowed_viewers"`
}

// CurrentSettings are the settings that a canister has. Those that networks may lack are nil then.
type CurrentSettings struct {
	Controllers         []principal.Principal `candid:"controllers"`
	ComputeAllocation   candid.Nat            `candid:"compute_allocation"` // percent
	MemoryAllocation    candid.Nat            `candid:"memory_allocation"`  // bytes
	FreezingThreshold   candid.Nat            `candid:"freezing_threshold"` // seconds
	ReservedCyclesLimit *candid.Nat           `candid:"reserved_cycles_limit"`
	LogVisibility       *Visibility           `candid:"log_visibility"`
	WasmMemoryLimit     *candid.Nat           `candid:"wasm_memory_limit"`     // bytes
	WasmMemoryThreshold *candid.Nat           `candid:"wasm_memory_threshold"` // bytes
	Environment         *[]Variable           `candid:"environment_variables"`
}

// UpdateSettings changes the settings of a canister that are not nil in s.
func (m *Client) UpdateSettings(ctx context.Context, canister principal.Principal, s Settings) error {
	arg := struct {
		Canister principal.Principal `candid:"canister_id"`
		Settings Settings            `candid:"settings"`
	}{canister, s}
	if err := m.call(ctx, "update_settings", canister, arg, nil); err != nil {
		return fmt.Errorf("update settings of canister %s: %w", canister, err)
	}
	return nil
}
