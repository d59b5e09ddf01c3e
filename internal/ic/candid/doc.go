// Package candid speaks the Internet Computer's interface language: the binary
// messages that canisters exchange, the text people write and read, and the .did
// files that say which methods a canister has.
//
// Records that this program knows are Go structs:
//
//	type CanisterID struct {
//		ID principal.Principal `candid:"canister_id"`
//	}
//	arg, err := candid.Marshal(CanisterID{id})
//	…
//	var status struct {
//		ModuleHash *[]byte    `candid:"module_hash"` // opt blob
//		Cycles     candid.Nat `candid:"cycles"`
//	}
//	err = candid.Unmarshal(reply, &status) // fields not named here are skipped
//
// Where the types are a canister's own, they come from its .did, and values are
// [Value]s:
//
//	program, err := candid.ParseDID(did)
//	get, ok := program.Method("get")
//	values, err := candid.ParseArgsAs(`(5, opt "x")`, get.Args)
//	arg, err := candid.Encode(get.Args, values)
//	…
//	results, err := candid.Decode(reply, get.Results, candid.Quota{})
//	text := candid.Format(results)
//
// A message describes its own types, and is decoded at the types its reader
// expects: fields that are not expected are skipped, expected ones that are missing
// are null if they are optional, and an optional value of another type than the
// expected is null. That is how interfaces change without breaking their users.
//
// # Hostile input
//
// No bytes and no text make this package panic, recurse without end or allocate
// from a claimed size. What a message may cost is bounded by a [Quota]. Encoding is
// for types and values of the program's own or decoded by this package.
//
// # Concurrency
//
// Types and values are plain data, safe to share as long as nobody changes them;
// functions keep no state.
//
// The specification is Candid.md of github.com/dfinity/candid, with the rule of 2026
// that a service is a principal.
package candid
