// Package wasmprep makes a canister module ready to be run and rolled back: it
// checks the rules the Internet Computer has for canister modules and rewrites the
// binary so that all of its mutable state can be read and put back from outside.
//
//	m, err := wasmprep.Prepare(uploaded, wasmprep.Options{Signature: signature})
//	...
//	compiled, err := eng.Compile(ctx, m.Wasm)
//
// The rewritten module has the same types, imports, functions and data. What changes:
//
//	exports   only "canister_…" functions stay; added are
//	            __icmem    memory 0
//	            __ictab    table 0, if it holds functions
//	            __icg<N>   every mutable global
//	            __icstart  the start function
//	start     dropped: an instance made to restore a state must not run it again
//	custom    dropped; "icp:public x" and "icp:private x" are returned as Metadata
//
// # Hostile input
//
// The bytes may be anything. Prepare returns an error or a module, never panics,
// and allocates no more than a small multiple of the (unpacked) length. It checks
// what it reads and what it drops; the rest is for the engine's validator.
//
// All of the package is safe for concurrent use; a Module must not be changed.
//
// IC interface specification 0.66, "Canister module format", "WebAssembly module
// requirements".
package wasmprep
