package localnet

import (
	"context"
	"time"

	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/localnet/ingress"
	"github.com/berth-cli/berth/internal/localnet/wasmprep"
)

// maxIngressArg is the most bytes of an argument of a user's call.
const maxIngressArg = 2 << 20

// maxWaiting bounds the calls of users that have no answer yet.
const maxWaiting = 10_000

// submit takes a user's call into the network. A nil reject means it will be
// answered under its request id; calling again with the same request changes
// nothing.
func (n *Network) submit(ctx context.Context, r *ingress.Request, target pid) *reject {
	if n.ingress.get(r.ID) != nil {
		return nil
	}
	if rej := n.inspect(ctx, r); rej != nil {
		return rej
	}
	if n.queue.len() > maxWaiting || !n.queue.room(len(r.Arg)) || n.ingress.full() {
		return rejectf(sysTransient, "IC0203", "The network has %d messages waiting and remembers %d calls: try again later.", n.queue.len(), n.ingress.count)
	}
	n.ingress.put(&ingressEntry{
		ID: r.ID, Sender: pid{r.Sender}, Target: target, Callee: pid{r.Canister}, Expiry: r.Expiry, Status: received,
	})
	n.changed[r.ID] = true
	n.enqueue(&message{
		Kind: callMessage, To: pid{r.Canister}, From: pid{r.Sender}, Method: r.Method, Arg: r.Arg,
		Origin: origin{Kind: fromUser, Request: r.ID},
	})
	return nil
}

// inspect says why a call is not accepted. What it says is not certified.
func (n *Network) inspect(ctx context.Context, r *ingress.Request) *reject {
	if len(r.Arg) > maxIngressArg {
		return rejectf(sysTransient, "IC0204", "The argument has %d bytes: at most %d are allowed", len(r.Arg), maxIngressArg)
	}
	if r.Canister.IsManagement() {
		return n.inspectManagement(r)
	}
	c := n.canisters[pid{r.Canister}]
	if c == nil {
		return rejectf(destinationInvalid, "IC0301", "Canister %v not found.", r.Canister)
	}
	if rej := c.available(); rej != nil {
		return rej
	}
	return n.runInspect(ctx, c, r)
}

// runInspect runs canister_inspect_message, if there is one.
func (n *Network) runInspect(ctx context.Context, c *canister, r *ingress.Request) *reject {
	if !c.module.prepared.Hooks["canister_inspect_message"] {
		return nil
	}
	x := n.newExecution(c, modeInspect)
	x.caller, x.method, x.arg = pid{r.Sender}, r.Method, r.Arg
	in, err := n.liveInstance(ctx, c)
	if err == nil {
		err = x.call(in, "canister_inspect_message")
	}
	x.discard(err != nil)
	if err != nil {
		return x.reject(err)
	}
	if !x.accepted {
		return rejectf(canisterReject, "IC0406", "Canister %v rejected the message in canister_inspect_message", c.ID)
	}
	return nil
}

// setIngress records how far a user's call got.
func (n *Network) setIngress(id [32]byte, s ingressStatus, r *response) {
	e := n.ingress.get(id)
	if e == nil || e.Status == finished {
		return
	}
	n.ingress.update(e, s, r)
	n.changed[id] = true
	if s == finished {
		e.Done = n.Time
		n.finished = append(n.finished, id)
	}
}

// startIngress begins a user's call, or rejects it because it waited too long.
func (n *Network) startIngress(m *message) bool {
	if e := n.ingress.get(m.Origin.Request); e != nil && e.Expiry < n.advance() {
		n.respond(m.Origin, &response{Reject: rejectf(sysTransient, "IC0205", "The call expired before it could start.")}, cycles{})
		return false
	}
	n.setIngress(m.Origin.Request, processing, nil)
	return true
}

// waitFor returns a channel closed when the call is answered and saved, nil if it
// is already.
func (n *Network) waitFor(id [32]byte) chan struct{} {
	if e := n.ingress.get(id); e == nil || e.Status == finished {
		return nil
	}
	w := make(chan struct{})
	n.waiters[id] = append(n.waiters[id], w)
	return w
}

// callOutcome is the answer to a call request: one of its fields.
type callOutcome struct {
	certificate []byte
	rejected    *reject // not certified
	accepted    bool    // ask again later
}

// call submits a call and, if wait is above zero, waits that long for its answer.
func (n *Network) call(ctx context.Context, r *ingress.Request, target pid, wait time.Duration) (callOutcome, error) {
	var w chan struct{}
	var rej *reject
	err := n.do(ctx, func(ctx context.Context) error {
		if rej = n.submit(ctx, r, target); rej == nil && wait > 0 {
			w = n.waitFor(r.ID)
		}
		return nil
	})
	switch {
	case err != nil: // rej may still be written to
		return callOutcome{}, err
	case rej != nil:
		return callOutcome{rejected: rej}, nil
	case wait <= 0:
		return callOutcome{accepted: true}, nil
	case w != nil && !n.sleep(ctx, w, wait):
		return callOutcome{accepted: true}, context.Cause(ctx)
	}
	var certificate []byte
	err = n.do(ctx, func(context.Context) error {
		var err error
		certificate, err = n.certify(cert.NewPath("request_status", string(r.ID[:])))
		return err
	})
	if err != nil {
		return callOutcome{}, err
	}
	return callOutcome{certificate: certificate}, nil
}

// sleep waits for w, the time or the end of ctx, and reports whether it was w.
func (n *Network) sleep(ctx context.Context, w chan struct{}, most time.Duration) bool {
	t := time.NewTimer(most)
	defer t.Stop()
	select {
	case <-w:
		return true
	case <-t.C:
	case <-ctx.Done():
	case <-n.done:
	}
	return false
}

// query runs a query method on the committed state and keeps nothing of it.
func (n *Network) query(ctx context.Context, r *ingress.Request) *response {
	if r.Canister.IsManagement() {
		return n.queryManagement(r)
	}
	c := n.canisters[pid{r.Canister}]
	if c == nil {
		return &response{Reject: rejectf(destinationInvalid, "IC0301", "Canister %v not found.", r.Canister)}
	}
	if rej := c.available(); rej != nil {
		return &response{Reject: rej}
	}
	if rej := c.hasMethod(r.Method, wasmprep.Query, wasmprep.CompositeQuery); rej != nil {
		return &response{Reject: rej}
	}
	x := n.newExecution(c, modeQuery)
	if c.module.prepared.Methods[r.Method] == wasmprep.CompositeQuery {
		x.mode = modeComposite
	}
	x.caller, x.method, x.arg, x.canRespond = pid{r.Sender}, r.Method, r.Arg, true
	return n.runQuery(ctx, x, exportOf(c, r.Method))
}

func (n *Network) runQuery(ctx context.Context, x *execution, export string) *response {
	x.certifiable = true
	in, err := n.liveInstance(ctx, x.c)
	if err == nil {
		err = x.call(in, export)
	}
	x.discard(err != nil)
	switch {
	case err != nil:
		return &response{Reject: x.reject(err)}
	case x.answer == nil:
		return &response{Reject: rejectf(canisterError, "IC0506", "Error from Canister %v: Canister did not reply to the call", x.c.ID)}
	}
	return x.answer
}
