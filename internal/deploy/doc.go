// Package deploy brings a project's canisters onto a network: build, create,
// install, start, sync, in that order.
//
//	d := &deploy.Deployer{Project: p, Environment: env, Agent: agent, …}
//	err := d.Deploy(ctx, names)
//
// What icp-cli keeps, it keeps in the same places and forms: built modules in
// .icp/cache/artifacts, the ids of canisters on connected networks in
// .icp/data/mappings. The ids of a network that berth runs are kept with that
// network's state, below .berth/networks.
//
// It is the only package that starts other programs: the commands of script steps.
//
// # Hostile input
//
// A project's files are requests, not grants. A script step runs with the user's
// rights, as in every build tool, and is shown; a plugin step gets what its step
// declares, within the canister's folder, and calls the canister it belongs to.
// A plugin never calls a system canister.
//
// A Deployer is for one goroutine at a time; it runs the canisters of a phase side
// by side.
package deploy
