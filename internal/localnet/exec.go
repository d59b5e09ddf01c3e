package localnet

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/berth-cli/berth/engine"
)

// execution is one run of one entry point. Everything it changes besides guest
// memory and stable memory is a copy here, until commit.
type execution struct {
	n    *Network
	c    *canister
	in   *instance
	mode mode

	// What it is about.
	ctx         *callContext // nil for tasks outside a call, queries and installs
	caller      pid
	method      string
	arg         []byte
	incoming    *response // of a callback
	certifiable bool      // a data certificate is available
	certificate []byte    // once it was asked for
	time        uint64
	version     uint64
	canRespond  bool

	// What it has done.
	reply     []byte
	answer    *response
	accepted  bool
	balance   cycles
	available cycles
	refunded  cycles
	giveBack  cycles // of the call, with the answer
	burned    cycles
	certified []byte
	timer     uint64
	building  *outgoing
	calls     []*outgoing
	queued    int // bytes of calls
	prints    [][]byte

	limit       uint64 // instructions
	used        uint64 // set when it ended
	spentBefore uint64 // by earlier messages of the call context
}

// newExecution prepares to run code of c.
func (n *Network) newExecution(c *canister, m mode) *execution {
	return &execution{
		n: n, c: c, mode: m, time: n.nextTime(), version: c.Version,
		balance: c.Cycles, certified: c.Certified, timer: c.Timer,
		limit: n.instructionLimit(m),
	}
}

// inspectInstructions is the most that canister_inspect_message may do.
const inspectInstructions = 200_000_000

// instructionLimit is the most work a message of a mode may do: installing may take
// six times as long as other messages.
func (n *Network) instructionLimit(m mode) uint64 {
	switch m {
	case modeInspect:
		return min(n.cfg.MaxInstructions, inspectInstructions)
	case modeInit, modePreUpgrade, modeStart:
		return 6 * n.cfg.MaxInstructions
	}
	return n.cfg.MaxInstructions
}

// spent is the number of instructions so far.
func (x *execution) spent() uint64 { return x.limit - x.in.store.Fuel() }

// print keeps a line of output.
func (x *execution) print(b []byte) {
	if len(x.prints) < 1000 {
		x.prints = append(x.prints, append([]byte(nil), b...))
	}
	if x.n.cfg.Print != nil {
		x.n.cfg.Print(x.c.ID.Principal, textOf(b))
	}
}

// call runs an exported function; a missing one does nothing.
func (x *execution) call(in *instance, export string) error {
	f := in.function(export)
	if f == nil {
		return nil
	}
	return x.run(in, f)
}

// callback runs a function of the table.
func (x *execution) callback(in *instance, c closure) error {
	if in.table == nil {
		return trapf("callback %d: the module has no table of functions", c.Func)
	}
	arg := engine.I32
	if in.module.prepared.Memory64 {
		arg = engine.I64
	}
	if c.Func > 1<<32-1 {
		return trapf("callback %d: out of bounds of the table", c.Func)
	}
	f, err := in.table.Func(uint32(c.Func), engine.FuncType{Params: []engine.ValType{arg}})
	if err != nil {
		return err
	}
	return x.run(in, f, c.Env)
}

// run calls f with everything metered. The error is whatever ended the guest.
func (x *execution) run(in *instance, f engine.Func, args ...uint64) error {
	x.in = in
	in.running = x
	in.store.SetFuel(x.limit)
	x.n.setRunning(in.store)
	stack := make([]uint64, max(f.Type().StackLen(), len(args)))
	copy(stack, args)
	err := f.Call(stack)
	x.n.setRunning(nil)
	if errors.Is(err, engine.ErrInterrupted) {
		x.n.interrupted = true
	}
	x.used += x.limit - in.store.Fuel()
	in.running = nil
	if err == nil {
		err = x.checkMemoryLimit()
	}
	x.dropBuilding()
	return err
}

// checkMemoryLimit enforces the setting wasm_memory_limit where it counts.
func (x *execution) checkMemoryLimit() error {
	limit := x.c.Settings.WasmMemoryLimit
	if limit == 0 || x.mode&(modeInit|modeUpdate|modeStart) == 0 || uint64(len(x.memory())) <= limit {
		return nil
	}
	return &trapError{errorCode: "IC0539", text: fmt.Sprintf("Canister exceeded its current Wasm memory limit of %d bytes", limit)}
}

// commit makes what x did final, the guest's memory included.
func (x *execution) commit() {
	x.c.keep()
	x.c.stable.commit()
	x.c.StablePages = x.c.stable.size
	x.commitEffects()
}

// commitEffects makes everything but the guest's memory final.
func (x *execution) commitEffects() {
	c := x.c
	c.Cycles, c.Burned = x.balance, c.Burned.add(x.burned)
	c.Certified, c.Timer = x.certified, x.timer
	c.Version++
	if x.ctx != nil {
		x.ctx.Available = x.available
		x.ctx.Spent += x.used
	}
	c.changed()
}

// discard takes everything back. trapped says that the guest did not return, and
// its instance is not to be trusted.
func (x *execution) discard(trapped bool) {
	x.c.stable.rollback()
	if trapped {
		x.c.dropInstance()
		return
	}
	x.c.reset()
}

// log appends what a replicated run printed, and the trap that ended it, to the
// canister's log.
func (x *execution) log(trap *reject) {
	if !x.mode.replicated() {
		return
	}
	for _, b := range x.prints {
		x.c.log(x.time, b)
	}
	if trap != nil {
		x.c.log(x.time, []byte("[TRAP]: "+trap.Message))
	}
}

// maxLogBytes is how much of its log a canister keeps.
const maxLogBytes = 4 << 10

func (c *canister) log(time uint64, content []byte) {
	content = content[:min(len(content), maxLogBytes)]
	c.Logs = append(c.Logs, logRecord{Index: c.NextLog, Time: time, Content: content})
	c.NextLog++
	total := 0
	for i := len(c.Logs) - 1; i >= 0; i-- {
		if total += len(c.Logs[i].Content) + 16; total > maxLogBytes && i < len(c.Logs)-1 {
			c.Logs = append([]logRecord(nil), c.Logs[i+1:]...)
			break
		}
	}
	c.dirty = true
}

// reject turns what ended a guest into what callers are told.
func (x *execution) reject(err error) *reject {
	if t, ok := errors.AsType[*trapError](err); ok {
		return rejectf(canisterError, t.errorCode, "Error from Canister %v: %s", x.c.ID, t.text)
	}
	if errors.Is(err, engine.ErrOutOfFuel) {
		return rejectf(canisterError, "IC0522", "Error from Canister %v: Canister exceeded the limit of %d instructions for single message execution.", x.c.ID, x.limit)
	}
	if errors.Is(err, engine.ErrInterrupted) {
		return rejectf(sysTransient, "IC0200", "Error from Canister %v: the network was closed while the message ran", x.c.ID)
	}
	if p, ok := errors.AsType[*engine.PanicError](err); ok { // a bug of ours
		return rejectf(sysFatal, "IC0100", "Error from Canister %v: %v", x.c.ID, p)
	}
	if trap, ok := errors.AsType[*engine.Trap](err); ok {
		return rejectf(canisterError, "IC0502", "Error from Canister %v: Canister trapped: %s", x.c.ID, trapText(trap))
	}
	return rejectf(sysFatal, "IC0100", "Error from Canister %v: %v", x.c.ID, err)
}

// trapText words a trap as the Internet Computer does.
func trapText(t *engine.Trap) string {
	switch t.Code {
	case engine.TrapUnreachable:
		return "unreachable"
	case engine.TrapMemoryOutOfBounds:
		return "heap out of bounds"
	case engine.TrapTableOutOfBounds:
		return "table out of bounds"
	case engine.TrapIndirectCallToNull:
		return "uninitialized table element"
	case engine.TrapBadSignature:
		return "function signature mismatch"
	case engine.TrapDivideByZero:
		return "integer division by 0"
	case engine.TrapStackOverflow:
		return "stack overflow"
	}
	return t.Error()
}

// textOf is what guests print, made fit to show.
func textOf(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}
