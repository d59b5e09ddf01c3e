// Package localnet is a one-subnet Internet Computer as a Go value and an
// http.Handler: real canister modules, real rollback, real certificates under a
// root key of its own. It serves development on one machine.
//
//	net, err := localnet.Open(ctx, localnet.Config{Engine: eng, StateDir: dir})
//	...
//	defer net.Close()
//	handler, root := net.Handler(), net.RootKey()
//
// # What it is not
//
// Cycles are transferred exactly and charged for nothing (the protocol's "free"
// cost schedule). There is one node. HTTPS outcalls, threshold signatures, vetKD,
// Bitcoin, canister snapshots and composite calls between canisters are refused by
// name, never faked. The status endpoint says "embedded development network".
//
// # A message
//
//	HTTP -> ingress.Decode, Authenticate -> inspect -> queue
//	queue -> execute on the canister's instance -> commit or roll back
//	      -> journal -> waiting clients -> certificate
//
// One goroutine owns the state; handlers hand it work and wait. A client is given
// a certificate only after the commits it tells of are in the journal, so what a
// reply says survives the death of the process (not of the machine's power: the
// last commits may then be lost, but never half of one).
//
// # Hostile input
//
// Requests and modules may be any bytes. A canister is bounded in memory, stable
// memory, instructions a message and messages under way; what it does wrong is
// rejected with the codes the Internet Computer uses. Handler refuses requests
// whose Host or Origin is not a loopback name, so that a web page cannot reach it.
//
// A Network is safe for concurrent use.
package localnet
