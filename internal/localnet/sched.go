package localnet

import (
	"context"
	"slices"

	"github.com/berth-cli/berth/internal/localnet/wasmprep"
)

// step handles the next message and reports whether there was one.
func (n *Network) step(ctx context.Context) bool {
	m := n.queue.pop()
	if m == nil {
		return false
	}
	n.mutated = true
	switch m.Kind {
	case callMessage:
		n.handleCall(ctx, m)
	case responseMessage:
		n.handleResponse(ctx, m)
	case taskMessage:
		n.handleTask(ctx, m)
	}
	return true
}

func (n *Network) enqueue(m *message) {
	n.queue.push(m)
	n.mutated = true
}

// handleCall starts a call: opens a context for it and runs the method.
func (n *Network) handleCall(ctx context.Context, m *message) {
	if m.Origin.Kind == fromUser && !n.startIngress(m) {
		return
	}
	if m.To.IsManagement() {
		n.handleManagement(ctx, m)
		return
	}
	c, rej := n.receiver(m)
	if rej != nil {
		n.respond(m.Origin, &response{Reject: rej}, m.Cycles)
		return
	}
	call := n.openContext(c, m)
	x := n.newExecution(c, modeUpdate)
	query := c.module.prepared.Methods[m.Method] == wasmprep.Query
	if query {
		x.mode = modeReplQuery
	}
	x.about(call)
	x.method, x.arg = m.Method, m.Arg
	in, err := n.liveInstance(ctx, c)
	if err == nil {
		err = x.call(in, exportOf(c, m.Method))
	}
	n.conclude(x, err, query)
	n.settle(call)
}

// exportOf is the export that is a method of c.
func exportOf(c *canister, method string) string {
	return "canister_" + c.module.prepared.Methods[method].String() + " " + method
}

// about makes x act within a call context.
func (x *execution) about(call *callContext) {
	x.ctx = call
	x.caller = call.Caller
	x.available = call.Available
	x.canRespond = !call.Responded
	x.spentBefore = call.Spent
}

// receiver finds the canister a call is for, or says why it cannot take it.
func (n *Network) receiver(m *message) (*canister, *reject) {
	c := n.canisters[m.To]
	if c == nil {
		return nil, rejectf(destinationInvalid, "IC0301", "Canister %v not found.", m.To)
	}
	if rej := c.available(); rej != nil {
		return nil, rej
	}
	if rej := c.hasMethod(m.Method, wasmprep.Update, wasmprep.Query); rej != nil {
		return nil, rej
	}
	if m.Origin.Kind == fromCanister && m.From != m.To && m.Cycles.cmp(c.Settings.MinCallCycles) < 0 {
		return nil, rejectf(canisterError, "IC0541", "Canister %v takes calls with at least %v cycles, the call has %v.", c.ID, c.Settings.MinCallCycles, m.Cycles)
	}
	return c, nil
}

// available says why c takes no messages now, nil if it does.
func (c *canister) available() *reject {
	switch {
	case c.Status == stopped:
		return rejectf(canisterError, "IC0508", "Canister %v is stopped and therefore does not have a CallContextManager: start it to call it.", c.ID)
	case c.Status == stopping:
		return rejectf(canisterError, "IC0509", "Canister %v is stopping and takes no new calls.", c.ID)
	case c.module == nil:
		return rejectf(canisterError, "IC0537", "Error from Canister %v: Attempted to execute a message, but the canister contains no Wasm module.", c.ID)
	}
	return nil
}

// hasMethod says that c has no such method of any of the kinds, nil if it has.
func (c *canister) hasMethod(name string, kinds ...wasmprep.MethodKind) *reject {
	if slices.Contains(kinds, c.module.prepared.Methods[name]) {
		return nil
	}
	return rejectf(canisterError, "IC0536", "Error from Canister %v: Canister has no %v method '%s'.", c.ID, kinds[0], name)
}

func (n *Network) openContext(c *canister, m *message) *callContext {
	n.NextID++
	call := &callContext{
		ID: n.NextID, Canister: c.ID, Caller: m.From, Origin: m.Origin,
		Available: m.Cycles, Deadline: m.Deadline, Responded: m.Origin.Kind == fromSystem,
	}
	n.contexts[call.ID] = call
	return call
}

// conclude commits or discards what x did, sends what it queued and answers its
// call. A query's changes of memory are never kept.
func (n *Network) conclude(x *execution, err error, query bool) {
	if err != nil {
		x.discard(true)
		rej := x.reject(err)
		x.log(rej)
		x.ctx.LastTrap = rej
		return
	}
	if query {
		x.discard(false)
		x.commitEffects()
	} else {
		x.commit()
	}
	x.log(nil)
	for _, call := range x.calls {
		n.perform(x, call)
	}
	if x.answer != nil {
		x.ctx.Responded = true
		n.respond(x.ctx.Origin, x.answer, x.giveBack)
	}
}

// perform sends a call of a committed message.
func (n *Network) perform(x *execution, o *outgoing) {
	n.NextID++
	p := &pendingCall{
		ID: n.NextID, Context: x.ctx.ID, Caller: x.c.ID, Reply: o.reply, Reject: o.reject,
		Cleanup: o.cleanup, Cycles: o.cycles, Deadline: o.deadline,
	}
	n.pending[p.ID] = p
	x.ctx.Outstanding++
	n.enqueue(&message{
		Kind: callMessage, To: o.callee, From: x.c.ID, Method: o.method, Arg: o.arg, Cycles: o.cycles,
		Origin: origin{Kind: fromCanister, Call: p.ID}, Deadline: o.deadline, Version: x.version,
	})
}

// respond delivers the answer to a call.
func (n *Network) respond(to origin, r *response, refund cycles) {
	switch to.Kind {
	case fromUser:
		n.setIngress(to.Request, finished, r)
	case fromCanister:
		p := n.pending[to.Call]
		if p == nil {
			return
		}
		n.enqueue(&message{Kind: responseMessage, To: p.Caller, Call: p.ID, Cycles: refund, Response: r})
	}
}

// settle ends a context that nothing keeps open: answered or not, no response can
// come any more.
func (n *Network) settle(call *callContext) {
	if call.Outstanding > 0 {
		return
	}
	if !call.Responded {
		rej := call.LastTrap
		if rej == nil {
			rej = rejectf(canisterError, "IC0506", "Error from Canister %v: Canister did not reply to the call", call.Canister)
		}
		call.Responded = true
		n.respond(call.Origin, &response{Reject: rej}, call.Available)
	}
	delete(n.contexts, call.ID)
	if c := n.canisters[call.Canister]; c != nil {
		n.finishStop(c)
	}
}

// handleResponse runs the callback of a call that was answered.
func (n *Network) handleResponse(ctx context.Context, m *message) {
	p := n.pending[m.Call]
	if p == nil {
		return
	}
	delete(n.pending, p.ID)
	c := n.canisters[p.Caller]
	if c == nil {
		return
	}
	c.Cycles = c.Cycles.add(m.Cycles)
	c.changed()
	call := n.contexts[p.Context]
	if p.Late || call == nil {
		return
	}
	call.Outstanding--
	if !call.Deleted && c.module != nil {
		n.runCallback(ctx, callback{c, call, p, m})
	}
	n.settle(call)
}

// callback is a response on its way into a canister.
type callback struct {
	c       *canister
	context *callContext
	pending *pendingCall
	message *message
}

func (n *Network) runCallback(ctx context.Context, b callback) {
	x := n.newCallback(b, modeReply)
	x.arg = b.message.Response.Data
	f := b.pending.Reply
	if b.message.Response.Reject != nil {
		x.mode, x.arg, f = modeReject, nil, b.pending.Reject
	}
	in, err := n.liveInstance(ctx, b.c)
	if err == nil {
		err = x.callback(in, f)
	}
	n.conclude(x, err, false)
	if err == nil || b.pending.Cleanup == nil {
		return
	}
	trap := b.context.LastTrap
	x = n.newCallback(b, modeCleanup)
	x.canRespond = false
	if in, err = n.liveInstance(ctx, b.c); err == nil {
		err = x.callback(in, *b.pending.Cleanup)
	}
	n.conclude(x, err, false)
	b.context.LastTrap = trap
}

func (n *Network) newCallback(b callback, in mode) *execution {
	x := n.newExecution(b.c, in)
	x.about(b.context)
	x.refunded = b.message.Cycles
	x.incoming = b.message.Response
	return x
}

// handleTask runs a timer or heartbeat.
func (n *Network) handleTask(ctx context.Context, m *message) {
	c := n.canisters[m.To]
	if c == nil || c.Status != running || c.module == nil || !c.module.prepared.Hooks[m.Method] {
		return
	}
	call := n.openContext(c, &message{Origin: origin{Kind: fromSystem}})
	x := n.newExecution(c, modeTask)
	x.about(call)
	in, err := n.liveInstance(ctx, c)
	if err == nil {
		err = x.call(in, m.Method)
	}
	n.conclude(x, err, false)
	n.settle(call)
}
