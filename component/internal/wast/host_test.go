package wast_test

import (
	"context"
	"errors"
	"testing"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/elab"
	"github.com/berth-cli/berth/component/internal/wast"
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/wazero"
)

// host runs scripts on the wazero engine.
type host struct {
	engine engine.Engine
}

func newHost(t *testing.T) *host {
	t.Helper()
	e, err := wazero.New(wazero.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return &host{engine: e}
}

// Validate decodes and validates a component, and its core modules by the engine.
func (h *host) Validate(ctx context.Context, wasm []byte) error {
	c, err := binary.Decode(wasm, binary.Limits{})
	if err != nil {
		return err
	}
	if err := elab.Validate(c, elab.Options{}); err != nil {
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
	return nil, errors.New("todo")
}

// Class says which layer an error comes from.
func (h *host) Class(err error) wast.Class {
	if _, ok := errors.AsType[*elab.UnsupportedError](err); ok {
		return wast.Unsupported
	}
	if _, ok := errors.AsType[*elab.ValidationError](err); ok {
		return wast.Invalid
	}
	if _, ok := errors.AsType[*binary.DecodeError](err); ok {
		return wast.Malformed
	}
	if _, ok := errors.AsType[*engine.CompileError](err); ok {
		return wast.Invalid
	}
	if _, ok := errors.AsType[*engine.Trap](err); ok {
		return wast.Trap
	}
	return wast.Other
}
