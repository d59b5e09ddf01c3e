package localnet

import (
	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// defaultCycles is what a canister made by provisional_create has.
const defaultCycles = 100_000_000_000_000

// canisterArg is the argument of methods about a canister and nothing else.
type canisterArg struct {
	ID            principal.Principal `candid:"canister_id"`
	SenderVersion *uint64             `candid:"sender_canister_version"`
}

type createReply struct {
	ID principal.Principal `candid:"canister_id"`
}

func (n *Network) createCanister(m *message) outcome {
	arg := struct {
		Settings      *wireSettings `candid:"settings"`
		SenderVersion *uint64       `candid:"sender_canister_version"`
	}{}
	if rej := decodeArg(m.Arg, &arg); rej != nil {
		return failed(rej)
	}
	if rej := m.checkSender(arg.SenderVersion); rej != nil {
		return failed(rej)
	}
	c, rej := n.create(m, nil, arg.Settings, m.Cycles)
	if rej != nil {
		return failed(rej)
	}
	return outcome{reply: createReply{c.ID.Principal}, accepted: m.Cycles}
}

func (n *Network) provisionalCreate(m *message) outcome {
	arg := struct {
		Amount        *candid.Nat          `candid:"amount"`
		Settings      *wireSettings        `candid:"settings"`
		SpecifiedID   *principal.Principal `candid:"specified_id"`
		SenderVersion *uint64              `candid:"sender_canister_version"`
	}{}
	if rej := decodeArg(m.Arg, &arg); rej != nil {
		return failed(rej)
	}
	if rej := m.checkSender(arg.SenderVersion); rej != nil {
		return failed(rej)
	}
	amount := newCycles(defaultCycles)
	if arg.Amount != nil {
		var rej *reject
		if amount, rej = toCycles(*arg.Amount, "amount"); rej != nil {
			return failed(rej)
		}
	}
	c, rej := n.create(m, arg.SpecifiedID, arg.Settings, amount)
	if rej != nil {
		return failed(rej)
	}
	return outcome{reply: createReply{c.ID.Principal}}
}

// create makes an empty canister.
func (n *Network) create(m *message, specified *principal.Principal, w *wireSettings, amount cycles) (*canister, *reject) {
	s, rej := w.apply(defaultSettings(m.From))
	if rej != nil {
		return nil, rej
	}
	id, rej := n.newID(specified)
	if rej != nil {
		return nil, rej
	}
	return n.addCanister(id, m, s, amount), nil
}

func (n *Network) addCanister(id pid, m *message, s settings, amount cycles) *canister {
	c := newCanister(id)
	c.Settings, c.Cycles = s, amount
	c.Created = n.nextTime()
	n.canisters[id] = c
	n.record(c, m, change{Kind: changeCreation, Controllers: s.Controllers})
	n.mutated = true
	return c
}

// newID is the next free id, or the one asked for.
func (n *Network) newID(specified *principal.Principal) (pid, *reject) {
	if specified != nil {
		id := pid{*specified}
		if !inRange(id) {
			return pid{}, rejectf(canisterReject, "IC0406", "The specified id %v is not in this network's range %v to %v", id, firstID(), lastID())
		}
		if n.canisters[id] != nil || n.wasDeleted(id) || id == canisterID(proxyCounter) {
			return pid{}, rejectf(canisterReject, "IC0406", "The specified id %v is taken", id)
		}
		return id, nil
	}
	for ; n.NextCounter <= lastFreeCounter; n.NextCounter++ {
		id := canisterID(n.NextCounter)
		if n.canisters[id] == nil && !n.wasDeleted(id) {
			n.NextCounter++
			return id, nil
		}
	}
	return pid{}, rejectf(sysTransient, "IC0202", "All canister ids of the network are taken")
}

func (n *Network) wasDeleted(id pid) bool {
	for _, gone := range n.Gone {
		if gone == id {
			return true
		}
	}
	return false
}

func (n *Network) provisionalTopUp(m *message) outcome {
	arg := struct {
		ID     principal.Principal `candid:"canister_id"`
		Amount candid.Nat          `candid:"amount"`
	}{}
	if rej := decodeArg(m.Arg, &arg); rej != nil {
		return failed(rej)
	}
	c := n.canisters[pid{arg.ID}]
	if c == nil {
		return failed(rejectf(destinationInvalid, "IC0301", "Canister %v not found.", arg.ID))
	}
	amount, rej := toCycles(arg.Amount, "amount")
	if rej != nil {
		return failed(rej)
	}
	c.Cycles = c.Cycles.add(amount)
	c.dirty = true
	return outcome{}
}

func (n *Network) depositCycles(m *message) outcome {
	var arg canisterArg
	if rej := decodeArg(m.Arg, &arg); rej != nil {
		return failed(rej)
	}
	c := n.canisters[pid{arg.ID}]
	if c == nil {
		return failed(rejectf(destinationInvalid, "IC0301", "Canister %v not found.", arg.ID))
	}
	c.Cycles = c.Cycles.add(m.Cycles)
	c.dirty = true
	return outcome{accepted: m.Cycles}
}

func (n *Network) updateSettings(m *message) outcome {
	arg := struct {
		ID            principal.Principal `candid:"canister_id"`
		Settings      wireSettings        `candid:"settings"`
		SenderVersion *uint64             `candid:"sender_canister_version"`
	}{}
	if rej := decodeArg(m.Arg, &arg); rej != nil {
		return failed(rej)
	}
	c, rej := n.managed(pid{arg.ID}, m.From, controllersOnly)
	if rej == nil {
		rej = m.checkSender(arg.SenderVersion)
	}
	if rej != nil {
		return failed(rej)
	}
	s, rej := arg.Settings.apply(c.Settings)
	if rej != nil {
		return failed(rej)
	}
	c.Settings = s
	c.Version++
	if arg.Settings.Controllers != nil {
		n.record(c, m, change{Kind: changeControllers, Controllers: s.Controllers})
	}
	c.changed()
	return outcome{}
}

// subject decodes the argument and finds the canister the caller may manage.
func (n *Network) subject(m *message, a access) (*canister, *reject) {
	var arg canisterArg
	if rej := decodeArg(m.Arg, &arg); rej != nil {
		return nil, rej
	}
	c, rej := n.managed(pid{arg.ID}, m.From, a)
	if rej != nil {
		return nil, rej
	}
	return c, m.checkSender(arg.SenderVersion)
}

func (n *Network) startCanister(m *message) outcome {
	c, rej := n.subject(m, controllersOnly)
	if rej != nil {
		return failed(rej)
	}
	for _, s := range c.Stops {
		n.respond(s.Origin, &response{Reject: rejectf(canisterError, "IC0511", "Canister %v was started before it had stopped", c.ID)}, s.Refund)
	}
	c.Stops = nil
	c.Status = running
	c.Version++
	c.changed()
	return outcome{}
}

// stopTimeout is how long stop_canister waits for open calls, in nanoseconds.
const stopTimeout = 300e9

func (n *Network) stopCanister(m *message) outcome {
	c, rej := n.subject(m, controllersOnly)
	if rej != nil {
		return failed(rej)
	}
	c.Version++
	c.changed()
	if c.Status == stopped {
		return outcome{}
	}
	c.Status = stopping
	c.Stops = append(c.Stops, stopRequest{Origin: m.Origin, Refund: m.Cycles, Deadline: n.Time + stopTimeout})
	n.finishStop(c)
	return outcome{pending: true}
}

// finishStop stops a stopping canister that has no open call, and says so to those
// who wait for it.
func (n *Network) finishStop(c *canister) {
	if c.Status != stopping {
		return
	}
	for _, call := range n.contexts {
		if call.Canister == c.ID {
			return
		}
	}
	c.Status = stopped
	c.Version++
	for _, s := range c.Stops {
		n.respond(s.Origin, outcome{}.response(), s.Refund)
	}
	c.Stops = nil
	c.changed()
}

func (n *Network) deleteCanister(m *message) outcome {
	c, rej := n.subject(m, controllersOnly)
	if rej != nil {
		return failed(rej)
	}
	if c.Status != stopped {
		return failed(rejectf(canisterError, "IC0510", "Canister %v must be stopped before it is deleted.", c.ID))
	}
	c.dropInstance()
	delete(n.canisters, c.ID)
	n.deleted = append(n.deleted, c.ID)
	n.Gone = append(n.Gone, c.ID)
	n.sweepModules()
	return outcome{}
}
