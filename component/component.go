package component

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/berth-cli/berth/component/internal/elab"
	"github.com/berth-cli/berth/engine"
)

// Component is a compiled component. It is safe for concurrent use.
type Component struct {
	program *elab.Program
	modules []engine.Module // of program.Modules
	digest  [32]byte
}

// Digest returns the SHA-256 of the component's bytes.
func (c *Component) Digest() [32]byte { return c.digest }

// CoreModule returns the bytes of the core module with that SHA-256, as an
// engine.Frame names it, nil if none of the component's has it. They are the
// component's own: do not change them.
func (c *Component) CoreModule(digest [sha256.Size]byte) []byte {
	for _, m := range c.program.Modules {
		if sha256.Sum256(m.Bytes) == digest {
			return m.Bytes
		}
	}
	return nil
}

// Locate sets the Offset of frames of this component's functions, as far as the
// engine can find it. It compiles parts of the component again, and is for when a
// trap is to be reported. It may be called after the instance was closed, but before
// the component is.
//
// The errors are those of engine.Module.Locate for the modules of the component;
// frames of those others are set nevertheless.
func (c *Component) Locate(ctx context.Context, frames []engine.Frame) error {
	named := map[[sha256.Size]byte]bool{}
	for _, f := range frames {
		named[f.Module] = true
	}
	delete(named, [sha256.Size]byte{})
	var errs []error
	for i, m := range c.program.Modules {
		digest := sha256.Sum256(m.Bytes)
		if named[digest] {
			delete(named, digest) // the same module twice has all its frames found once
			errs = append(errs, c.modules[i].Locate(ctx, m.Bytes, frames))
		}
	}
	return errors.Join(errs...)
}

// Close frees the compiled code. Instances live on. It is idempotent.
func (c *Component) Close() error {
	var errs []error
	for _, m := range c.modules {
		errs = append(errs, m.Close())
	}
	return errors.Join(errs...)
}

// Imports lists what the component imports, in its order.
func (c *Component) Imports() []Extern { return externs(c.program.Imports) }

// Exports lists what the component exports, in its order.
func (c *Component) Exports() []Extern { return externs(c.program.Exports) }

// ExternKind is the kind of an Extern.
type ExternKind uint8

// The kinds of Extern.
const (
	FuncExtern      ExternKind = iota + 1
	InstanceExtern             // an interface, or another instance
	TypeExtern                 // a value type or another type
	ResourceExtern             // a resource type
	ModuleExtern               // a core module
	ComponentExtern            // a component
)

// Extern is something a component imports or exports.
type Extern struct {
	Name  string // "wasi:io/poll@0.2.0", "run", "[method]pollable.ready"
	Kind  ExternKind
	Type  string   // of a function or value type, as WIT writes it, cut if very long
	Items []Extern // of an instance
}

// String describes the extern on one line, or, an instance, on a line for each
// item too, as WIT would write it. The names and types are the component's
// words.
func (e Extern) String() string {
	var b strings.Builder
	e.write(&b, "")
	return b.String()
}

func (e Extern) write(b *strings.Builder, indent string) {
	b.WriteString(indent + e.Name)
	switch e.Kind {
	case FuncExtern:
		b.WriteString(": " + e.Type)
	case TypeExtern:
		b.WriteString(": type")
		if e.Type != "" {
			b.WriteString(" " + e.Type)
		}
	case ResourceExtern:
		b.WriteString(": resource")
	case ModuleExtern:
		b.WriteString(": core module")
	case ComponentExtern:
		b.WriteString(": component")
	case InstanceExtern:
		b.WriteString(": interface {\n")
		for _, i := range e.Items {
			i.write(b, indent+"  ")
			b.WriteByte('\n')
		}
		b.WriteString(indent + "}")
	}
}

func externs(from []elab.Extern) []Extern {
	out := make([]Extern, len(from))
	for i, e := range from {
		out[i] = Extern{Name: e.Name, Kind: externKind(e.Kind)}
		switch e.Kind {
		case elab.ExternFunc, elab.ExternFuncType:
			out[i].Type = e.FuncType.String()
		case elab.ExternType:
			out[i].Type = e.Type.String()
		case elab.ExternInstance:
			out[i].Items = externs(e.Items)
		}
	}
	return out
}

func externKind(k elab.ExternKind) ExternKind {
	switch k {
	case elab.ExternFunc:
		return FuncExtern
	case elab.ExternInstance:
		return InstanceExtern
	case elab.ExternResource:
		return ResourceExtern
	case elab.ExternModule:
		return ModuleExtern
	case elab.ExternComponent:
		return ComponentExtern
	}
	return TypeExtern
}

// A message names so many exports, and none that is longer.
const (
	maxNamed   = 8
	maxNameLen = 100
)

// whatExports says which functions the component exports, to who asked for another.
func (c *Component) whatExports() string {
	var names []string
	for _, e := range c.program.Exports {
		if e.Kind == elab.ExternFunc {
			names = append(names, e.Name)
		}
		for _, item := range e.Items {
			if item.Kind == elab.ExternFunc {
				names = append(names, itemName(e.Name, item.Name))
			}
		}
	}
	if len(names) == 0 {
		return "the component exports no functions"
	}
	named := slices.DeleteFunc(slices.Clone(names[:min(len(names), maxNamed)]), func(n string) bool { return len(n) > maxNameLen })
	if len(named) < len(names) {
		named = append(named, fmt.Sprintf("%d more", len(names)-len(named)))
	}
	return "the component exports " + strings.Join(named, ", ")
}

// findExtern returns the extern that names lead to. The first may be of another
// version of the same track.
func findExtern(externs []elab.Extern, names []string) *elab.Extern {
	var found *elab.Extern
	for depth, name := range names {
		if found = findName(externs, name, depth == 0); found == nil {
			return nil
		}
		externs = found.Items
	}
	return found
}

func findName(externs []elab.Extern, name string, tracks bool) *elab.Extern {
	for i := range externs {
		if externs[i].Name == name {
			return &externs[i]
		}
	}
	for i := range externs {
		if tracks && sameTrack(externs[i].Name, name) {
			return &externs[i]
		}
	}
	return nil
}
