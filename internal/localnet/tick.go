package localnet

import (
	"context"
	"time"
)

// tick does what is due by the clock: timers, heartbeats, deadlines.
func (n *Network) tick(ctx context.Context) {
	now := n.advance()
	for _, id := range n.canisterIDs() {
		c := n.canisters[id]
		n.tickTimer(c, now)
		n.tickStops(c, now)
	}
	n.tickDeadlines(ctx, now)
	n.tickHeartbeats(now)
	n.tickIngress(now)
}

func (n *Network) tickTimer(c *canister, now uint64) {
	if c.Timer == 0 || c.Timer > now || c.Status != running || c.module == nil || !c.module.prepared.Hooks["canister_global_timer"] {
		return
	}
	c.Timer = 0
	c.changed()
	n.enqueue(&message{Kind: taskMessage, To: c.ID, Method: "canister_global_timer"})
}

// tickStops gives up on stop_canister calls that wait too long.
func (n *Network) tickStops(c *canister, now uint64) {
	keep := c.Stops[:0]
	for _, s := range c.Stops {
		if s.Deadline > now {
			keep = append(keep, s)
			continue
		}
		n.respond(s.Origin, &response{Reject: rejectf(sysTransient, "IC0200", "Stopping canister %v timed out: it still has open calls", c.ID)}, s.Refund)
		c.dirty = true
	}
	c.Stops = keep
}

// tickDeadlines answers calls whose bounded wait is over.
func (n *Network) tickDeadlines(ctx context.Context, now uint64) {
	for _, id := range sortedKeys(n.pending) {
		p := n.pending[id]
		if p.Deadline == 0 || p.Deadline > now || p.Late {
			continue
		}
		c, call := n.canisters[p.Caller], n.contexts[p.Context]
		if c == nil || call == nil {
			continue
		}
		p.Late = true
		n.mutated = true
		call.Outstanding--
		m := &message{Response: &response{Reject: rejectf(sysUnknown, "IC0601", "The call timed out: whether it was processed is unknown")}}
		if !call.Deleted && c.module != nil {
			n.runCallback(ctx, callback{c, call, p, m})
		}
		n.settle(call)
	}
}

func (n *Network) tickHeartbeats(now uint64) {
	every := n.cfg.HeartbeatInterval
	if every <= 0 || now < n.lastBeat+uint64(every) {
		return
	}
	n.lastBeat = now
	for _, id := range n.canisterIDs() {
		c := n.canisters[id]
		if c.Status == running && c.module != nil && c.module.prepared.Hooks["canister_heartbeat"] {
			n.enqueue(&message{Kind: taskMessage, To: id, Method: "canister_heartbeat"})
		}
	}
}

// ingressMemory is how long answers of finished calls are kept.
const ingressMemory = 5 * time.Minute

// tickIngress forgets calls that are finished and can no longer be replayed.
func (n *Network) tickIngress(now uint64) {
	if now < n.lastSweep+uint64(10*time.Second) {
		return
	}
	n.lastSweep = now
	for e := range n.ingress.all() {
		if e.Status == finished && e.Expiry < now && e.Done+uint64(ingressMemory) < now {
			n.ingress.remove(e.ID)
		}
	}
}

// nextWake is when tick has something to do, 0 if nothing is planned.
func (n *Network) nextWake() uint64 {
	var at uint64
	sooner := func(t uint64) {
		if t != 0 && (at == 0 || t < at) {
			at = t
		}
	}
	for _, c := range n.canisters {
		if c.Status == running && c.module != nil && c.module.prepared.Hooks["canister_global_timer"] {
			sooner(c.Timer)
		}
		if n.cfg.HeartbeatInterval > 0 && c.Status == running && c.module != nil && c.module.prepared.Hooks["canister_heartbeat"] {
			sooner(n.lastBeat + uint64(n.cfg.HeartbeatInterval))
		}
		for _, s := range c.Stops {
			sooner(s.Deadline)
		}
	}
	for _, p := range n.pending {
		if !p.Late {
			sooner(p.Deadline)
		}
	}
	return at
}

// advance moves the network's clock to the present, never back.
func (n *Network) advance() uint64 {
	n.Time = max(n.Time, uint64(max(0, n.cfg.Now().UnixNano())))
	return n.Time
}

// nextTime is the time for a new message: later than every one before.
func (n *Network) nextTime() uint64 {
	n.Time = max(n.Time+1, uint64(max(0, n.cfg.Now().UnixNano())))
	return n.Time
}
