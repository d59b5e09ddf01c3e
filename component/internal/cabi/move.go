package cabi

import (
	"fmt"

	"github.com/berth-cli/berth/component/internal/types"
)

// Mover moves values of one type from one guest to another, checking and
// converting as lifting and then lowering does, with no Go value between. It is
// immutable.
type Mover struct {
	mover
	Type *types.Type
}

// mover moves one part of a value. Flat values and checked memory are as for node.
type mover interface {
	Flat(from, to *Context, in, out []uint64) error
	Mem(from, to *Context, src, dst uint32) error
}

// CompileMove makes what moves values of type t. It fails only for types that
// cannot run.
func (e *Env) CompileMove(t *types.Type) (*Mover, error) {
	m, err := e.move(t)
	if err != nil {
		return nil, err
	}
	return &Mover{m, t}, nil
}

func (e *Env) move(t *types.Type) (mover, error) {
	if m, ok := e.moves[t]; ok {
		return m, nil
	}
	m, err := e.moveKind(t)
	if err != nil {
		return nil, err
	}
	if e.moves == nil {
		e.moves = map[*types.Type]mover{}
	}
	e.moves[t] = m
	return m, nil
}

func (e *Env) moveKind(t *types.Type) (mover, error) {
	switch t.Kind {
	case types.String:
		return moveString{}, nil
	case types.List, types.Map:
		return e.moveList(t)
	case types.FixedList:
		return e.moveFixedList(t)
	case types.Record, types.Tuple:
		return e.moveRecord(t)
	case types.Variant, types.Option, types.Result, types.Enum:
		return e.moveSum(t)
	case types.Flags:
		return moveFlags{size: t.Size(), mask: 1<<len(t.Labels) - 1}, nil
	case types.Own, types.Borrow:
		return e.moveHandle(t)
	}
	if int(t.Kind) >= len(scalarKinds) {
		return nil, fmt.Errorf("%s is not supported", t.Kind)
	}
	return moveScalar{t.Kind, t.Size()}, nil
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
	res int // index in Context.Resources
	own bool
}

func (e *Env) moveHandle(t *types.Type) (mover, error) {
	res, ok := e.Resources[t.Resource]
	if !ok {
		return nil, fmt.Errorf("cannot move %s: the resource type is unknown", t)
	}
	return moveHandle{res, t.Kind == types.Own}, nil
}

func (m moveHandle) move(from, to *Context, i uint32) (uint32, error) {
	r := from.Resources[m.res]
	if m.own {
		rep, err := from.liftOwn(i, r)
		if err != nil {
			return 0, err
		}
		return to.lowerOwn(rep, r)
	}
	rep, err := from.liftBorrow(i, r)
	if err != nil {
		return 0, err
	}
	return to.lowerBorrow(rep, r)
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
