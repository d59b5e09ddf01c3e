// Package berth runs sandboxed WebAssembly components as plugins of command-line
// tools. There is nothing in the package itself:
//
//   - cmd/berth is the program;
//   - package component is the runtime of components, package wasi its host of
//     WASI 0.2;
//   - package plugin runs components under a grant and limits, plugin/icpsync is
//     the world of the Internet Computer's sync plugins;
//   - engine/wazero and engine/wasmtime are the engines they run on.
//
// RATIONALE.md says why things are as they are.
package berth
