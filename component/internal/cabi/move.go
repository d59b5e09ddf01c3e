package cabi

import (
	"fmt"

	"github.com/berth-cli/berth/component/internal/types"
)

// Mover moves values of one type from one guest to another, checking and
// converting as lifting and then lowering does, with no Go value between. It is
// immutable.
//
// The two guests' types are structurally the same, but each may have names of its
// own for resource types.
type Mover struct {
	mover
	Type *types.Type
}

// mover moves one part of a value. Flat values and checked memory are as for node.
type mover interface {
	Flat(from, to *Context, in, out []uint64) error
	Mem(from, to *Context, src, dst uint32) error
}

// CompileMove makes what moves values of type from, of the guest that gives, to
// type to, of the guest that takes. It fails only for types that cannot run.
func (e *Env) CompileMove(from, to *types.Type) (*Mover, error) {
	m, err := (&moveCompiler{env: e, memo: map[[2]*types.Type]mover{}}).compile(from, to)
	if err != nil {
		return nil, err
	}
	return &Mover{m, from}, nil
}

type moveCompiler struct {
	env  *Env
	memo map[[2]*types.Type]mover
}

func (c *moveCompiler) compile(from, to *types.Type) (mover, error) {
	key := [2]*types.Type{from, to}
	if m, ok := c.memo[key]; ok {
		return m, nil
	}
	if from.Kind != to.Kind {
		return nil, fmt.Errorf("cannot move %s to %s", from, to)
	}
	m, err := c.compileKind(from, to)
	if err == nil {
		c.memo[key] = m
	}
	return m, err
}

func (c *moveCompiler) compileKind(from, to *types.Type) (mover, error) {
	switch from.Kind {
	case types.String:
		return moveString{}, nil
	case types.List:
		return c.compileList(from, to)
	case types.FixedList:
		return c.compileFixedList(from, to)
	case types.Record, types.Tuple:
		return c.compileRecord(from, to)
	case types.Variant, types.Option, types.Result, types.Enum:
		return c.compileSum(from, to)
	case types.Flags:
		return moveFlags{size: from.Size(), mask: 1<<len(from.Labels) - 1}, nil
	case types.Own, types.Borrow:
		return c.compileHandle(from, to)
	}
	if int(from.Kind) >= len(scalarKinds) {
		return nil, fmt.Errorf("%s is not supported", from.Kind)
	}
	return moveScalar{from.Kind, from.Size()}, nil
}

// moveScalar moves a number, bool or char.
type moveScalar struct {
	kind types.Kind
	size uint32
}

func (m moveScalar) Flat(_, _ *Context, in, out []uint64) error {
	bits, err := normal(m.kind, in[0])
	out[0] = lowered(m.kind, bits)
	return err
}

func (m moveScalar) Mem(from, to *Context, src, dst uint32) error {
	bits, err := normal(m.kind, from.load(src, m.size))
	if err == nil {
		to.store(dst, m.size, bits)
	}
	return err
}

type moveFlags struct {
	size uint32
	mask uint64
}

func (m moveFlags) Flat(_, _ *Context, in, out []uint64) error {
	out[0] = in[0] & m.mask
	return nil
}

func (m moveFlags) Mem(from, to *Context, src, dst uint32) error {
	to.store(dst, m.size, from.load(src, m.size)&m.mask)
	return nil
}

// moveHandle moves an own or borrow handle from table to table.
type moveHandle struct {
	from, to int // indices in Context.Resources
	own      bool
}

func (c *moveCompiler) compileHandle(from, to *types.Type) (mover, error) {
	m := moveHandle{own: from.Kind == types.Own}
	var ok1, ok2 bool
	m.from, ok1 = c.env.Resources[from.Resource]
	m.to, ok2 = c.env.Resources[to.Resource]
	if !ok1 || !ok2 {
		return nil, fmt.Errorf("cannot move %s: the resource type is unknown", from)
	}
	return m, nil
}

func (m moveHandle) move(from, to *Context, i uint32) (uint32, error) {
	r := from.Resources[m.from]
	if m.own {
		rep, err := from.liftOwn(i, r)
		if err != nil {
			return 0, err
		}
		return to.lowerOwn(rep, to.Resources[m.to])
	}
	rep, err := from.liftBorrow(i, r)
	if err != nil {
		return 0, err
	}
	return to.lowerBorrow(rep, to.Resources[m.to])
}

func (m moveHandle) Flat(from, to *Context, in, out []uint64) error {
	i, err := m.move(from, to, uint32(in[0]))
	out[0] = uint64(i)
	return err
}

func (m moveHandle) Mem(from, to *Context, src, dst uint32) error {
	i, err := m.move(from, to, from.load32(src))
	if err == nil {
		to.store32(dst, i)
	}
	return err
}
