package wire

import (
	"time"

	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// FileHead names a file that is handed over.
type FileHead struct{ Name string }

// StartHead is a run: what a plugin is told, and what it may spend.
type StartHead struct {
	CanisterID, Environment, Identity, Proxy string

	// Folders are the names of the folders that the process was given open.
	Folders []string

	Limits     plugin.Limits
	CPUSeconds uint64 // most processor time of the process; 0: not bounded

	Loops Loops

	MustFilter bool // without a filter of system calls nothing is to run
	CheckOnly  bool // only whether the component could be run is asked
}

// Loops is a plugin.Loops as data.
type Loops struct {
	Allow  bool
	Stall  time.Duration
	Differ bool // the parent knows in what arguments differ
}

// DifferHead asks in what the arguments of a method differ.
type DifferHead struct {
	Method string
	Args   [][]byte
}

// DiffersHead is the answer.
type DiffersHead struct{ Text string }

// WarnHead is a warning.
type WarnHead struct{ Text string }

// CodeHead names compiled code by its key. Found is of an answer.
type CodeHead struct {
	Key   []byte
	Found bool
}

// ReadyHead says how the worker locked itself in.
type ReadyHead struct {
	Filtered bool   // the filter of system calls is in force
	Reason   string // why it is not
	Took     Took
}

// Took is how long a worker took to get ready.
type Took struct {
	Start, Limit, Host, Load, Seal time.Duration
}

// CallHead is a call of the canister, but for its argument.
type CallHead struct {
	Method   string
	CallType icpsync.CallType
	Direct   bool
	Cycles   uint64
}

// ReplyHead says whether the body is a reply or what went wrong.
type ReplyHead struct{ Failed bool }

// Stage says how far a worker got.
type Stage string

// The stages at which a worker can end.
const (
	StageLoad  Stage = "load"  // the component could not be compiled
	StageCheck Stage = "check" // it is no plugin of the kind, or that was all that was asked
	StageRun   Stage = "run"   // it ran
)

// DoneHead is how a worker ended.
type DoneHead struct {
	Stage  Stage
	Report *Report `json:",omitempty"`
	Err    *Error  `json:",omitempty"`
}
