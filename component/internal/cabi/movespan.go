package cabi

import "github.com/berth-cli/berth/component/internal/types"

// allocFrom is alloc of to, after which from is fresh too: the two may be calls of
// one instance with one memory.
func (cx *Context) allocFrom(from *Context, n uint64, align uint32, what string) (uint32, error) {
	ptr, err := cx.alloc(n, align, what)
	if err == nil {
		from.Begin()
	}
	return ptr, err
}

// moveString moves a string, from one encoding to another if they differ.
type moveString struct{}

func (moveString) move(from, to *Context, ptr, units uint32) (newPtr, newUnits uint32, err error) {
	if from.Opts.Encoding == UTF8 && to.Opts.Encoding == UTF8 {
		return copyUTF8(from, to, ptr, units)
	}
	s, err := from.liftString(ptr, units)
	if err != nil {
		return 0, 0, err
	}
	newPtr, newUnits, err = to.lowerString(s)
	from.Begin()
	return newPtr, newUnits, err
}

func copyUTF8(from, to *Context, ptr, n uint32) (newPtr, newN uint32, err error) {
	if _, err := from.viewUTF8(ptr, n); err != nil {
		return 0, 0, err
	}
	if newPtr, err = to.allocFrom(from, uint64(n), 1, "string"); err != nil {
		return 0, 0, err
	}
	copy(to.mem[newPtr:], from.mem[ptr:ptr+n])
	return newPtr, n, nil
}

func (m moveString) Flat(from, to *Context, in, out []uint64) error {
	ptr, n, err := m.move(from, to, uint32(in[0]), uint32(in[1]))
	out[0], out[1] = uint64(ptr), uint64(n)
	return err
}

func (m moveString) Mem(from, to *Context, src, dst uint32) error {
	ptr, n, err := m.move(from, to, from.load32(src), from.load32(src+4))
	if err != nil {
		return err
	}
	to.store32(dst, ptr)
	to.store32(dst+4, n)
	return nil
}

// moveList moves a list: as bytes if any bytes are a valid element.
type moveList struct {
	elem        mover // nil: as bytes
	size, align uint32
}

func (e *Env) moveList(t *types.Type) (mover, error) {
	elem, err := elemOf(t)
	if err != nil {
		return nil, err
	}
	m := &moveList{size: elem.Size(), align: elem.Align()}
	if !isInteger(elem.Kind) {
		m.elem, err = e.move(elem)
	}
	return m, err
}

func isInteger(k types.Kind) bool { return k >= types.S8 && k <= types.U64 }

func (m *moveList) move(from, to *Context, ptr, n uint32) (uint32, error) {
	size := uint64(n) * uint64(m.size)
	if _, err := from.view(ptr, size, m.align, "list content"); err != nil {
		return 0, err
	}
	dst, err := to.allocFrom(from, size, m.align, "list")
	if err != nil {
		return 0, err
	}
	if m.elem == nil {
		copy(to.mem[dst:uint64(dst)+size], from.mem[ptr:uint64(ptr)+size])
		return dst, nil
	}
	for i := range n {
		if err := m.elem.Mem(from, to, ptr+i*m.size, dst+i*m.size); err != nil {
			return 0, err
		}
	}
	return dst, nil
}

func (m *moveList) Flat(from, to *Context, in, out []uint64) error {
	n := uint32(in[1])
	ptr, err := m.move(from, to, uint32(in[0]), n)
	out[0], out[1] = uint64(ptr), uint64(n)
	return err
}

func (m *moveList) Mem(from, to *Context, src, dst uint32) error {
	n := from.load32(src + 4)
	ptr, err := m.move(from, to, from.load32(src), n)
	if err != nil {
		return err
	}
	to.store32(dst, ptr)
	to.store32(dst+4, n)
	return nil
}
