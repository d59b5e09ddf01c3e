// Package mgmt calls the management canister: it creates canisters, installs code, starts and stops them, reads and
// changes their settings.
//
//	m := mgmt.New(a) // or mgmt.New(agent.ThroughProxy{Agent: a, Proxy: p})
//	id, err := m.ProvisionalCreate(ctx, mgmt.CreateRequest{EffectiveCanister: first})
//	err = m.Install(ctx, mgmt.InstallRequest{Canister: id, Mode: mgmt.ModeInstall, Wasm: wasm, Arg: arg})
//
// Only what this program uses is in the records: fields a network adds are skipped, optional ones it lacks are absent.
// Errors are those of the [agent.Caller], with what was being done in front.
//
// Hostile input: replies are certified, and decoded by package candid within its limits.
//
// A [Client] is safe for concurrent use if its Caller is.
//
// IC interface specification 0.66, "The IC management canister".
package mgmt
