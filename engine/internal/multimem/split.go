package multimem

import (
	"errors"
	"fmt"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/internal/binread"
)

// MemoryExport is the name under which an accessor exports its own memory.
const MemoryExport = "memory"

// Module is a module with several memories, taken apart.
type Module struct {
	// Main is the module with its first memory. Its imports are those of the
	// input without the further memories, its exports those of the input
	// without these, and the tables and the function that this type names.
	Main []byte

	// Memories are the further memories, in order.
	Memories []Memory

	// Exports are the exports of the input, in order.
	Exports []Export

	// MinPages is how many pages the memories the input defines begin with.
	MinPages uint64

	// Start names the export of Main to call when everything is instantiated,
	// empty if there is nothing to call. It initializes the memories and calls the
	// input's start function.
	Start string
}

// Memory is a further memory.
type Memory struct {
	// Import is the position of the memory's import among the input's; -1 if the
	// module defines the memory, and Type then has no names.
	Import int
	Type   engine.ImportType

	// Accessor is the module to instantiate for the memory. It imports the table
	// that Main exports as Table, unless that is empty, and then the memory, if
	// that is imported; otherwise it exports it as MemoryExport. It is nil if
	// nothing uses the memory, and it is imported or not exported.
	Accessor []byte
	Table    string
}

// Export is an export. Memory is an index of Module.Memories, or -1 for what Main
// exports under the same name.
type Export struct {
	Name   string
	Memory int
}

// Split takes a module apart that needs it. The result does not share memory with
// wasm.
//
// The error is *engine.CompileError.
func Split(wasm []byte) (*Module, error) {
	m, err := parse(wasm)
	if err != nil {
		return nil, compileError(err)
	}
	s := newSplitter(m)
	code, err := s.code()
	if err != nil {
		return nil, compileError(err)
	}
	init := s.initializer()
	added := s.helperBodies()
	if err := s.checkCosts(); err != nil {
		return nil, compileError(err)
	}
	return s.result(append(append(code, added...), init...), len(init) > 0), nil
}

// compileError makes the error of Split.
func compileError(err error) error {
	if e, ok := errors.AsType[*binread.Error](err); ok {
		return &engine.CompileError{Offset: e.Offset, Err: e.Err}
	}
	return &engine.CompileError{Offset: -1, Err: err}
}

// splitter takes a module apart.
type splitter struct {
	*module
	memories []usage           // by index of the memory
	types    map[string]uint32 // of what is added, which follow the module's types
	typeList []string          // the same in order, in the binary format
	helpers  map[helper]uint32 // functions that are added, which follow the module's
	helpList []helper          // the same in order
	tables   []uint32          // the memories whose accessors have tables, which follow the module's
}

// usage is what the main module does with a memory.
type usage struct {
	table    uint32            // of its accessor, if it has accesses
	slots    map[access]uint32 // in the table
	accesses []access          // the same in order
	segments map[uint32]uint32 // numbers of the data segments used with it
	segList  []uint32          // the same in order
}

// helper is a function of the main module: one that copies between two memories, or
// drops every copy of a data segment.
type helper struct {
	drop     bool
	to, from uint32 // the memories, or the segment and zero
}

func newSplitter(m *module) *splitter {
	s := &splitter{module: m, types: map[string]uint32{}, helpers: map[helper]uint32{}}
	s.memories = make([]usage, len(m.memoryTypes))
	for i := range s.memories {
		s.memories[i] = usage{slots: map[access]uint32{}, segments: map[uint32]uint32{}}
	}
	return s
}

// slot returns where in its table the accessor of a memory has the function for an
// access.
func (s *splitter) slot(memory uint32, a access) (table, slot uint32) {
	u := &s.memories[memory]
	if len(u.accesses) == 0 {
		u.table = s.tableCount + uint32(len(s.tables))
		s.tables = append(s.tables, memory)
	}
	slot = number(u.slots, &u.accesses, a, 0)
	return u.table, slot
}

// segment notes that a data segment is used with a memory, and returns its number
// in the accessor of that memory.
func (s *splitter) segment(memory, segment uint32) uint32 {
	u := &s.memories[memory]
	return number(u.segments, &u.segList, segment, 0)
}

// addedType returns the main module's number of a type in the binary format.
func (s *splitter) addedType(t string) uint32 {
	return number(s.types, &s.typeList, t, s.typeCount)
}

// helper returns the main module's number of a function.
func (s *splitter) helper(h helper) uint32 {
	return number(s.helpers, &s.helpList, h, s.funcCount)
}

// number returns the number of a key: its place in a list, to which it is added,
// after first others.
func number[K comparable](numbers map[K]uint32, list *[]K, key K, first uint32) uint32 {
	n, ok := numbers[key]
	if !ok {
		n = first + uint32(len(*list))
		numbers[key] = n
		*list = append(*list, key)
	}
	return n
}

// Bounds of what is made of a module, which a few of its bytes can ask for.
const (
	// maxSegmentCopies is how many times the input's size all copies of data
	// segments may have together: each memory a segment is used with has one.
	maxSegmentCopies = 4

	// maxCopiers is how many functions may copy between two memories: each takes
	// the compiler a millisecond.
	maxCopiers = 64
)

func (s *splitter) checkCosts() error {
	left := maxSegmentCopies * len(s.in)
	for _, u := range s.memories {
		for _, i := range u.segList {
			if left -= len(s.data[i].bytes); left < 0 {
				return errors.New("code too complex: data segments are used with too many memories")
			}
		}
	}
	copiers := 0
	for _, h := range s.helpList {
		if !h.drop {
			copiers++
		}
	}
	if copiers > maxCopiers {
		return fmt.Errorf("code too complex: it copies between %d pairs of memories, %d allowed", copiers, maxCopiers)
	}
	return nil
}
