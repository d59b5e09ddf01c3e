package cabi

import "github.com/berth-cli/berth/component/internal/types"

// moveRecord moves a record or tuple: its parts one by one.
type moveRecord struct{ parts []movePart }

type movePart struct {
	mover
	mem  uint32 // offset in memory
	flat int    // offset among the flat values
}

func (e *Env) moveRecord(t *types.Type) (mover, error) {
	m := &moveRecord{parts: make([]movePart, len(t.Fields))}
	flat := 0
	for i, f := range t.Fields {
		part, err := e.move(f.Type)
		if err != nil {
			return nil, err
		}
		m.parts[i] = movePart{part, f.Offset, flat}
		kinds, _ := f.Type.Flat()
		flat += len(kinds)
	}
	return m, nil
}

func (m *moveRecord) Flat(from, to *Context, in, out []uint64) error {
	for _, p := range m.parts {
		if err := p.Flat(from, to, in[p.flat:], out[p.flat:]); err != nil {
			return err
		}
	}
	return nil
}

func (m *moveRecord) Mem(from, to *Context, src, dst uint32) error {
	for _, p := range m.parts {
		if err := p.Mem(from, to, src+p.mem, dst+p.mem); err != nil {
			return err
		}
	}
	return nil
}

// moveFixedList moves a fixed-size list.
type moveFixedList struct {
	elem mover
	n    uint32
	size uint32 // of an element in memory
	flat int    // flat values of an element
}

func (e *Env) moveFixedList(t *types.Type) (mover, error) {
	elem, err := e.move(t.Elem)
	if err != nil {
		return nil, err
	}
	kinds, _ := t.Elem.Flat()
	return &moveFixedList{elem: elem, n: t.Len, size: t.Elem.Size(), flat: len(kinds)}, nil
}

func (m *moveFixedList) Flat(from, to *Context, in, out []uint64) error {
	for i := range int(m.n) {
		if err := m.elem.Flat(from, to, in[i*m.flat:], out[i*m.flat:]); err != nil {
			return err
		}
	}
	return nil
}

func (m *moveFixedList) Mem(from, to *Context, src, dst uint32) error {
	for i := range m.n {
		if err := m.elem.Mem(from, to, src+i*m.size, dst+i*m.size); err != nil {
			return err
		}
	}
	return nil
}

// moveSum moves a variant, option, result or enum.
type moveSum struct {
	t       *types.Type
	payload []mover // of each case; nil where it has none
	tag     uint32  // bytes of the discriminant in memory
	offset  uint32  // of the payload in memory
	flat    int     // flat values
}

func (e *Env) moveSum(t *types.Type) (mover, error) {
	cases := casesOf(t)
	flat, _ := t.Flat()
	m := &moveSum{
		t: t, payload: make([]mover, len(cases)),
		tag: t.DiscriminantSize(), offset: t.PayloadOffset(), flat: len(flat),
	}
	for i, ct := range cases {
		if ct == nil {
			continue
		}
		var err error
		if m.payload[i], err = e.move(ct); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *moveSum) check(tag uint64) error {
	if tag >= uint64(len(m.payload)) {
		return badValue("invalid variant discriminant: %d of %d cases of %s", tag, len(m.payload), m.t)
	}
	return nil
}

func (m *moveSum) Flat(from, to *Context, in, out []uint64) error {
	tag := uint64(uint32(in[0]))
	if err := m.check(tag); err != nil {
		return err
	}
	clear(out[:m.flat])
	out[0] = tag
	if p := m.payload[tag]; p != nil {
		return p.Flat(from, to, in[1:], out[1:])
	}
	return nil
}

func (m *moveSum) Mem(from, to *Context, src, dst uint32) error {
	tag := from.load(src, m.tag)
	if err := m.check(tag); err != nil {
		return err
	}
	to.store(dst, m.tag, tag)
	if p := m.payload[tag]; p != nil {
		return p.Mem(from, to, src+m.offset, dst+m.offset)
	}
	return nil
}
