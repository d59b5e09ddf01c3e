// Package guests holds our test plugins and canisters: each is a folder with its
// source, and its built .wasm beside it, so that tests need no toolchain. The
// digests are in SHA256SUMS. "make guests" builds them anew; a test does so too
// where the toolchains are, and compares.
//
// The package itself exports the one guest that berth ships: the proxy canister.
// Nothing else may be embedded in the program.
package guests

import _ "embed" // for the proxy canister

//go:embed proxy/proxy.wasm
var proxyCanister []byte

// ProxyCanister is the canister that forwards calls on the local network. The
// bytes must not be changed.
func ProxyCanister() []byte { return proxyCanister }
