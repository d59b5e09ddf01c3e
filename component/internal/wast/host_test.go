package wast_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/wast"
	"github.com/berth-cli/berth/engine"
)

// host runs scripts on this project's runtime and the engine of this build.
type host struct {
	engine  engine.Engine
	runtime *component.Runtime
}

func newHost(t *testing.T) *host {
	t.Helper()
	e, err := newEngine()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	rt, err := component.NewRuntime(component.Config{Engine: e})
	if err != nil {
		t.Fatal(err)
	}
	return &host{engine: e, runtime: rt}
}

// Validate decodes and validates a component, and its core modules by the engine.
func (h *host) Validate(ctx context.Context, wasm []byte) error {
	if err := h.runtime.Validate(ctx, wasm); err != nil {
		return err
	}
	c, err := binary.Decode(wasm, binary.Limits{})
	if err != nil {
		return err
	}
	return h.compileModules(ctx, c)
}

func (h *host) compileModules(ctx context.Context, c *binary.Component) error {
	for _, d := range c.Defs {
		var err error
		switch d := d.(type) {
		case *binary.CoreModule:
			var m engine.Module
			if m, err = h.engine.Compile(ctx, d.Bytes); err == nil {
				err = m.Close()
			}
		case *binary.Nested:
			err = h.compileModules(ctx, d.Component)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *host) Compile(ctx context.Context, wasm []byte) (wast.Component, error) {
	c, err := h.runtime.Compile(ctx, wasm)
	if err != nil {
		return nil, err
	}
	linker := component.NewLinker()
	linker.Strict = true
	linked, err := h.runtime.Link(c, linker)
	if err != nil {
		return nil, err
	}
	return compiled{linked}, nil
}

type compiled struct{ linked *component.Linked }

func (c compiled) Instantiate(ctx context.Context) (wast.Instance, error) {
	i, err := c.linked.Instantiate(ctx, component.InstanceConfig{})
	if err != nil {
		return nil, err
	}
	return instance{i}, nil
}

type instance struct{ *component.Instance }

func (i instance) Invoke(ctx context.Context, name string, args []component.Value) ([]component.Value, error) {
	f, err := i.Func(name)
	if err != nil {
		return nil, err
	}
	return f.Call(ctx, args...)
}

// Class says what an error means to a script. What the engine cannot run is
// unsupported, not invalid.
func (h *host) Class(err error) wast.Class {
	if e, ok := errors.AsType[*engine.CompileError](err); ok {
		if unsupported(e.Error()) {
			return wast.Unsupported
		}
		return wast.Invalid
	}
	for _, c := range []struct {
		is    func(error) bool
		class wast.Class
	}{
		{is[*component.UnsupportedError], wast.Unsupported},
		{is[*component.DecodeError], wast.Malformed},
		{is[*binary.DecodeError], wast.Malformed}, // of a core module, inside a validation error
		{is[*component.ValidationError], wast.Invalid},
		{is[*component.LinkError], wast.Unlinkable},
		{is[*component.Trap], wast.Trap},
		{is[*engine.Trap], wast.Trap},
	} {
		if c.is(err) {
			return c.class
		}
	}
	return wast.Other
}

// unsupported reports whether a refusal of a core module is for what the engine
// lacks and not for what the module breaks.
func unsupported(text string) bool {
	for _, words := range []string{"this engine supports", "not supported", "not enabled"} {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
