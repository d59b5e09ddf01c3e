// Package interop has only tests: the official JavaScript agent, all its
// verification on, against the network of package localnet, and the JavaScript
// library's reading of what package agent and package candid write. Two programs
// that share no code with ours thus agree with both ends of it.
//
// The tests need node and the npm packages of the tools folder ("make tools"), and
// are skipped without them; in continuous integration that is a failure. They use
// no network but the loopback interface.
package interop
