// Package plugin runs WebAssembly components as plugins: under a [Grant], within
// [Limits], with an outcome one can tell apart.
//
//	host, err := plugin.NewHost(plugin.Config{Engine: eng})
//	...
//	p, err := host.Load(ctx, wasm)
//	...
//	report, err := p.Run(ctx, world, plugin.Session{
//		Grant:  plugin.Grant{Preopens: []wasi.Preopen{{Guest: "assets", Dir: "./assets"}}},
//		Limits: plugin.DefaultLimits(),
//		Stdout: os.Stdout,
//	}, enter)
//
// A [World] is what a kind of plugin imports beside WASI, and enter is what is
// called of it: package plugin/icpsync has one, [Plugin.RunCommand] is the plain
// program of wasi:cli/run, and the example below shows one of your own. The engine
// is that of package github.com/berth-cli/berth/engine/wazero.
//
// # What a plugin can do
//
// Nothing is granted by default: no folder, variable, argument or input, and never
// the network. Every call a plugin makes of the host passes one chain, authorize,
// then budget, then the doctor that watches for plugins which call in circles (see
// [Loops]), then trace, before it reaches the function; there is no other way
// out of the sandbox.
//
// # Outcomes
//
// A run ends in one of these ways, and its error is of the type named:
//
//	the plugin did its work             nil
//	it said that it could not           *GuestError
//	it exited                           *ExitError
//	it trapped                          *TrapError
//	it spent more than it may           *LimitError
//	it called in circles                *LoopError
//	it called what it may not           *RefusedError
//	it wants other imports              *component.LinkError
//	something on the host's side broke  *HostError
//	ctx ended                           wraps the context's cause
//
// A *TrapError has what the plugin said before it gave up, the stack with the names
// and source lines its compiler left in it, and what the run did up to then. Names
// are as the linker knows them: a program that shows them demangles them, under a
// bound, as anybody may have chosen them.
//
// The program learns of what goes on meanwhile by a [Monitor], and of what the user
// should know by Session.Warn. Compiling is bounded, too, by Config.CompileTime and
// Config.CompileMemory; Config.Progress shows it.
//
// # Hostile input
//
// Both the component and what it does are taken for hostile. Whatever they are, a
// run ends within its limits, writes nowhere that was not granted, and leaves the
// process as it was.
//
// A Host and a Plugin are safe for concurrent use; each Run has its own memory.
package plugin
