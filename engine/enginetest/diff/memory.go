package diff

import (
	"slices"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// address writes an address and returns the offset of the access, of size bytes:
// mostly inside the first page, at times at an edge of memory, rarely anywhere.
func (f *function) address(s *source, size uint32, depth int) uint32 {
	switch s.intn(8) {
	case 0: // the last bytes of a page
		at := uint32(1+s.intn(2))<<16 - size + uint32(s.intn(2*int(size)+1)) - size
		off := uint32(s.intn(40))
		f.emit(w.I32Const(int32(at - off))...)
		return off
	case 1:
		f.expr(s, w.I32, depth)
		return pick(s, []uint32{0, 1, 8, 4095, 4096, 65535, 1 << 16, 1 << 24, 1<<31 - 1, 1 << 31, 1<<32 - 1})
	case 2: // a sum of constants and variables
		f.expr(s, w.I32, depth)
		f.emit(w.I32Const(0xff)...)
		f.emit(opAnd)
		f.emit(w.I32Const(int32(s.intn(1 << 12)))...)
		f.emit(opAdd)
		return uint32(s.intn(1 << 15))
	}
	f.expr(s, w.I32, depth)
	f.emit(w.I32Const(pick(s, []int32{0xff, 0xfff, 0x7ff8, 0xffc0}))...)
	f.emit(opAnd)
	return uint32(s.intn(300))
}

func (f *function) load(s *source, t engine.ValType, depth int) {
	var fit []access
	for _, a := range loads() {
		if a.val == t {
			fit = append(fit, a)
		}
	}
	a := pick(s, fit)
	f.access(a, f.address(s, a.size, depth))
}

func (f *function) store(s *source) {
	a := pick(s, stores())
	off := f.address(s, a.size, 3)
	f.expr(s, a.val, exprDepth)
	if a.val == w.F32 || a.val == w.F64 {
		f.emit(f.canonical(a.val)...)
	}
	f.access(a, off)
}

// plain is the access of a whole value of type t.
func plain(list []access, t engine.ValType) access {
	i := slices.IndexFunc(list, func(a access) bool { return a.val == t })
	return list[i] // the first one of each type is the whole
}

func (f *function) access(a access, offset uint32) {
	f.emit(a.code...)
	f.emit(0) // alignment: none promised
	f.emit(w.U32(offset)...)
}

// bulk fills, copies or grows memory.
func (f *function) bulk(s *source) {
	if s.oneIn(4) {
		f.emit(w.I32Const(int32(s.intn(3)))...)
		f.emit(w.MemoryGrow()...)
		f.keep(s, w.I32)
		return
	}
	f.small(s, 0x1fff)
	if s.oneIn(2) {
		f.small(s, 0x1fff)
		f.small(s, 0x1ff)
		f.emit(0xfc, 10, 0, 0)
		return
	}
	f.expr(s, w.I32, 2)
	f.small(s, 0x1ff)
	f.emit(w.MemoryFill()...)
}

// small writes an i32, mostly under a mask.
func (f *function) small(s *source, mask int32) {
	f.expr(s, w.I32, 2)
	if !s.oneIn(10) {
		f.emit(w.I32Const(mask)...)
		f.emit(opAnd)
	}
}
