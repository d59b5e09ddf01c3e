package cabi

import "fmt"

// Kind says which sort of rule was broken.
type Kind uint8

// The kinds of Trap.
const (
	BadValue  Kind = iota + 1 // a pointer, length, discriminant, character or string
	BadHandle                 // a handle index, or the state of what it names
	BadCall                   // entering or leaving an instance that may not be
	OverLimit                 // a bound of ours: Trap.Limit names it
)

// Trap is what a guest did against the Canonical ABI. The guest's call must end.
type Trap struct {
	Kind    Kind
	Message string
	Limit   string // OverLimit: the limit's name
	Max     uint64 // OverLimit: its value
	Want    uint64 // OverLimit: what was asked for
}

func (t *Trap) Error() string {
	if t.Message == "" {
		return "canonical ABI trap"
	}
	return t.Message
}

func badValue(format string, args ...any) error {
	return &Trap{Kind: BadValue, Message: fmt.Sprintf(format, args...)}
}

func badHandle(format string, args ...any) error {
	return &Trap{Kind: BadHandle, Message: fmt.Sprintf(format, args...)}
}

// The traps of leaving and entering a component instance at the wrong time.
func cannotLeave() error {
	return &Trap{Kind: BadCall, Message: "cannot leave component instance"}
}

func cannotEnter() error {
	return &Trap{Kind: BadCall, Message: "cannot enter component instance"}
}

// ValueError says that a Go value cannot be lowered: it is the host's mistake, and
// no trap.
type ValueError struct {
	WIT    string // the WIT type it was to become
	Reason string
}

func (e *ValueError) Error() string {
	if e.WIT == "" {
		return e.Reason
	}
	return fmt.Sprintf("lower %s: %s", e.WIT, e.Reason)
}
