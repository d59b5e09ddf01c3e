package cabi

import "github.com/berth-cli/berth/component/internal/types"

// Layout is where the parameters and the result of a function are, as core code
// passes them: flat values, or tuples in memory where there are too many.
//
// CanonicalABI.md, "Flattening", "Lifting and Lowering Values".
type Layout struct {
	Params         []Slot
	ParamsInMemory bool // the first flat value points to a tuple of them
	ResultInMemory bool
	FlatParams     int // flat values of the parameters, without the result's pointer
	FlatResults    int // flat values of the result, 0 if it is in memory

	size   uint64 // of the tuple of parameters, in memory
	align  uint32
	result *types.Type
}

// Slot is where one parameter is: among the flat values, or in the tuple.
type Slot struct {
	Flat int
	Mem  uint32
}

// LayoutOf returns the layout of a function of that type.
func LayoutOf(f *types.Func) *Layout {
	core := f.LiftCore()
	l := &Layout{
		Params:         make([]Slot, len(f.Params)),
		ParamsInMemory: core.ParamsInMemory,
		ResultInMemory: core.ResultInMemory,
		FlatParams:     len(core.Params),
		align:          1,
		result:         f.Result,
	}
	if !l.ResultInMemory {
		l.FlatResults = len(core.Results)
	}
	flat := 0
	for i, p := range f.Params {
		align := uint64(p.Type.Align())
		l.size = (l.size + align - 1) &^ (align - 1)
		l.Params[i] = Slot{Flat: flat, Mem: uint32(l.size)}
		l.size += uint64(p.Type.Size())
		l.align = max(l.align, p.Type.Align())
		kinds, _ := p.Type.Flat()
		flat += len(kinds)
	}
	l.size = (l.size + uint64(l.align) - 1) &^ (uint64(l.align) - 1)
	return l
}

// LiftBase begins lifting parameters: it returns where the tuple of them is in
// memory, checked, or 0 if they are flat.
func (l *Layout) LiftBase(cx *Context, flat []uint64) (uint32, error) {
	if !l.ParamsInMemory {
		return 0, nil
	}
	ptr := uint32(flat[0])
	_, err := cx.view(ptr, l.size, l.align, "parameters")
	return ptr, err
}

// LowerBase begins lowering parameters: if they go to memory, it allocates the
// tuple there, and stores its address as the first flat value.
func (l *Layout) LowerBase(cx *Context, flat []uint64) (uint32, error) {
	if !l.ParamsInMemory {
		return 0, nil
	}
	ptr, err := cx.alloc(l.size, l.align, "parameters")
	flat[0] = uint64(ptr)
	return ptr, err
}

// ResultAt returns ptr, where a result is or goes in memory, checked.
func (l *Layout) ResultAt(cx *Context, ptr uint64) (uint32, error) {
	_, err := cx.view(uint32(ptr), uint64(l.result.Size()), l.result.Align(), "result")
	return uint32(ptr), err
}

// LiftParam stores parameter i to dst; base is what LiftBase returned.
func LiftParam[T any](cx *Context, l *Layout, v *Value[T], i int, flat []uint64, base uint32, dst *T) error {
	if l.ParamsInMemory {
		return v.LiftMem(cx, base+l.Params[i].Mem, dst)
	}
	return v.LiftFlat(cx, flat[l.Params[i].Flat:], dst)
}

// LowerParam passes src as parameter i; base is what LowerBase returned.
func LowerParam[T any](cx *Context, l *Layout, v *Value[T], i int, src *T, flat []uint64, base uint32) error {
	if l.ParamsInMemory {
		return v.LowerMem(cx, src, base+l.Params[i].Mem)
	}
	return v.LowerFlat(cx, src, flat[l.Params[i].Flat:])
}

// LiftResult stores to dst the result of a lifted core function, from the flat
// values it returned.
func LiftResult[T any](cx *Context, l *Layout, v *Value[T], flat []uint64, dst *T) error {
	if !l.ResultInMemory {
		return v.LiftFlat(cx, flat, dst)
	}
	ptr, err := l.ResultAt(cx, flat[0])
	if err != nil {
		return err
	}
	return v.LiftMem(cx, ptr, dst)
}

// LowerResult returns src from a lowered function that was called with flat.
func LowerResult[T any](cx *Context, l *Layout, v *Value[T], src *T, flat []uint64) error {
	if !l.ResultInMemory {
		return v.LowerFlat(cx, src, flat)
	}
	ptr, err := l.ResultAt(cx, flat[l.FlatParams])
	if err != nil {
		return err
	}
	return v.LowerMem(cx, src, ptr)
}

// FuncMover moves the parameters and the result of calls between two guests.
type FuncMover struct {
	*Layout
	params []*Mover
	result *Mover
}

// CompileFuncMove makes the FuncMover for functions of that type.
func (e *Env) CompileFuncMove(f *types.Func) (*FuncMover, error) {
	m := &FuncMover{Layout: LayoutOf(f), params: make([]*Mover, len(f.Params))}
	var err error
	for i, p := range f.Params {
		if m.params[i], err = e.CompileMove(p.Type); err != nil {
			return nil, err
		}
	}
	if f.Result != nil {
		m.result, err = e.CompileMove(f.Result)
	}
	return m, err
}

// MoveParams takes the parameters from the caller's flat values in and passes them
// to the callee as out.
func (m *FuncMover) MoveParams(caller, callee *Context, in, out []uint64) error {
	src, err := m.LiftBase(caller, in)
	if err != nil {
		return err
	}
	dst, err := m.LowerBase(callee, out)
	if err != nil {
		return err
	}
	if m.ParamsInMemory {
		caller.Begin() // the callee's realloc may have run in the same memory
	}
	for i, p := range m.params {
		s := m.Params[i]
		if m.ParamsInMemory {
			err = p.Mem(caller, callee, src+s.Mem, dst+s.Mem)
		} else {
			err = p.Flat(caller, callee, in[s.Flat:], out[s.Flat:])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// MoveResult takes the result from what the callee's core function returned and
// returns it to the caller, whose flat values are both parameters and results.
func (m *FuncMover) MoveResult(caller, callee *Context, returned, flat []uint64) error {
	switch {
	case m.result == nil:
		return nil
	case !m.ResultInMemory:
		return m.result.Flat(callee, caller, returned, flat)
	}
	src, err := m.ResultAt(callee, returned[0])
	if err != nil {
		return err
	}
	dst, err := m.ResultAt(caller, flat[m.FlatParams])
	if err != nil {
		return err
	}
	return m.result.Mem(callee, caller, src, dst)
}
