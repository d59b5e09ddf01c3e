package localnet

import (
	"fmt"

	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// pid is a principal that CBOR saves as its bytes.
type pid struct{ principal.Principal }

// MarshalBinary returns the principal's bytes.
func (p pid) MarshalBinary() ([]byte, error) { return p.Bytes(), nil }

// UnmarshalBinary reads the principal's bytes.
func (p *pid) UnmarshalBinary(b []byte) error {
	q, err := principal.FromBytes(b)
	p.Principal = q
	return err
}

// runStatus is whether a canister takes messages.
type runStatus byte

const (
	running runStatus = iota + 1
	stopping
	stopped
)

func (s runStatus) String() string {
	switch s {
	case running:
		return "running"
	case stopping:
		return "stopping"
	case stopped:
		return "stopped"
	}
	return fmt.Sprintf("status %d", byte(s))
}

// canister is one canister. What is in canisterData is saved whole when dirty is
// set; the rest page by page.
type canister struct {
	canisterData
	heap      []byte  // committed linear memory
	dirtyHeap pageSet // since the last save
	stable    *stableMemory
	chunks    map[[32]byte][]byte
	newChunks map[[32]byte]bool // since the last save

	module  *module    // nil while empty
	live    *instance  // memory and globals as committed; nil until needed
	tree    *cert.Tree // of the certified state; nil when changed
	dirty   bool
	void    voidRecord // what was replaced since the last save
	lastRun uint64     // for eviction of live
}

// canisterData is the part of a canister that is saved whole.
type canisterData struct {
	ID          pid
	Status      runStatus
	Stops       []stopRequest // who waits for it to stop
	Cycles      cycles
	Version     uint64
	Created     uint64 // time
	Installed   uint64 // time of the last install, 0 if never
	Settings    settings
	ModuleHash  []byte // nil while empty
	Globals     []uint64
	HeapBytes   uint64
	StablePages uint64
	Certified   []byte // certified data
	Timer       uint64 // 0: none
	History     []change
	Changes     uint64 // all ever made, History holds the latest
	Logs        []logRecord
	NextLog     uint64
	Burned      cycles
}

// stopRequest is a call of stop_canister that has no answer yet.
type stopRequest struct {
	Origin   origin
	Refund   cycles
	Deadline uint64
}

// logRecord is one line of a canister's log.
type logRecord struct {
	Index, Time uint64
	Content     []byte
}

// settings are a canister's settings.
type settings struct {
	Controllers         []pid
	ComputeAllocation   uint64
	MemoryAllocation    uint64
	FreezingThreshold   uint64
	ReservedCyclesLimit cycles
	MinCallCycles       cycles
	LogVisibility       visibility
	LogMemoryLimit      uint64
	SnapshotVisibility  visibility
	StatusVisibility    visibility
	WasmMemoryLimit     uint64
	WasmMemoryThreshold uint64
	Env                 []envVar
}

type envVar struct{ Name, Value string }

// visibility says who besides the controllers may see something.
type visibility struct {
	Public  bool
	Viewers []pid // if not nil, these
}

func (v visibility) allows(p pid) bool {
	if v.Public {
		return true
	}
	for _, q := range v.Viewers {
		if p == q {
			return true
		}
	}
	return false
}

func (c *canister) isController(p pid) bool {
	for _, q := range c.Settings.Controllers {
		if p == q {
			return true
		}
	}
	return false
}

// changed marks c as to be saved and certified anew.
func (c *canister) changed() {
	c.dirty = true
	c.tree = nil
}

// originKind is what a call context answers to.
type originKind byte

const (
	fromSystem originKind = iota + 1
	fromUser
	fromCanister
)

// origin is who waits for an answer.
type origin struct {
	Kind    originKind
	Request [32]byte // of a user
	Call    uint64   // of a canister: its pending call
}

// callContext is one call a canister has to answer.
type callContext struct {
	ID          uint64
	Canister    pid
	Caller      pid
	Origin      origin
	Responded   bool
	Deleted     bool // the canister was uninstalled: no callbacks run
	Available   cycles
	Outstanding int // calls made that have no response yet
	LastTrap    *reject
	Deadline    uint64
	Spent       uint64 // instructions so far
}

// closure is a function of a canister's table and the value to give it.
type closure struct{ Func, Env uint64 }

// pendingCall is a call a canister made and has no response to.
type pendingCall struct {
	ID       uint64
	Context  uint64
	Caller   pid
	Reply    closure
	Reject   closure
	Cleanup  *closure
	Cycles   cycles // attached
	Deadline uint64 // 0: unbounded wait
	Late     bool   // the deadline passed and was told: a response only refunds
}

// messageKind is what a message does.
type messageKind byte

const (
	callMessage messageKind = iota + 1
	responseMessage
	taskMessage
)

// message is something a canister will do.
type message struct {
	Kind     messageKind
	To       pid
	From     pid    // of a call
	Method   string // of a call; of a task the export
	Arg      []byte
	Cycles   cycles // attached, or refunded by a response
	Origin   origin
	Deadline uint64
	Version  uint64    // of a call by a canister: the version it saw when it made it
	Call     uint64    // of a response: the pending call
	Response *response // of a response
}

// response is an answer: Reject is nil for a reply.
type response struct {
	Data   []byte
	Reject *reject
}

// reject codes.
const (
	sysFatal           = 1
	sysTransient       = 2
	destinationInvalid = 3
	canisterReject     = 4
	canisterError      = 5
	sysUnknown         = 6
)

// reject is a call's failure as callers see it.
type reject struct {
	Code      uint64
	Message   string
	ErrorCode string // such as "IC0503"; empty inside inter-canister calls made by canisters
}

func (r *reject) Error() string {
	return fmt.Sprintf("reject code %d, %s: %s", r.Code, r.ErrorCode, r.Message)
}

func rejectf(code uint64, errorCode, format string, args ...any) *reject {
	return &reject{Code: code, Message: fmt.Sprintf(format, args...), ErrorCode: errorCode}
}

// ingressStatus is how far a user's call got.
type ingressStatus byte

const (
	received ingressStatus = iota + 1
	processing
	finished
)

// ingressEntry is what is known of a user's call.
type ingressEntry struct {
	ID       [32]byte
	Sender   pid
	Target   pid // effective canister id
	Callee   pid
	Expiry   uint64
	Status   ingressStatus
	Response *response
	Done     uint64 // time

	tree *cert.Tree
}

func newCanister(id pid) *canister {
	return &canister{
		canisterData: canisterData{ID: id, Status: running},
		dirtyHeap:    make(pageSet),
		stable:       newStableMemory(),
		chunks:       make(map[[32]byte][]byte),
		newChunks:    make(map[[32]byte]bool),
		dirty:        true,
	}
}
