// Package symbol finds the source lines of a core WebAssembly module in the DWARF
// its compiler left in it.
//
//	table, err := symbol.Open(wasm)
//	...
//	sites, err := table.Sites(ctx, offset) // what was inlined there, innermost first
//
// # Hostile input
//
// A plugin brings its own DWARF, and no one checks it before it is read here. What
// is read has a size at most, what could be read again and again has a budget, and
// every loop ends with its context. No string longer than a few hundred bytes is
// copied out. What a table says is the plugin's word: files it names may not exist,
// or be others than those it was made of.
//
// A Table is for one goroutine at a time.
package symbol
