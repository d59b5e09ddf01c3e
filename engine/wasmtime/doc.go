// Package wasmtime runs core modules on wasmtime, through wasmtime-go and cgo. It is
// built with the tag "wasmtime" only.
//
//	eng, err := wasmtime.New(wasmtime.Config{})
//	if err != nil {
//		return err
//	}
//	defer eng.Close()
//
// It runs guest code faster than package wazero and supports 64-bit and several
// memories; calls between guest and host cost ten times more, and a C compiler is
// needed to build it. The version of wasmtime in it, 39, is out of support.
//
// All stores share one wasmtime engine, so a module is compiled or loaded once. An
// epoch, wasmtime's own way to interrupt, is per engine and cannot stop one store of
// several; so modules are metered by rewriting, as for wazero, and fuel means the
// same on both.
//
// # Hostile input
//
// Any bytes may be compiled and run, except on 64-bit ARM, where wasmtime 39 has a
// published escape from the sandbox (CVE-2026-34971): there New refuses unless
// Config.AllowVulnerableARM64. Native stack is bounded for the engine, by
// Config.StackBytes, not for a store.
//
// # Concurrency
//
// As package engine says: an Engine and its modules are safe for concurrent use, a
// store is for one goroutine at a time. While a guest runs it holds an operating
// system thread.
package wasmtime
