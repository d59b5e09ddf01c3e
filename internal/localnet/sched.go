package localnet

import (
	"slices"

	"github.com/berth-cli/berth/internal/localnet/wasmprep"
)

// step handles the next message and reports whether there was one.
//
// All messages wait in one queue, so those from one canister to another stay in
// order.
func (n *Network) step() bool {
	if len(n.queue) == 0 {
		return false
	}
	m := n.queue[0]
	n.queue[0] = nil
	n.queue = n.queue[1:]
	n.mutated = true
	switch m.Kind {
	case callMessage:
		n.handleCall(m)
	case responseMessage:
		n.handleResponse(m)
	case taskMessage:
		n.handleTask(m)
	}
	return true
}

func (n *Network) enqueue(m *message) {
	n.queue = append(n.queue, m)
	n.mutated = true
}

// handleCall starts a call: opens a context for it and runs the method.
func (n *Network) handleCall(m *message) {
	if m.Origin.Kind == fromUser {
		n.setIngress(m.Origin.Request, processing, nil)
	}
	if m.To.IsManagement() {
		n.handleManagement(m)
		return
	}
	c, rej := n.receiver(m)
	if rej != nil {
		n.respond(m.Origin, &response{Reject: rej}, m.Cycles)
		return
	}
	ctx := n.openContext(c, m)
	x := n.newExecution(c, modeUpdate)
	query := c.module.prepared.Methods[m.Method] == wasmprep.Query
	if query {
		x.mode = modeReplQuery
	}
	x.about(ctx)
	x.method, x.arg = m.Method, m.Arg
	in, err := n.liveInstance(c)
	if err == nil {
		err = x.call(in, exportOf(c, m.Method))
	}
	n.conclude(x, err, query)
	n.settle(ctx)
}

// exportOf is the export that is a method of c.
func exportOf(c *canister, method string) string {
	return "canister_" + c.module.prepared.Methods[method].String() + " " + method
}

// about makes x act within a call context.
func (x *execution) about(ctx *callContext) {
	x.ctx = ctx
	x.caller = ctx.Caller
	x.available = ctx.Available
	x.canRespond = !ctx.Responded
	x.spentBefore = ctx.Spent
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
	ctx := &callContext{
		ID: n.NextID, Canister: c.ID, Caller: m.From, Origin: m.Origin,
		Available: m.Cycles, Deadline: m.Deadline, Responded: m.Origin.Kind == fromSystem,
	}
	n.contexts[ctx.ID] = ctx
	return ctx
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
		Origin: origin{Kind: fromCanister, Call: p.ID}, Deadline: o.deadline, Version: x.c.Version,
	})
}

func (n *Network) pendingTotal() int { return len(n.pending) }

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
func (n *Network) settle(ctx *callContext) {
	if ctx.Outstanding > 0 {
		return
	}
	if !ctx.Responded {
		rej := ctx.LastTrap
		if rej == nil {
			rej = rejectf(canisterError, "IC0506", "Error from Canister %v: Canister did not reply to the call", ctx.Canister)
		}
		ctx.Responded = true
		n.respond(ctx.Origin, &response{Reject: rej}, ctx.Available)
	}
	delete(n.contexts, ctx.ID)
	if c := n.canisters[ctx.Canister]; c != nil {
		n.finishStop(c)
	}
}

// handleResponse runs the callback of a call that was answered.
func (n *Network) handleResponse(m *message) {
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
	ctx := n.contexts[p.Context]
	if p.Late || ctx == nil {
		return
	}
	ctx.Outstanding--
	if !ctx.Deleted && c.module != nil {
		n.runCallback(c, ctx, p, m)
	}
	n.settle(ctx)
}

func (n *Network) runCallback(c *canister, ctx *callContext, p *pendingCall, m *message) {
	x := n.newCallback(c, ctx, m, modeReply)
	x.arg = m.Response.Data
	f := p.Reply
	if m.Response.Reject != nil {
		x.mode, x.arg, f = modeReject, nil, p.Reject
	}
	in, err := n.liveInstance(c)
	if err == nil {
		err = x.callback(in, f)
	}
	n.conclude(x, err, false)
	if err == nil || p.Cleanup == nil {
		return
	}
	trap := ctx.LastTrap
	x = n.newCallback(c, ctx, m, modeCleanup)
	x.canRespond = false
	if in, err = n.liveInstance(c); err == nil {
		err = x.callback(in, *p.Cleanup)
	}
	n.conclude(x, err, false)
	ctx.LastTrap = trap
}

func (n *Network) newCallback(c *canister, ctx *callContext, m *message, in mode) *execution {
	x := n.newExecution(c, in)
	x.about(ctx)
	x.refunded = m.Cycles
	x.incoming = m.Response
	return x
}

// handleTask runs a timer or heartbeat.
func (n *Network) handleTask(m *message) {
	c := n.canisters[m.To]
	if c == nil || c.Status != running || c.module == nil || !c.module.prepared.Hooks[m.Method] {
		return
	}
	ctx := n.openContext(c, &message{Origin: origin{Kind: fromSystem}})
	x := n.newExecution(c, modeTask)
	x.about(ctx)
	in, err := n.liveInstance(c)
	if err == nil {
		err = x.call(in, m.Method)
	}
	n.conclude(x, err, false)
	n.settle(ctx)
}
