package cabi

import (
	"encoding/binary"
	"strings"
)

// Memory is a guest's linear memory. Bytes is the memory itself, valid until the
// next guest call.
type Memory interface{ Bytes() []byte }

// Encoding is how a guest holds strings.
type Encoding uint8

// The string encodings.
const (
	UTF8 Encoding = iota
	UTF16
	Latin1UTF16
)

// Realloc is a guest's allocator: cabi_realloc.
type Realloc func(old, oldSize, align, size uint32) (uint32, error)

// Options are the canonical options of one lift or lower of a running instance.
// Memory and Realloc are nil where the types need none.
//
// CanonicalABI.md, "Canonical ABI Options".
type Options struct {
	Memory   Memory
	Realloc  Realloc
	Encoding Encoding
}

// maxByteLen is the most bytes a list or string may take in guest memory.
//
// CanonicalABI.md, "Storing".
const maxByteLen = 1<<28 - 1

// Context is the guest's side of one call: of the caller, when it calls out, or of
// the callee. Between two guests there are two.
//
// Set the exported fields, then call Begin.
type Context struct {
	Opts      *Options
	Inst      *Instance
	Resources []*Resource // by the indices of Env.Resources

	// Budget is the bytes of host memory lifting may still take.
	Budget int
	// MaxBudget is what Budget started with, for messages.
	MaxBudget int

	mem     []byte   // Opts.Memory's bytes, fresh since the last guest call
	lends   []uint32 // handles of Inst that this call borrows
	borrows int      // borrow handles in Inst that this call made and that still live
	packing bool     // short strings that are lifted share memory
	pack    strings.Builder
	lent    []byte // bytes lifted for this call only
}

// Begin makes the context ready to lift or lower, or ready again after guest
// code has run.
func (cx *Context) Begin() {
	cx.mem = nil
	if cx.Opts.Memory != nil {
		cx.mem = cx.Opts.Memory.Bytes()
	}
}

// Renew forgets the call, so that the Context can serve another of the same sort:
// it keeps the exported fields, and Budget is MaxBudget again.
func (cx *Context) Renew() {
	cx.Budget, cx.mem, cx.lends, cx.borrows = cx.MaxBudget, nil, cx.lends[:0], 0
	cx.packing = false
	cx.pack.Reset()
	if cx.lent = cx.lent[:0]; cap(cx.lent) > maxLent {
		cx.lent = nil
	}
}

// Reset forgets the call, so that the Context can serve another.
func (cx *Context) Reset() {
	*cx = Context{lends: cx.lends[:0]}
}

// Charge takes n bytes from the lift budget.
func (cx *Context) charge(n uint64) error {
	if n > uint64(max(cx.Budget, 0)) {
		return &Trap{
			Kind: OverLimit, Limit: "MaxLiftBytes", Max: uint64(cx.MaxBudget),
			Want:    uint64(cx.MaxBudget) - uint64(max(cx.Budget, 0)) + n,
			Message: "values of one call take too much host memory",
		}
	}
	cx.Budget -= int(n)
	return nil
}

// view returns n bytes of guest memory at ptr, which must be a multiple of align.
// what names them in the trap.
func (cx *Context) view(ptr uint32, n uint64, align uint32, what string) ([]byte, error) {
	if ptr&(align-1) != 0 {
		return nil, badValue("%s: unaligned pointer: 0x%x is not a multiple of %d", what, ptr, align)
	}
	if end := uint64(ptr) + n; n > maxByteLen || end > uint64(len(cx.mem)) {
		return nil, outOfBounds(what, ptr, n, len(cx.mem))
	}
	return cx.mem[ptr : uint64(ptr)+n : uint64(ptr)+n], nil
}

func outOfBounds(what string, ptr uint32, n uint64, size int) error {
	if n > maxByteLen {
		return badValue("%s: %d bytes are more than the %d allowed", what, n, maxByteLen)
	}
	return badValue("%s: out of bounds: %d bytes at 0x%x in a memory of %d", what, n, ptr, size)
}

// alloc asks the guest for n bytes aligned to align and checks what it gives.
// Earlier views of memory are stale afterwards.
func (cx *Context) alloc(n uint64, align uint32, what string) (uint32, error) {
	if n > maxByteLen {
		return 0, badValue("%s: %d bytes are more than the %d allowed", what, n, maxByteLen)
	}
	if cx.Opts.Realloc == nil {
		return 0, badValue("%s: no realloc to allocate with", what)
	}
	cx.Inst.mayLeave = false
	ptr, err := cx.Opts.Realloc(0, 0, align, uint32(n))
	cx.Inst.mayLeave = true
	if err != nil {
		return 0, err
	}
	cx.Begin()
	if ptr&(align-1) != 0 {
		return 0, badValue("realloc return: result not aligned: 0x%x is not a multiple of %d", ptr, align)
	}
	if uint64(ptr)+n > uint64(len(cx.mem)) {
		return 0, badValue("realloc return: beyond end of memory: %d bytes at 0x%x in a memory of %d", n, ptr, len(cx.mem))
	}
	return ptr, nil
}

// load returns the little-endian integer of size bytes at ptr, which the caller
// has checked.
func (cx *Context) load(ptr, size uint32) uint64 {
	switch b := cx.mem[ptr:]; size {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(b))
	case 4:
		return uint64(binary.LittleEndian.Uint32(b))
	default:
		return binary.LittleEndian.Uint64(b)
	}
}

// store writes the low size bytes of v at ptr, which the caller has checked.
func (cx *Context) store(ptr, size uint32, v uint64) {
	switch b := cx.mem[ptr:]; size {
	case 1:
		b[0] = byte(v)
	case 2:
		binary.LittleEndian.PutUint16(b, uint16(v))
	case 4:
		binary.LittleEndian.PutUint32(b, uint32(v))
	default:
		binary.LittleEndian.PutUint64(b, v)
	}
}

func (cx *Context) load32(ptr uint32) uint32     { return binary.LittleEndian.Uint32(cx.mem[ptr:]) }
func (cx *Context) store32(ptr uint32, v uint32) { binary.LittleEndian.PutUint32(cx.mem[ptr:], v) }
