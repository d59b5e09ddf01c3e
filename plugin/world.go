package plugin

import (
	"strings"

	"github.com/berth-cli/berth/component"
)

// World is what a kind of plugin imports beside WASI. It is a value without state:
// what a run needs is in [Session.State].
type World struct {
	// Name says which world it is, such as "icp:sync-plugin@0.1". It is for Once.
	Name string

	// Interfaces are those of what Define defines that plugins may call, each as
	// the linker knows it ("ns:pkg/iface@0.1"); "" are the functions that the world
	// imports by themselves. A call of any other, but of WASI's, is refused with a
	// *RefusedError. nil: all that Define defines.
	Interfaces []string

	// Waits says that the world's functions wait for something outside: the time
	// in them is not the plugin's.
	Waits bool

	// Describe says what a call of one of the world's functions is about, to tell
	// those apart that go through one function. nil: each function is a method, by
	// its name.
	Describe func(*component.Call) CallInfo

	// Define defines the world's functions, and may add an Interceptor, which comes
	// after what this package asks of every call. The functions find [Session.State]
	// by [State].
	Define func(*component.Linker)

	// Once says that Define defines the same in every world of that Name: a plugin
	// is then linked to it once, not for each run. What differs from run to run has to be
	// in Session.State, as a variable that Define captures stays that of the first. It
	// does nothing for a world without a Name.
	Once bool
}

// CallInfo is what a call of a world's function is about.
type CallInfo struct {
	Method string // what is called, such as a canister's method
	Kind   string // what calls are counted by, such as "update": one of a few
	Args   []byte // what the method is given; nil: the arguments as they are
}

func (w World) describe(c *component.Call) CallInfo {
	if w.Describe == nil {
		return CallInfo{Method: c.Func, Kind: "call"}
	}
	return w.Describe(c)
}

func (w World) allows(iface string) bool {
	if w.Interfaces == nil {
		return true // the linker has nothing else
	}
	for _, allowed := range w.Interfaces {
		if iface == allowed || allowed != "" && strings.HasPrefix(iface, allowed) {
			return true
		}
	}
	return false
}

func isWASI(iface string) bool { return strings.HasPrefix(iface, "wasi:") }

// Command is the world of plain programs, wasi:cli/run.
func Command() World { return World{Name: "wasi:cli/command@0.2", Once: true} }
