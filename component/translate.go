package component

import (
	"github.com/berth-cli/berth/component/internal/cabi"
	"github.com/berth-cli/berth/engine"
)

// translate makes what ended a guest's call an error of this package: a *Trap for
// what the guest did, the *HostError of a host function. Others stay as they are.
func translate(err error) error {
	switch e := err.(type) { //nolint:errorlint // what a host function wraps is its own affair
	case *cabi.Trap:
		return abiTrap(e)
	case *engine.Trap:
		return coreTrap(e)
	}
	return err
}

// coreTrap translates a trap of core code, or of what it called.
func coreTrap(e *engine.Trap) error {
	switch e.Code {
	case engine.TrapHostError:
		inner := translate(e.Err)
		if t, ok := inner.(*Trap); ok && t.Frames == nil { //nolint:errorlint // as above
			withFrames := *t
			withFrames.Frames = e.Frames
			return &withFrames
		}
		if inner != nil {
			return inner
		}
	case engine.TrapInterrupted:
		return &Trap{Kind: TrapInterrupted, Code: e.Code, Frames: e.Frames, Err: e.Err}
	}
	message := e.Code.String()
	if e.Message != "" {
		message = e.Message
	}
	return &Trap{Kind: TrapCore, Code: e.Code, Message: message, Frames: e.Frames, Err: e.Err}
}

func abiTrap(e *cabi.Trap) error {
	t := &Trap{Message: e.Message}
	switch e.Kind {
	case cabi.BadHandle:
		t.Kind = TrapHandle
	case cabi.BadCall:
		t.Kind = TrapReentrance
	case cabi.OverLimit:
		t.Kind = TrapLimit
		t.Err = &LimitError{Limit: e.Limit, Max: e.Max, Want: e.Want}
	default:
		t.Kind = TrapValue
	}
	return t
}
