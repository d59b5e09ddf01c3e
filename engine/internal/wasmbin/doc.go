// Package wasmbin is the binary format of core WebAssembly modules, as far as the
// packages that write modules anew share it: the numbers and the order of sections,
// flags, and how numbers, names and sections are appended. Package opcode has the
// instructions.
//
//	out := []byte(wasmbin.Header)
//	out = wasmbin.AppendSection(out, wasmbin.SecStart, wasmbin.AppendU32(nil, start))
//
// It has no reader: package rewrite has one of its own, the others use binread.
//
// # Hostile input
//
// Nothing here reads bytes; [Order] takes any section identifier. All functions are
// safe for concurrent use, an Order is for one goroutine.
//
// WebAssembly core specification, "Binary Format".
package wasmbin
