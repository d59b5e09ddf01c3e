// Package wazero runs core modules on wazero: pure Go, without cgo. It is berth's
// default engine.
//
//	eng, err := wazero.New(wazero.Config{})
//	if err != nil {
//		return err
//	}
//	defer eng.Close()
//
// Every module is rewritten first (see engine/internal/rewrite): wazero links by module
// name where package engine links by position, and it can neither stop a guest nor
// let Go's garbage collector stop one except where the guest calls the host.
//
// wazero runs modules with one memory. One with several is taken apart (see
// engine/internal/multimem) into parts that are instantiated together and count as an
// instance each; its further memories cost a call an access, and where in it a frame
// was cannot be found.
//
// All stores of an engine share one wazero runtime, and host functions share
// trampolines: what a guest calls is found through its store, so a store costs
// little more than its memories.
//
// # Hostile input
//
// Any bytes may be compiled and run. Three things are bounded only loosely: native
// stack, which is looked at every few thousand loops and calls and so may overshoot
// StackBytes by some MiB; one bulk instruction, which ends before an interrupt is
// noticed (4 GiB take about half a second); and compiling, whose memory is estimated
// before (see engine.LimitCompile) and which wazero cannot interrupt: Compile returns
// when its context ends, and the module under way is compiled to its end. A panic of
// wazero's decoder or compiler is an error, unless Config.Workers says otherwise.
// Modules that use exceptions are refused unless Config.UnsafeExceptions does.
//
// # Traps
//
// wazero tells where in a module it trapped only if every module carries a map of its
// code, which a warm load would pay for. So the place is read, by reflection, from
// wazero's own structs, and Module.Locate compiles the functions on the stack once
// more to make sense of it. Where these structs are not as expected, or in the
// interpreter, frames have names alone; a test fails then.
//
// # Compiled code
//
// With Config.Cache compiled code is kept. wazero's own cache trusts its folder, so the
// one it is given is the engine's alone, and holds an entry for the moment wazero
// reads it: one that the authenticated cache has verified. A process that is killed
// leaves its folder to be removed by the next.
//
// # Concurrency
//
// As package engine says: an Engine and its modules are safe for concurrent use, a
// store is for one goroutine at a time.
package wazero
