package component

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/elab"
	"github.com/berth-cli/berth/component/internal/types"
	"github.com/berth-cli/berth/engine"
)

// Config configures a Runtime.
type Config struct {
	Engine engine.Engine // runs core modules; required, stays the caller's to close
	Limits Limits        // the zero value: the defaults
	Log    *slog.Logger  // debug messages; nil: none
}

// Runtime compiles and links components. It is safe for concurrent use.
type Runtime struct {
	engine engine.Engine
	limits Limits
	log    *slog.Logger
}

// NewRuntime returns a runtime on an engine.
func NewRuntime(c Config) (*Runtime, error) {
	if c.Engine == nil {
		return nil, errors.New("component runtime needs an engine")
	}
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Runtime{engine: c.Engine, limits: c.Limits.withDefaults(), log: log}, nil
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
	tree, err := binary.Decode(wasm, r.binaryLimits())
	if err != nil {
		return r.compileError(err)
	}
	return r.compileError(elab.Validate(tree, r.elabOptions()))
}

// Compile decodes and validates a component in the binary format, and compiles its
// core modules with the engine, from the engine's cache if it has one. It keeps
// wasm, which must not change.
//
// The error is *DecodeError if the bytes are no component, *ValidationError if it
// is not valid, *UnsupportedError if it uses what this package does not run,
// *LimitError if it is larger than Limits, or that of engine.Engine.Compile.
func (r *Runtime) Compile(ctx context.Context, wasm []byte) (*Component, error) {
	start := time.Now()
	tree, err := binary.Decode(wasm, r.binaryLimits())
	if err != nil {
		return nil, r.compileError(err)
	}
	program, err := elab.Elaborate(tree, r.elabOptions())
	if err != nil {
		return nil, r.compileError(err)
	}
	elaborated := time.Since(start)
	c := &Component{program: program, digest: sha256.Sum256(wasm)}
	for _, m := range program.Modules {
		compiled, err := r.engine.Compile(ctx, m.Bytes)
		if err != nil {
			c.Close()
			return nil, fmt.Errorf("compile core module at offset %#x: %w", m.Offset, err)
		}
		c.modules = append(c.modules, compiled)
	}
	r.log.DebugContext(ctx, "component compiled", "bytes", len(wasm), "modules", len(c.modules),
		"elaborated", elaborated, "took", time.Since(start))
	return c, nil
}

func (r *Runtime) binaryLimits() binary.Limits {
	return binary.Limits{MaxNesting: r.limits.MaxDecodeNesting, MaxBytes: int64(r.limits.MaxComponentBytes)}
}

func (r *Runtime) elabOptions() elab.Options {
	return elab.Options{Limits: elab.Limits{
		Types:            types.Limits{MaxDepth: r.limits.MaxTypeDepth, MaxNodes: uint64(r.limits.MaxTypeSize)},
		MaxInstances:     r.limits.MaxComponentInstances,
		MaxCoreInstances: r.limits.MaxCoreInstances,
	}}
}

// compileError makes an error of the packages below one of this package.
func (r *Runtime) compileError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, binary.ErrNesting):
		return &LimitError{Limit: "MaxDecodeNesting", Max: uint64(r.limits.MaxDecodeNesting), Err: err}
	case errors.Is(err, binary.ErrTooLarge):
		return &LimitError{Limit: "MaxComponentBytes", Max: uint64(r.limits.MaxComponentBytes), Err: err}
	}
	if e, ok := errors.AsType[*elab.LimitError](err); ok {
		return &LimitError{Limit: limitName(e.What), Max: e.Limit, Err: errors.New(e.What)}
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

// limitName returns the field of Limits that bounds what, or what itself.
func limitName(what string) string {
	switch what {
	case "nesting of types":
		return "MaxTypeDepth"
	case "size of a type":
		return "MaxTypeSize"
	case "number of component instances":
		return "MaxComponentInstances"
	case "number of core instances":
		return "MaxCoreInstances"
	}
	return what
}
