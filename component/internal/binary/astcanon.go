package binary

import "github.com/berth-cli/berth/component/internal/coretype"

// Lift makes a component function of a core function.
type Lift struct {
	At
	CoreFunc uint32
	Opts     []CanonOpt
	Type     uint32 // type index of the function type
}

// Lower makes a core function of a component function.
type Lower struct {
	At
	Func uint32
	Opts []CanonOpt
}

// ResourceOp is a canonical built-in on resources, as encoded.
type ResourceOp uint8

// The resource built-ins.
const (
	ResourceNew  ResourceOp = 0x02
	ResourceDrop ResourceOp = 0x03
	ResourceRep  ResourceOp = 0x04
)

// String is the built-in's name in the text format.
func (o ResourceOp) String() string {
	switch o {
	case ResourceNew:
		return "resource.new"
	case ResourceDrop:
		return "resource.drop"
	case ResourceRep:
		return "resource.rep"
	}
	return "unknown resource built-in"
}

// ResourceCanon defines a core function that works on handles to a resource.
type ResourceCanon struct {
	At
	Op   ResourceOp
	Type uint32 // type index of the resource
}

// Builtin defines a core function by any other canonical built-in: those of the
// asynchronous ABI, of threads and of error contexts. Which of the operands mean
// something depends on Op; the others are zero.
type Builtin struct {
	At
	Op     uint8  // opcode
	Name   string // as in the text format, such as "waitable-set.new"
	Type   uint32 // type index: stream.*, future.*
	Opts   []CanonOpt
	Flag   bool             // "async" or "cancellable"; "shared" for thread.spawn-*
	Result *ValType         // task.return
	Slot   uint32           // context.get, context.set
	Rep    coretype.ValType // context.get, context.set
	Memory uint32           // core memory index: waitable-set.wait and poll
	Core   uint32           // core type index: thread.new-indirect, thread.spawn-*
	Table  uint32           // core table index: thread.new-indirect, thread.spawn-indirect
}

// OptKind is the kind of a canonical option, as encoded.
type OptKind uint8

// The canonical options. Binary.md, "Canonical Definitions".
const (
	OptUTF8        OptKind = 0x00
	OptUTF16       OptKind = 0x01
	OptLatin1UTF16 OptKind = 0x02
	OptMemory      OptKind = 0x03 // Index is a core memory
	OptRealloc     OptKind = 0x04 // Index is a core function
	OptPostReturn  OptKind = 0x05 // Index is a core function
	OptAsync       OptKind = 0x06
	OptCallback    OptKind = 0x07 // Index is a core function
	OptCoreType    OptKind = 0x08 // Index is a core type
	OptGC          OptKind = 0x09
)

// String is the option as the text format writes it.
func (k OptKind) String() string {
	names := [...]string{
		"string-encoding=utf8", "string-encoding=utf16", "string-encoding=latin1+utf16", "memory",
		"realloc", "post-return", "async", "callback", "core-type", "gc",
	}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown option"
}

// HasIndex reports whether the option has an index.
func (k OptKind) HasIndex() bool {
	return k >= OptMemory && k <= OptPostReturn || k == OptCallback || k == OptCoreType
}

// CanonOpt is a canonical option. Options may be repeated or contradict each
// other here.
type CanonOpt struct {
	Kind  OptKind
	Index uint32
}
