// Package agent speaks the HTTP interface of the Internet Computer: update calls, queries and reads of the certified
// state, each answer verified before anything in it is believed.
//
//	a, err := agent.New(agent.Config{URL: "https://icp-api.io", RootKey: agent.MainnetRootKey(), Identity: id})
//	reply, err := a.Call(ctx, agent.CallRequest{Canister: c, Method: "register", Arg: arg})
//
// Answers to calls and reads carry a certificate, checked by package cert against the root key; answers to queries are
// signed by nodes, whose keys are read from the certified state. There is no way to turn either check off.
//
// A signature has no network in it: what is signed for one network is valid on every other for some minutes. Who may
// sign for which root key is decided by [TrustPolicy]; the main network's addresses go with its root key alone, and no
// other network can claim that key for its own.
//
// What was sent is sent again only as the very same bytes, which run once. An error of a call says that it may still run,
// as a *[PendingError], unless nothing of it left this computer or the network refused it.
//
// Hostile input: answers of any content give a value or an error; their size is bounded ([Config]), and so is how long
// a call is followed. Certificates come from the network, errors texts too: they are shown, never obeyed.
//
// An [Agent] is safe for concurrent use.
//
// IC interface specification 0.66, "HTTPS interface".
package agent
