package cabi

// Instance is the state of a component instance: whether it may be left and
// entered, and the handles it holds.
//
// CanonicalABI.md, "Component Instance State".
type Instance struct {
	Parent  *Instance // nil for the root
	Name    string    // for messages
	Handles Table

	// Storage is what context.get and context.set of the running call use: each call
	// begins with zeros.
	Storage [2]uint64

	mayLeave     bool
	entered      bool
	backpressure int
}

// NewInstance returns an instance that may be entered and left. A root's table and
// those of all instances below it hold at most maxHandles together.
func NewInstance(parent *Instance, name string, maxHandles int) *Instance {
	shared := &room{max: maxHandles}
	if parent != nil {
		shared = parent.Handles.room
	}
	return &Instance{Parent: parent, Name: name, Handles: Table{room: shared}, mayLeave: true}
}

// CheckLeave returns a trap if the instance may not call out, because its realloc
// or post-return is running.
func (in *Instance) CheckLeave() error {
	if !in.mayLeave {
		return cannotLeave()
	}
	return nil
}

// SetMayLeave sets whether the instance may call out.
func (in *Instance) SetMayLeave(may bool) { in.mayLeave = may }

// Way is the component instances that a call enters: the callee and those of its
// ancestors that are not the caller or an ancestor of it. A call within one
// instance, or from an instance to one around it, enters none.
//
// CanonicalABI.md, "Component Instance State": reentrance.
type Way []*Instance

// WayInto returns the way from caller, nil for the host, into callee.
func WayInto(caller, callee *Instance) Way {
	around := map[*Instance]bool{}
	for in := caller; in != nil; in = in.Parent {
		around[in] = true
	}
	var w Way
	for in := callee; in != nil && !around[in]; in = in.Parent {
		w = append(w, in)
	}
	return w
}

// Enter marks the way as entered. The error is a trap if a part of it already is.
func (w Way) Enter() error {
	for _, in := range w {
		if in.entered {
			return cannotEnter()
		}
	}
	for _, in := range w {
		in.entered = true
	}
	return nil
}

// Leave undoes Enter. It is not called after a trap, so that nobody enters again.
func (w Way) Leave() {
	for _, in := range w {
		in.entered = false
	}
}

// AddBackpressure is backpressure.inc and backpressure.dec. Calls that are not
// async take no notice of it.
//
// CanonicalABI.md, "canon backpressure.{inc,dec}".
func (in *Instance) AddBackpressure(by int) error {
	in.backpressure += by
	if in.backpressure < 0 || in.backpressure >= 1<<16 {
		return &Trap{Kind: BadCall, Message: "backpressure counter out of range"}
	}
	return nil
}
