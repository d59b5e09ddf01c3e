package elab

import (
	"errors"
	"fmt"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/types"
)

// ValidationError says which definition of a component breaks a rule of the
// specification.
type ValidationError struct {
	Offset int64  // of the definition, from the start of the file
	Path   string // the components around it, such as "component 2 > component 0"; "" in the root
	What   string // the definition, such as `import "wasi:io/poll@0.2.0"`
	Err    error
}

// Error says where and what.
func (e *ValidationError) Error() string {
	where := fmt.Sprintf("offset %#x", e.Offset)
	if e.Path != "" {
		where += " in " + e.Path
	}
	cause := "invalid"
	if e.Err != nil {
		cause = e.Err.Error()
	}
	if e.What == "" {
		return where + ": " + cause
	}
	return where + ": " + e.What + ": " + cause
}

// Unwrap is the cause.
func (e *ValidationError) Unwrap() error { return e.Err }

// UnsupportedError names a feature of the component model that is not built.
// The component may be valid.
type UnsupportedError struct {
	Feature string // such as "async functions"
	Offset  int64  // of the definition that uses it
}

// Error names the feature.
func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("offset %#x: %s: not supported", e.Offset, e.Feature)
}

// LimitError says that a component asks for more than the limits allow.
type LimitError = types.LimitError

// What a LimitError can be about, beside what package types counts.
const (
	Steps          = "work to elaborate the component"
	Instances      = "number of component instances"
	CoreInstances  = "number of core instances"
	Instantiations = "number of instantiations"
	Nesting        = "nesting of instances"
)

// overLimit is the error of one more than there may be.
func overLimit(what string, limit int) error {
	return &LimitError{What: what, Limit: uint64(limit), Want: uint64(limit) + 1}
}

// at puts the place of d in front of an error that has none yet. Only a scope
// that checks has a place of its own: an error of an instantiation belongs to
// the definition that asks for it.
func (s *scope) at(d interface{ Pos() int64 }, err error) error {
	if err == nil {
		return nil
	}
	if u, ok := errors.AsType[*UnsupportedError](err); ok && u.Offset == 0 {
		return &UnsupportedError{Feature: u.Feature, Offset: d.Pos()}
	}
	if isPlaced(err) {
		return err
	}
	if !s.check {
		return fmt.Errorf("%s: %w", describe(d), err)
	}
	return &ValidationError{Offset: d.Pos(), Path: s.path, What: describe(d), Err: err}
}

func isPlaced(err error) bool {
	if _, ok := errors.AsType[*ValidationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*UnsupportedError](err); ok {
		return true
	}
	_, ok := errors.AsType[*LimitError](err)
	return ok
}

// describe names a definition or declarator for messages.
func describe(d any) string {
	switch d := d.(type) {
	case *binary.Import:
		return fmt.Sprintf("import %q", clip(d.Name.Name))
	case *binary.Export:
		return fmt.Sprintf("export %q", clip(d.Name.Name))
	case *binary.ExportDecl:
		return fmt.Sprintf("export %q", clip(d.Name.Name))
	case *binary.ExportAlias:
		return fmt.Sprintf("alias export %q", clip(d.Name))
	case *binary.CoreExportAlias:
		return fmt.Sprintf("alias core export %q", clip(d.Name))
	case *binary.OuterAlias:
		return "alias outer"
	case *binary.ResourceCanon:
		return "canon " + d.Op.String()
	case *binary.Builtin:
		return "canon " + d.Name
	case *binary.Lift:
		return "canon lift"
	case *binary.Lower:
		return "canon lower"
	case *binary.CoreModule:
		return "core module"
	case *binary.CoreInstance:
		return "core instance"
	case *binary.CoreType:
		return "core type"
	case *binary.Instance:
		return "instance"
	case *binary.Type:
		return "type"
	case *binary.Nested:
		return "component"
	}
	return "definition"
}

// clip shortens a name to what a message can bear.
func clip(s string) string {
	const most = 120
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}
