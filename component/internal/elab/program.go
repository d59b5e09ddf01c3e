package elab

import (
	"github.com/berth-cli/berth/component/internal/coretype"
	"github.com/berth-cli/berth/component/internal/types"
)

// Program is a component ready to run: everything nested is inlined, every alias
// is resolved, every type is interned, and what is left is a list of steps.
//
// To instantiate, make one slot array for core instances and one for core
// functions, bind the imports, and run Steps in order. A step only reads slots
// that earlier steps have filled. A step that fails (a trap in a core start
// function, say) ends the instantiation.
//
// A Program is immutable and safe for concurrent use; the byte slices in it are
// parts of the component's own bytes.
type Program struct {
	Imports []Extern // the root component's imports, in order
	Exports []Extern // the root component's exports, in order

	// Steps build the instance, in order.
	Steps []Step

	// Funcs are the component-level functions the program calls or exports:
	// imported from the host, or lifted from a core function. Lower and Extern
	// refer to them by index.
	Funcs []Func

	// Modules are the core modules that are instantiated, each once.
	Modules []Module

	// Instances are the component instances, each with a handle table and the
	// may-enter and may-leave flags of its own. Index 0 is the root. A parent
	// comes before its children.
	Instances []Instance

	// Resources are the resource types that the program defines or imports.
	// Everything else refers to a resource type by pointer.
	Resources []Resource

	CoreInstances int // slots that Instantiate steps fill
	CoreFuncs     int // slots that steps making core functions fill
}

// Step is one action of instantiation: one of *Instantiate, *Lower,
// *ResourceNew, *ResourceDrop, *ResourceRep, *Lift, *DefineResource,
// *Unsupported.
type Step interface{ step() }

// Instantiate instantiates Modules[Module] and puts the core instance into core
// instance slot To. Running the module's start function is part of it, and
// happens inside component instance Instance.
type Instantiate struct {
	Module   int
	Args     []CoreSource // one per import of the module, in the module's order
	To       int
	Instance int
}

// Lower makes a core function that calls Funcs[Func] from component instance
// Instance (the caller), with the flat signature of Type, and puts it into core
// function slot To.
//
// Type is that of the function: a program has no type of the caller's view left.
type Lower struct {
	Func     int
	Type     *types.Func
	Options  CanonOptions // PostReturn is never set
	To       int
	Instance int
}

// ResourceNew makes `canon resource.new`: (i32 rep) -> i32 handle, in the handle
// table of component instance Instance, which is the one that defines Resource.
type ResourceNew struct {
	Resource *types.Resource
	To       int
	Instance int
}

// ResourceDrop makes `canon resource.drop`: (i32 handle) -> (), on the handle table of
// component instance Instance. Resource may be imported from the host, or
// defined by any component instance: see Program.Resources for its destructor.
type ResourceDrop struct {
	Resource *types.Resource
	To       int
	Instance int
}

// ResourceRep makes `canon resource.rep`: (i32 handle) -> i32 rep, on the handle table of
// component instance Instance, which is the one that defines Resource.
type ResourceRep struct {
	Resource *types.Resource
	To       int
	Instance int
}

// Lift marks the point where the core sources of Funcs[Func], a *Lifted, are all
// filled. No step before it uses the function, except as a name.
type Lift struct {
	Func int
}

// DefineResource marks the point where the destructor of Resources[Resource], if
// it has one, is filled. No step before it uses the resource.
type DefineResource struct {
	Resource int
}

// Unsupported makes a core function of type Core for a canonical built-in that is
// not implemented, such as "waitable-set.new". Whoever runs the program either
// refuses it by this name or makes a function that traps with it.
type Unsupported struct {
	Name     string
	Slot     uint32 // of context.get and context.set, 0 or 1
	Core     types.CoreFunc
	To       int
	Instance int
}

func (*Instantiate) step()    {}
func (*Lower) step()          {}
func (*ResourceNew) step()    {}
func (*ResourceDrop) step()   {}
func (*ResourceRep) step()    {}
func (*Lift) step()           {}
func (*DefineResource) step() {}
func (*Unsupported) step()    {}

// SourceKind says where a CoreSource comes from.
type SourceKind uint8

// The kinds of CoreSource.
const (
	SourceNone   SourceKind = iota // absent
	SourceExport                   // the export Name of core instance slot Index
	SourceFunc                     // core function slot Index
)

// CoreSource says where a core function, memory, table, global or tag comes from
// at run time. The zero CoreSource is "absent". It is comparable.
type CoreSource struct {
	Kind  SourceKind
	Index int
	Name  string
}

// Present reports whether there is anything to take.
func (s CoreSource) Present() bool { return s.Kind != SourceNone }

// Encoding is the string encoding of a lift or lower.
type Encoding uint8

// The string encodings; UTF-8 is the default.
const (
	UTF8 Encoding = iota
	UTF16
	Latin1UTF16
)

// CanonOptions are the canonical options of a lift or lower, checked: what the types
// need is present, and has the right core type.
//
// CanonicalABI.md, "Canonical ABI Options".
type CanonOptions struct {
	Encoding   Encoding
	Memory     CoreSource // a 32-bit memory
	Realloc    CoreSource // (i32 i32 i32 i32) -> i32
	PostReturn CoreSource // takes the core results; only on a lift
}

// Func is a component-level function: exactly one of Import and Lifted is set.
type Func struct {
	Type   *types.Func
	Import *ImportedFunc
	Lifted *LiftedFunc
}

// ImportedFunc is a function the host has to give.
type ImportedFunc struct {
	// Path is the names that lead to it: ["f"] for a function imported by the
	// root component, ["wasi:io/poll@0.2.0", "poll"] for one in an instance.
	Path []string
}

// LiftedFunc is a core function lifted by `canon lift`.
type LiftedFunc struct {
	Core     CoreSource
	Options  CanonOptions
	Instance int    // the component instance that is entered when it is called
	Name     string // the export name first given to it, for messages; may be empty
}

// Module is a core module to be compiled.
type Module struct {
	Bytes []byte
	// Type is what the module imports and exports, in the module's order.
	Type *coretype.Module
	// Offset is where the module starts in the component file, for messages.
	Offset int64
}

// Instance is a component instance that running the program makes.
type Instance struct {
	Parent int    // index into Program.Instances; -1 for the root
	Name   string // for messages: "" for the root, "instance 3 > instance 0" below it
}

// Resource is what is known of a resource type at run time.
type Resource struct {
	Type *types.Resource
	// Defined is true if a component instance of this program defines the type.
	// If not, the host gives it, under Path.
	Defined  bool
	Instance int        // Defined: the component instance that defines it; handles to it are representations there
	Dtor     CoreSource // Defined: (i32 rep) -> (); may be absent
	Path     []string   // imported: the names that lead to it
}

// ExternKind says what an Extern is.
type ExternKind uint8

// The kinds of Extern. A program that runs has no ExternModule and
// ExternComponent among its imports; among its exports they are only names.
const (
	ExternFunc ExternKind = iota + 1
	ExternInstance
	ExternType     // a value type
	ExternResource // a resource type
	ExternFuncType // a function type, exported or imported as a type
	ExternModule
	ExternComponent
	ExternOtherType // a component or instance type, exported or imported as a type
)

// Extern is an import or export of the root component, or an item of an
// instance that is one.
type Extern struct {
	Name string
	Kind ExternKind

	// Implements and ExternalID are the attributes of the name, "" where absent.
	Implements, ExternalID string

	Func     int             // ExternFunc: index into Program.Funcs
	FuncType *types.Func     // ExternFunc, ExternFuncType
	Type     *types.Type     // ExternType
	Resource *types.Resource // ExternResource
	Items    []Extern        // ExternInstance
}
