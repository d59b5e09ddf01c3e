package component

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"time"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/elab"
	"github.com/berth-cli/berth/component/internal/types"
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/internal/binread"
)

// Config configures a Runtime.
type Config struct {
	Engine engine.Engine // runs core modules; required, stays the caller's to close
	Limits Limits        // the zero value: the defaults
	Log    *slog.Logger  // debug messages; nil: none

	// Progress is told when the core modules of a component begin to be compiled,
	// after each, and when that ends; at once also where they are found in a cache.
	// The calls for one component come one after the other. nil: nobody is told.
	Progress func(Progress)
}

// Runtime compiles and links components. It is safe for concurrent use.
type Runtime struct {
	engine engine.Engine
	limits Limits
	memory *engine.MemoryPool // of all instances
	log    *slog.Logger

	progress func(Progress) // or nil
}

// NewRuntime returns a runtime on an engine. A negative limit is an error.
func NewRuntime(c Config) (*Runtime, error) {
	if c.Engine == nil {
		return nil, errors.New("component runtime needs an engine")
	}
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	limits := c.Limits.WithDefaults()
	if err := limits.check(); err != nil {
		return nil, err
	}
	return &Runtime{engine: c.Engine, limits: limits, memory: engine.NewMemoryPool(limits.MaxTotalMemoryBytes), log: log, progress: c.Progress}, nil
}

// Validate decodes and validates a component in the binary format without
// compiling it. It accepts components that Compile refuses because they cannot
// be run from outside, such as one that imports a component.
//
// The errors are those of Compile.
func (r *Runtime) Validate(ctx context.Context, wasm []byte) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	tree, err := r.decode(wasm)
	if err != nil {
		return err
	}
	return r.compileError(elab.Validate(tree, r.elabOptions()))
}

// Compile decodes and validates a component in the binary format, and compiles its
// core modules with the engine, several at once, from the engine's cache if it has
// one. It keeps wasm, which must not change.
//
// The error is *DecodeError if the bytes are no component, *ValidationError if it
// is not valid, *UnsupportedError if it uses what this package does not run,
// *LimitError if it is larger than Limits, or that of engine.Engine.Compile.
func (r *Runtime) Compile(ctx context.Context, wasm []byte) (*Component, error) {
	start := time.Now()
	tree, err := r.decode(wasm)
	if err != nil {
		return nil, err
	}
	program, err := elab.Elaborate(tree, r.elabOptions())
	if err != nil {
		return nil, r.compileError(err)
	}
	elaborated := time.Since(start)
	c := &Component{program: program, digest: sha256.Sum256(wasm)}
	if c.modules, err = r.compileModules(ctx, c.digest, program.Modules); err != nil {
		return nil, err
	}
	r.log.DebugContext(ctx, "component compiled", "bytes", len(wasm), "modules", len(c.modules),
		"elaborated", elaborated, "took", time.Since(start))
	return c, nil
}

func (r *Runtime) decode(wasm []byte) (*binary.Component, error) {
	if most := r.limits.MaxComponentBytes; len(wasm) > most {
		return nil, &LimitError{Limit: "MaxComponentBytes", Max: uint64(most), Want: uint64(len(wasm))}
	}
	tree, err := binary.Decode(wasm, binary.Limits{
		MaxBytes:   int64(r.limits.MaxComponentBytes),
		MaxNesting: r.limits.MaxDecodeNesting,
		MaxEntries: int64(r.limits.MaxDefinitions),
	})
	return tree, r.compileError(err)
}

func (r *Runtime) elabOptions() elab.Options {
	return elab.Options{Limits: elab.Limits{
		Types: types.Limits{
			MaxDepth: r.limits.MaxTypeDepth, MaxNodes: uint64(r.limits.MaxTypeSize), MaxTypes: r.limits.MaxTypes,
		},
		MaxInstances:      r.limits.MaxComponentInstances,
		MaxCoreInstances:  r.limits.MaxCoreInstances,
		MaxInstantiations: r.limits.MaxInstantiations,
		MaxNesting:        r.limits.MaxInstanceNesting,
		MaxSteps:          r.limits.MaxElaborationSteps,
	}}
}

// compileError makes an error of the packages below one of this package.
func (r *Runtime) compileError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, binary.ErrNesting):
		return oneTooMany("MaxDecodeNesting", r.limits.MaxDecodeNesting, err)
	case errors.Is(err, binread.ErrEntries):
		return oneTooMany("MaxDefinitions", r.limits.MaxDefinitions, err)
	}
	if e, ok := errors.AsType[*elab.LimitError](err); ok {
		return &LimitError{Limit: limitName(e.What), Max: e.Limit, Want: e.Want, Err: errors.New(e.What)}
	}
	if e, ok := errors.AsType[*elab.UnsupportedError](err); ok {
		return &UnsupportedError{Feature: e.Feature, Offset: e.Offset}
	}
	if e, ok := errors.AsType[*elab.ValidationError](err); ok {
		return &ValidationError{Offset: e.Offset, Path: e.Path, What: e.What, Err: e.Err}
	}
	if e, ok := errors.AsType[*binary.DecodeError](err); ok {
		return &DecodeError{Section: e.Section, Offset: e.Offset, Err: e.Err}
	}
	return err
}

// oneTooMany is the error where counting ended with the first that was too many.
func oneTooMany(limit string, most int, err error) error {
	return &LimitError{Limit: limit, Max: uint64(most), Want: uint64(most) + 1, Err: err}
}

// limitName returns the field of Limits that bounds what, or what itself.
func limitName(what string) string {
	switch what {
	case types.TypeDepth:
		return "MaxTypeDepth"
	case types.TypeSize:
		return "MaxTypeSize"
	case types.TypeCount:
		return "MaxTypes"
	case elab.Steps:
		return "MaxElaborationSteps"
	case elab.Instantiations:
		return "MaxInstantiations"
	case elab.Nesting:
		return "MaxInstanceNesting"
	case elab.Instances:
		return "MaxComponentInstances"
	case elab.CoreInstances:
		return "MaxCoreInstances"
	}
	return what
}
