// Package rewrite turns a core WebAssembly module into one that wazero runs the way
// package engine promises:
//
//   - imports are positional: import i becomes "imports" "i", so that any names,
//     empty or repeated ones too, can be linked to anything;
//   - code is metered: function entries, loop headers and bulk instructions take
//     fuel from a global that only the added code touches, and ask the host for
//     more, which is where a guest is interrupted, billed or paused for Go's
//     garbage collector;
//   - table.grow asks the host first, and ref.func does not allocate;
//   - counts, sizes and nesting are bounded before wazero, which trusts them,
//     allocates by them;
//   - the start function is exported, for the engine to call when it can see what it
//     does;
//   - data segments that lie close to each other are joined;
//   - custom sections are dropped.
//
// The result has one more type, one more imported function (after the module's
// own, so functions it defines move up by one), one more global, and export, and
// two more locals in each function.
//
// # Hostile input
//
// This code is trusted: an instruction it reads differently from wazero would be one
// without a check. It never panics, and allocates in proportion to the input. Its
// functions are safe for concurrent use.
package rewrite
