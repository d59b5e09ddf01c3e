package elab

import (
	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/types"
)

// Options of Elaborate and Validate. The zero value has the default limits.
type Options struct {
	Limits Limits
}

// Limits bound what a component may ask for. A zero field is the default.
type Limits struct {
	// Types bounds value and function types.
	Types types.Limits
	// MaxInstances bounds the component instances of a program; 1,000 if 0.
	MaxInstances int
	// MaxCoreInstances bounds the core instances of a program; 10,000 if 0.
	MaxCoreInstances int
	// MaxInstantiations bounds how often components are instantiated, those
	// included that only validation makes; 10,000 if 0.
	MaxInstantiations int
	// MaxNesting bounds instances inside instances, and instantiations that
	// lead to one another; 100 if 0.
	MaxNesting int
	// MaxSteps bounds the work: definitions, declarators, fields, arguments and
	// the like, each counted as often as it is evaluated; 200,000 if 0. Large
	// components of today need 3,000.
	MaxSteps int
}

func (l Limits) withDefaults() Limits {
	set := func(n *int, def int) {
		if *n == 0 {
			*n = def
		}
	}
	set(&l.MaxInstances, 1000)
	set(&l.MaxCoreInstances, 10_000)
	set(&l.MaxInstantiations, 10_000)
	set(&l.MaxNesting, 100)
	set(&l.MaxSteps, 200_000)
	return l
}

// Elaborate validates c and makes the program that instantiates it. The program
// holds slices of c's bytes.
//
// The error is a *ValidationError, *LimitError or *UnsupportedError.
func Elaborate(c *binary.Component, o Options) (*Program, error) {
	e := newElaborator(o, true)
	if err := e.root(c); err != nil {
		return nil, err
	}
	return e.p, nil
}

// Validate only validates c, which may use what cannot be run: import a
// component, say.
//
// The error is a *ValidationError or *LimitError, or an *UnsupportedError for
// what cannot even be validated.
func Validate(c *binary.Component, o Options) error {
	return newElaborator(o, false).root(c)
}

// elaborator is the state of one Elaborate or Validate.
type elaborator struct {
	limits  Limits
	running bool // the root is made to run: steps are emitted
	in      *types.Interner
	p       *Program
	modules map[*binary.CoreModule]*coreModule

	// hidden maps a resource type made by an ascription to the one behind it.
	hidden map[*types.Resource]*types.Resource
	actual *types.Substitution // replaces hidden resource types

	steps          int // left
	instantiations int // left
	depth          int
}

func newElaborator(o Options, running bool) *elaborator {
	e := &elaborator{
		limits:  o.Limits.withDefaults(),
		running: running,
		in:      types.NewInterner(o.Limits.Types),
		p:       &Program{},
		modules: map[*binary.CoreModule]*coreModule{},
		hidden:  map[*types.Resource]*types.Resource{},
	}
	e.steps, e.instantiations = e.limits.MaxSteps, e.limits.MaxInstantiations
	e.actual = e.in.Substitution(e.actualResource)
	return e
}

func (e *elaborator) root(c *binary.Component) error {
	s := &scope{e: e, kind: componentBody, check: true, emit: e.running, names: newNameSets(e)}
	if e.running {
		if err := e.addInstance(s, -1, ""); err != nil {
			return err
		}
	}
	if err := s.runComponent(c, nil); err != nil {
		return err
	}
	if !e.running {
		return nil
	}
	return e.exportTree(s.exports)
}

// spend takes n steps from the budget.
func (e *elaborator) spend(n int) error {
	if e.steps -= n; e.steps < 0 {
		return &LimitError{What: Steps, Limit: uint64(e.limits.MaxSteps), Want: uint64(e.limits.MaxSteps - e.steps)}
	}
	return nil
}

// enter goes one level deeper; the caller must leave if there is no error.
func (e *elaborator) enter() error {
	if e.depth >= e.limits.MaxNesting {
		return overLimit(Nesting, e.limits.MaxNesting)
	}
	e.depth++
	return nil
}

func (e *elaborator) leave() { e.depth-- }

// instantiation counts one instantiation.
func (e *elaborator) instantiation() error {
	if e.instantiations--; e.instantiations < 0 {
		return overLimit(Instantiations, e.limits.MaxInstantiations)
	}
	return nil
}
