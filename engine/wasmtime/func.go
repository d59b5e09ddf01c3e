//go:build wasmtime

package wasmtime

import (
	"errors"

	wt "github.com/bytecodealliance/wasmtime-go/v39"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/meter"
)

// hostFunc is a host function.
type hostFunc struct {
	store *store
	t     engine.FuncType
	fn    engine.HostFunc
	slots int
	wt    *wt.Func // made when first imported
}

var _ engine.Func = (*hostFunc)(nil)

func (f *hostFunc) ExternKind() engine.ExternKind { return engine.KindFunc }
func (f *hostFunc) Type() engine.FuncType         { return f.t }

// Call implements engine.Func.
func (f *hostFunc) Call(stack []uint64) error {
	if err := f.store.enter(stack, f.slots); err != nil {
		return err
	}
	for i, t := range f.t.Params {
		if t == engine.I32 || t == engine.F32 {
			stack[i] = uint64(uint32(stack[i]))
		}
	}
	if t := meter.CallHost(f.fn, stack); t != nil {
		return t
	}
	return nil
}

// called calls the function for a guest.
func (f *hostFunc) called(c *wt.Caller, args []wt.Val) ([]wt.Val, *wt.Trap) {
	s := f.store
	defer s.enterHost(c)()
	stack := make([]uint64, f.slots)
	for i, a := range args {
		stack[i] = toBits(a.Get())
	}
	trap := meter.CallHost(f.fn, stack)
	if trap == nil {
		trap = s.Interrupted()
	}
	if trap != nil {
		return nil, s.fail(trap)
	}
	results := make([]wt.Val, len(f.t.Results))
	for i, t := range f.t.Results {
		v, err := toVal(t, stack[i])
		if err != nil {
			return nil, s.fail(&engine.Trap{Code: engine.TrapHostError, Err: err})
		}
		results[i] = v
	}
	return results, nil
}

// function is a guest function.
type function struct {
	store *store
	t     engine.FuncType
	slots int
	wt    *wt.Func
	bad   error // why it cannot be called from the host, nil if it can
}

var _ engine.Func = (*function)(nil)

func (s *store) newFunction(t engine.FuncType, fn *wt.Func) *function {
	_, perr := kinds(t.Params)
	_, rerr := kinds(t.Results)
	return &function{store: s, t: t, slots: t.StackLen(), wt: fn, bad: errors.Join(perr, rerr)}
}

func (f *function) ExternKind() engine.ExternKind { return engine.KindFunc }
func (f *function) Type() engine.FuncType         { return f.t }

// Call implements engine.Func.
func (f *function) Call(stack []uint64) error {
	s := f.store
	if err := s.enter(stack, f.slots); err != nil {
		return err
	}
	if f.bad != nil {
		return f.bad
	}
	args := make([]any, len(f.t.Params))
	for i, t := range f.t.Params {
		v, err := toVal(t, stack[i])
		if err != nil {
			return err
		}
		args[i] = v
	}
	s.depth++
	result, err := f.wt.Call(s.ctx(), args...)
	s.depth--
	if err != nil {
		return s.trap(err)
	}
	switch len(f.t.Results) {
	case 0:
	case 1:
		stack[0] = toBits(result)
	default:
		for i, v := range result.([]wt.Val) {
			stack[i] = toBits(v.Get())
		}
	}
	return nil
}
