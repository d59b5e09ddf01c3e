// Package multimem takes a core WebAssembly module with several memories apart into
// modules with one memory each, for engines that run no others:
//
//	if multimem.Needed(wasm) {
//		split, err := multimem.Split(wasm)
//		...
//	}
//
// The main module keeps the first memory and all code. For each further memory that
// is used there is an accessor, a small module that has or imports this memory, with
// a function for each kind of access to it. The main module reaches them through a
// table it exports and the accessor fills:
//
//	i32.load 1 offset=8   ->   i32.const 8
//	                           i32.const SLOT
//	                           call_indirect TABLE (type [i32 i32] -> [i32])
//
// so that nothing in the main module changes its number. A copy between two
// memories is a loop in the main module. Data segments become passive, and a
// function made here initializes the memories in the order the standard wants, and
// then calls the start function.
//
// To instantiate: the main module with all imports but the further memories; each
// accessor with the main module's table and, if it is imported, its memory; then
// call Module.Start.
//
// # Hostile input
//
// The modules this package makes must still be validated, and what it leaves out or
// changes it checks itself: sections and their order, memories, data segments, exports, and every
// index of what the main module has more of than the input. If they are valid, so
// was the input. It never panics, and what it returns is at most some tens of times
// the input. Its functions are safe for concurrent use.
package multimem
