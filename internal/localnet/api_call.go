package localnet

import (
	"unicode/utf8"

	"github.com/berth-cli/berth/internal/ic/principal"
)

// maxCallTimeout is the longest bounded wait, in seconds.
const maxCallTimeout = 300

// maxCallsPerMessage bounds what one message may queue.
const maxCallsPerMessage = 10_000

// outgoing is a call under construction or performed by the running message.
type outgoing struct {
	callee   pid
	method   string
	arg      []byte
	reply    closure
	reject   closure
	cleanup  *closure
	cycles   cycles
	bounded  bool
	deadline uint64
}

// callAPI builds calls to other canisters.
func callAPI() []apiFunc {
	const where, pay = "U CQ Ry Rt CRy CRt T", "U Ry Rt T"
	return []apiFunc{
		{name: "call_new", sig: "IIIIIIII:", modes: where, body: (*execution).callNew},
		{name: "call_on_cleanup", sig: "II:", modes: where, body: (*execution).callOnCleanup},
		{name: "call_data_append", sig: "II:", modes: where, body: (*execution).callDataAppend},
		{name: "call_with_best_effort_response", sig: "i:", modes: where, body: (*execution).callBounded},
		{name: "call_cycles_add", sig: "l:", modes: pay, body: func(x *execution, a []uint64) error {
			return x.callCyclesAdd("call_cycles_add", newCycles(a[0]))
		}},
		{name: "call_cycles_add128", sig: "ll:", modes: pay, body: func(x *execution, a []uint64) error {
			return x.callCyclesAdd("call_cycles_add128", cycles{Hi: a[0], Lo: a[1]})
		}},
		{name: "call_perform", sig: ":i", modes: where, body: (*execution).callPerform},
	}
}

// dropBuilding gives the cycles of a call that is not performed back.
func (x *execution) dropBuilding() {
	if x.building != nil {
		x.balance = x.balance.add(x.building.cycles)
		x.building = nil
	}
}

func (x *execution) callNew(a []uint64) error {
	if x.mode&(modeComposite|modeCompReply|modeCompReject) != 0 {
		return violation("calls from composite queries are not available in the embedded development network")
	}
	x.dropBuilding()
	callee, err := x.read(a[0], a[1], principal.MaxLen, "callee")
	if err != nil {
		return err
	}
	name, err := x.read(a[2], a[3], maxNameBytes, "method name")
	if err != nil {
		return err
	}
	p, err := principal.FromBytes(callee)
	if err != nil {
		return trapf("\"ic0.call_new\": callee: %v", err)
	}
	if !utf8.Valid(name) {
		return violation("\"ic0.call_new\": the method name is not valid UTF-8")
	}
	x.building = &outgoing{callee: pid{p}, method: string(name), reply: closure{a[4], a[5]}, reject: closure{a[6], a[7]}}
	return nil
}

// construction returns the call being built, or traps.
func (x *execution) construction(f string) (*outgoing, error) {
	if x.building == nil {
		return nil, violation("\"ic0.%s\": no call is under construction", f)
	}
	return x.building, nil
}

func (x *execution) callOnCleanup(a []uint64) error {
	c, err := x.construction("call_on_cleanup")
	if err != nil {
		return err
	}
	if c.cleanup != nil {
		return violation("\"ic0.call_on_cleanup\" was called twice for one call")
	}
	c.cleanup = &closure{a[0], a[1]}
	return nil
}

func (x *execution) callDataAppend(a []uint64) error {
	c, err := x.construction("call_data_append")
	if err != nil {
		return err
	}
	if a[1] > maxCallBytes || uint64(len(c.arg))+a[1] > maxCallBytes {
		return violation("\"ic0.call_data_append\": the argument would exceed %d bytes", maxCallBytes)
	}
	b, err := x.view(a[0], a[1])
	if err != nil {
		return err
	}
	if x.queued += len(b); x.queued > maxQueuedBytes {
		return trapf("\"ic0.call_data_append\": the calls of one message exceed %d bytes", maxQueuedBytes)
	}
	c.arg = append(c.arg, b...)
	return nil
}

func (x *execution) callBounded(a []uint64) error {
	c, err := x.construction("call_with_best_effort_response")
	if err != nil {
		return err
	}
	if c.bounded {
		return violation("\"ic0.call_with_best_effort_response\" was called twice for one call")
	}
	c.bounded = true
	c.deadline = x.time + min(a[0], maxCallTimeout)*1e9
	return nil
}

func (x *execution) callCyclesAdd(f string, n cycles) error {
	c, err := x.construction(f)
	if err != nil {
		return err
	}
	if x.balance.cmp(n) < 0 {
		return &trapError{errorCode: "IC0502", text: "Canister trapped: \"ic0." + f + "\": out of cycles: " + n.String() + " wanted, " + x.balance.String() + " available"}
	}
	x.balance = x.balance.sub(n)
	c.cycles = c.cycles.add(n)
	return nil
}

func (x *execution) callPerform(a []uint64) error {
	c, err := x.construction("call_perform")
	if err != nil {
		return err
	}
	a[0] = 0
	x.queued += len(c.method)
	if len(x.calls) >= maxCallsPerMessage || len(x.n.pending)+len(x.calls) >= maxPendingCalls || !x.n.queue.room(x.queued) {
		x.dropBuilding()
		a[0] = sysTransient
		return nil
	}
	x.calls = append(x.calls, c)
	x.building = nil
	return nil
}

// maxPendingCalls bounds the calls under way on the whole network.
const maxPendingCalls = 100_000
