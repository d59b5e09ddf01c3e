package localnet

import (
	"context"
	"fmt"
	"slices"

	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet/ingress"
)

// access says who may call a management method by an ingress message.
type access byte

const (
	canistersOnly   access = iota + 1 // nobody: calls from canisters only
	controllersOnly                   // controllers of the canister it is about
	viewers                           // those, and whom a setting allows
	anyone
)

// managementMethod is one method of the management canister.
type managementMethod struct {
	name   string
	access access
	update func(*Network, *message) outcome
	run    func(*Network, context.Context, *message) outcome   // in the place of update, if it runs code
	query  func(*Network, *ingress.Request, *canister) outcome // nil: not a query
}

// outcome is what a management method did.
type outcome struct {
	reply    any // encoded as Candid; nil: no values
	reject   *reject
	accepted cycles // of those attached
	pending  bool   // answered later
}

func failed(r *reject) outcome { return outcome{reject: r} }

// managementMethods is what is available. Everything else is refused by name.
//
// IC interface specification, "The IC management canister".
func managementMethods() []managementMethod {
	return []managementMethod{
		{name: "create_canister", access: canistersOnly, update: (*Network).createCanister},
		{name: "provisional_create_canister_with_cycles", access: anyone, update: (*Network).provisionalCreate},
		{name: "provisional_top_up_canister", access: anyone, update: (*Network).provisionalTopUp},
		{name: "update_settings", access: controllersOnly, update: (*Network).updateSettings},
		{name: "install_code", access: controllersOnly, run: (*Network).installCode},
		{name: "install_chunked_code", access: controllersOnly, run: (*Network).installChunkedCode},
		{name: "upload_chunk", access: controllersOnly, update: (*Network).uploadChunk},
		{name: "clear_chunk_store", access: controllersOnly, update: (*Network).clearChunkStore},
		{name: "stored_chunks", access: controllersOnly, update: (*Network).storedChunks},
		{name: "uninstall_code", access: controllersOnly, update: (*Network).uninstallCode},
		{name: "start_canister", access: controllersOnly, update: (*Network).startCanister},
		{name: "stop_canister", access: controllersOnly, update: (*Network).stopCanister},
		{name: "delete_canister", access: controllersOnly, update: (*Network).deleteCanister},
		{name: "canister_status", access: viewers, update: (*Network).canisterStatus, query: (*Network).queryStatus},
		{name: "canister_info", access: canistersOnly, update: (*Network).canisterInfo},
		{name: "canister_metadata", access: canistersOnly, update: (*Network).canisterMetadata},
		{name: "fetch_canister_logs", query: (*Network).fetchLogs},
		{name: "deposit_cycles", access: canistersOnly, update: (*Network).depositCycles},
		{name: "raw_rand", access: canistersOnly, update: (*Network).rawRand},
	}
}

func findMethod(name string) *managementMethod {
	all := managementMethods()
	i := slices.IndexFunc(all, func(m managementMethod) bool { return m.name == name })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// callable reports whether m, which may be nil, can be called and not only queried.
func (m *managementMethod) callable() bool {
	return m != nil && (m.update != nil || m.run != nil)
}

// unavailable is the answer to methods that are not there.
func unavailable(method string) *reject {
	return rejectf(canisterReject, "IC0407", "Management canister method %q is not available in the embedded development network", method)
}

// handleManagement runs a call to the management canister.
func (n *Network) handleManagement(ctx context.Context, m *message) {
	method := findMethod(m.Method)
	if !method.callable() {
		n.respond(m.Origin, &response{Reject: unavailable(m.Method)}, m.Cycles)
		return
	}
	var out outcome
	if method.run != nil {
		out = method.run(n, ctx, m)
	} else {
		out = method.update(n, m)
	}
	if out.pending {
		return
	}
	n.respond(m.Origin, out.response(), m.Cycles.sub(out.accepted))
}

func (o outcome) response() *response {
	if o.reject != nil {
		return &response{Reject: o.reject}
	}
	var args []any
	if o.reply != nil {
		args = append(args, o.reply)
	}
	b, err := candid.Marshal(args...)
	if err != nil {
		return &response{Reject: rejectf(sysFatal, "IC0100", "encode reply: %v", err)}
	}
	return &response{Data: b}
}

// decodeArg reads the argument of a management method.
func decodeArg(b []byte, into any) *reject {
	if err := candid.Unmarshal(b, into); err != nil {
		return rejectf(canisterReject, "IC0408", "Error decoding candid: %v", err)
	}
	return nil
}

// managementTarget is the effective canister id of a request to the management
// canister, sent to given.
func managementTarget(r *ingress.Request, given pid) (pid, error) {
	var of struct {
		ID principal.Principal `candid:"canister_id"`
	}
	var chunked struct {
		ID principal.Principal `candid:"target_canister"`
	}
	switch r.Method {
	case "create_canister", "provisional_create_canister_with_cycles":
		if !inRange(given) {
			return pid{}, fmt.Errorf("effective canister id %v is not in this network's range %v to %v", given, firstID(), lastID())
		}
		return given, nil
	case "install_chunked_code":
		if err := candid.Unmarshal(r.Arg, &chunked); err != nil {
			return pid{}, fmt.Errorf("argument of %s: %w", r.Method, err)
		}
		return pid{chunked.ID}, nil
	}
	if method := findMethod(r.Method); method == nil || method.access == canistersOnly {
		return given, nil // refused later, by name
	}
	if err := candid.Unmarshal(r.Arg, &of); err != nil {
		return pid{}, fmt.Errorf("argument of %s: %w", r.Method, err)
	}
	return pid{of.ID}, nil
}

// inspectManagement says why an ingress message to the management canister is not
// accepted.
func (n *Network) inspectManagement(r *ingress.Request) *reject {
	method := findMethod(r.Method)
	switch {
	case !method.callable():
		return unavailable(r.Method)
	case method.access == canistersOnly:
		return rejectf(canisterReject, "IC0406", "Management method %s cannot be invoked via ingress calls", r.Method)
	case method.access == anyone:
		return nil
	}
	target, err := managementTarget(r, pid{})
	if err != nil {
		return rejectf(canisterReject, "IC0408", "%v", err)
	}
	_, rej := n.managed(target, pid{r.Sender}, method.access)
	return rej
}

// managed finds a canister and checks that caller may manage it.
func (n *Network) managed(id, caller pid, a access) (*canister, *reject) {
	c := n.canisters[id]
	switch {
	case c == nil:
		return nil, rejectf(destinationInvalid, "IC0301", "Canister %v not found.", id)
	case c.isController(caller):
		return c, nil
	case a == viewers && (caller == id || c.Settings.StatusVisibility.allows(caller)):
		return c, nil
	}
	return nil, rejectf(canisterError, "IC0512", "Only the controllers of the canister %v can control it.\nCanister's controllers: %s\nSender's ID: %v", id, joinIDs(c.Settings.Controllers), caller)
}

func joinIDs(ids []pid) string {
	s := ""
	for _, id := range ids {
		s += id.String() + " "
	}
	if s == "" {
		return "none"
	}
	return s[:len(s)-1]
}

// queryManagement answers the management methods that are queries too.
func (n *Network) queryManagement(r *ingress.Request) *response {
	method := findMethod(r.Method)
	if method == nil || method.query == nil {
		return &response{Reject: unavailable(r.Method)}
	}
	target, err := managementTarget(r, pid{})
	if err != nil {
		return &response{Reject: rejectf(canisterReject, "IC0408", "%v", err)}
	}
	c := n.canisters[target]
	if c == nil {
		return &response{Reject: rejectf(destinationInvalid, "IC0301", "Canister %v not found.", target)}
	}
	return method.query(n, r, c).response()
}

// checkSender checks sender_canister_version, if it was given.
func (m *message) checkSender(version *uint64) *reject {
	if version == nil || m.Origin.Kind == fromUser || *version == m.Version {
		return nil
	}
	return rejectf(canisterReject, "IC0408", "sender_canister_version is %d, the sender's version is %d", *version, m.Version)
}

// toCycles reads an amount from the wire.
func toCycles(v candid.Nat, what string) (cycles, *reject) {
	c, err := cyclesFromBig(v.Big())
	if err != nil {
		return cycles{}, rejectf(canisterReject, "IC0408", "%s: %v", what, err)
	}
	return c, nil
}

// natOf is an amount for the wire.
func natOf(c cycles) candid.Nat {
	v, err := candid.NatFromBig(c.big())
	if err != nil {
		return candid.Nat{} // cycles are not negative
	}
	return v
}
