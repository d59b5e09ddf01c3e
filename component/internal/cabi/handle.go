package cabi

// ResourceNew is `canon resource.new`: it returns a new own handle of in to
// something that in represents by rep.
//
// CanonicalABI.md, "canon resource.new".
func ResourceNew(in *Instance, r *Resource, rep uint32) (uint32, error) {
	if err := in.CheckLeave(); err != nil {
		return 0, err
	}
	return in.Handles.add(entry{res: r, rep: Rep{N: rep}, own: true})
}

// ResourceRep is `canon resource.rep`: it returns what handle i of in stands for.
//
// CanonicalABI.md, "canon resource.rep".
func ResourceRep(in *Instance, r *Resource, i uint32) (uint32, error) {
	e, err := in.Handles.get(i, r)
	if err != nil {
		return 0, err
	}
	return e.rep.N, nil
}

// ResourceDrop is `canon resource.drop`: it removes handle i of in. If it returns
// true, the handle owned rep, whose destructor the caller has to run.
//
// CanonicalABI.md, "canon resource.drop".
func ResourceDrop(in *Instance, r *Resource, i uint32) (rep Rep, owned bool, err error) {
	if err := in.CheckLeave(); err != nil {
		return Rep{}, false, err
	}
	e, err := in.Handles.remove(i, r)
	if err != nil {
		return Rep{}, false, err
	}
	if !e.own {
		e.scope.borrows--
		return Rep{}, false, nil
	}
	return e.rep, true, nil
}

// liftOwn takes own handle i away from the guest.
func (cx *Context) liftOwn(i uint32, r *Resource) (Rep, error) {
	e, err := cx.Inst.Handles.get(i, r)
	if err != nil {
		return Rep{}, err
	}
	if !e.own {
		return Rep{}, badHandle("handle %d (%s) is borrowed and cannot be given away", i, r.Name)
	}
	old, err := cx.Inst.Handles.remove(i, r)
	return old.rep, err
}

// liftBorrow lends handle i of the guest until the call is over.
func (cx *Context) liftBorrow(i uint32, r *Resource) (Rep, error) {
	e, err := cx.Inst.Handles.get(i, r)
	if err != nil {
		return Rep{}, err
	}
	e.lends++
	cx.lends = append(cx.lends, i)
	return e.rep, nil
}

// lowerOwn gives the guest an own handle to rep.
func (cx *Context) lowerOwn(rep Rep, r *Resource) (uint32, error) {
	return cx.Inst.Handles.add(entry{res: r, rep: rep, own: true})
}

// lowerBorrow lends rep to the guest until the call is over. To the instance that
// defines the resource it is its own representation, not a handle.
func (cx *Context) lowerBorrow(rep Rep, r *Resource) (uint32, error) {
	if r.Owner == cx.Inst {
		return rep.N, nil
	}
	i, err := cx.Inst.Handles.add(entry{res: r, rep: rep, scope: cx})
	if err == nil {
		cx.borrows++
	}
	return i, err
}

// EndCall ends the call on the caller's side: what it lent is its own again.
func (cx *Context) EndCall() {
	for _, i := range cx.lends {
		cx.Inst.Handles.entries[i-1].lends--
	}
	cx.lends = cx.lends[:0]
}

// CheckReturn returns a trap if the callee still holds what it was lent.
func (cx *Context) CheckReturn() error {
	if cx.borrows != 0 {
		return badHandle("borrow handles still remain at the end of the call: %d; a callee drops what it is lent before it returns", cx.borrows)
	}
	return nil
}
