package elab

import (
	"fmt"
	"strings"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/coretype"
	"github.com/berth-cli/berth/component/internal/types"
)

// defineBuiltin defines a built-in that is not about resources: none of them is
// built, but a component that has one and never calls it can run.
func (s *scope) defineBuiltin(d *binary.Builtin) error {
	if err := s.checkBuiltin(d); err != nil {
		return err
	}
	core, err := s.builtinCore(d)
	if err != nil {
		return err
	}
	slot := s.addCoreFunc(coreFuncOf(core))
	s.step(&Unsupported{Name: d.Name, Slot: d.Slot, Core: core, To: slot, Instance: s.inst})
	return nil
}

// checkBuiltin checks the indices that the built-in has.
func (s *scope) checkBuiltin(d *binary.Builtin) error {
	kind, isStream := types.Future, strings.HasPrefix(d.Name, "stream.")
	if isStream {
		kind = types.Stream
	}
	if isStream || strings.HasPrefix(d.Name, "future.") {
		t, err := s.typeOf(valueType, d.Type)
		if err != nil {
			return err
		}
		if t.val.Kind != kind {
			return fmt.Errorf("type index %d is not a %s type", d.Type, kind)
		}
	}
	switch d.Name {
	case "context.get", "context.set":
		if d.Slot > 1 || d.Rep.Code != coretype.I32 && d.Rep.Code != coretype.I64 {
			return fmt.Errorf("there is no slot %d of type %s: slots 0 and 1 are of i32 or i64", d.Slot, d.Rep)
		}
	case "waitable-set.wait", "waitable-set.poll":
		if _, err := s.coreItem(binary.SortCoreMemory, d.Memory); err != nil {
			return err
		}
	case "thread.new-indirect", "thread.spawn-indirect":
		if _, err := s.coreItem(binary.SortCoreTable, d.Table); err != nil {
			return err
		}
	}
	_, err := s.options(d.Opts)
	return err
}

// builtinCore is the core type of the built-in.
//
// Explainer.md, "Canonical Built-ins".
func (s *scope) builtinCore(d *binary.Builtin) (types.CoreFunc, error) {
	if d.Name == "task.return" {
		return s.taskReturnCore(d)
	}
	if d.Name == "context.get" || d.Name == "context.set" {
		rep := []types.FlatKind{types.FlatKind(d.Rep.Code)}
		if d.Name == "context.get" {
			return types.CoreFunc{Results: rep}, nil
		}
		return types.CoreFunc{Params: rep}, nil
	}
	sig, ok := builtinSignature(d.Name)
	if !ok {
		return types.CoreFunc{}, &UnsupportedError{Feature: "canon " + d.Name}
	}
	params, results, _ := strings.Cut(sig, ">")
	return types.CoreFunc{Params: flatKinds(params), Results: flatKinds(results)}, nil
}

// taskReturnCore: the parameter is what the task's function returns.
func (s *scope) taskReturnCore(d *binary.Builtin) (types.CoreFunc, error) {
	if d.Result == nil {
		return types.CoreFunc{}, nil
	}
	t, _, err := s.valType(*d.Result)
	if err != nil {
		return types.CoreFunc{}, err
	}
	flat, ok := t.Flat()
	if !ok {
		flat = []types.FlatKind{types.FlatI32}
	}
	return types.CoreFunc{Params: flat}, nil
}

// builtinSignature is the core type of a built-in where its name decides it:
// parameters, ">", results; i is i32 and l is i64.
func builtinSignature(name string) (string, bool) {
	switch name {
	case "task.cancel", "backpressure.inc", "backpressure.dec":
		return ">", true
	case "thread.yield", "thread.suspend", "thread.index", "waitable-set.new", "thread.available-parallelism":
		return ">i", true
	case "stream.new", "future.new":
		return ">l", true
	case "subtask.drop", "waitable-set.drop", "error-context.drop", "thread.resume-later",
		"stream.drop-readable", "stream.drop-writable", "future.drop-readable", "future.drop-writable":
		return "i>", true
	case "subtask.cancel", "stream.cancel-read", "stream.cancel-write", "future.cancel-read", "future.cancel-write",
		"thread.suspend-then-resume", "thread.yield-then-resume", "thread.suspend-then-promote", "thread.yield-then-promote":
		return "i>i", true
	case "waitable.join", "error-context.debug-message":
		return "ii>", true
	case "future.read", "future.write", "waitable-set.wait", "waitable-set.poll", "error-context.new", "thread.new-indirect":
		return "ii>i", true
	case "stream.read", "stream.write":
		return "iii>i", true
	}
	return "", false
}

func flatKinds(s string) []types.FlatKind {
	ks := make([]types.FlatKind, len(s))
	for i := range s {
		ks[i] = types.FlatI32
		if s[i] == 'l' {
			ks[i] = types.FlatI64
		}
	}
	return ks
}
