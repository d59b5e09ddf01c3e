package meter

import (
	"runtime/debug"

	"github.com/berth-cli/berth/engine"
)

// CallHost calls a host function and turns its error or panic into a trap: an error
// that is a trap is that trap, any other is the cause of one.
func CallHost(f engine.HostFunc, stack []uint64) (trap *engine.Trap) {
	defer func() {
		if v := recover(); v != nil {
			err := &engine.PanicError{Value: v, Stack: debug.Stack()}
			trap = &engine.Trap{Code: engine.TrapHostError, Err: err}
		}
	}()
	err := f(stack)
	if err == nil {
		return nil
	}
	if t, ok := err.(*engine.Trap); ok && t != nil { //nolint:errorlint // one inside another error is that error's
		return t
	}
	return &engine.Trap{Code: engine.TrapHostError, Err: err}
}
