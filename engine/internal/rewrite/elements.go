package rewrite

import (
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/wasmbin"
	"github.com/berth-cli/berth/engine/internal/wasmbin/opcode"
)

// element is an element segment. Its form is the flags it was written with.
//
// WebAssembly core specification, "Binary Format", "Element Section".
type element struct {
	flags  uint32
	table  uint32
	offset ConstExpr
	kind   byte        // element kind or reference type, for the forms that have one
	funcs  []uint32    // of the forms that list functions
	exprs  []ConstExpr // of the others
}

func (m *module) elementSection(s *reader) {
	n := s.count(2)
	for range n {
		e := m.element(s)
		if s.err != nil {
			return
		}
		m.elements = append(m.elements, e)
		size := uint32(len(e.funcs) + len(e.exprs))
		m.SegmentElems += uint64(size)
		if e.flags&wasmbin.ElemNotActive == 0 {
			m.Active = append(m.Active, Segment{e.table, e.offset, size})
		}
	}
}

func (m *module) element(s *reader) element {
	e := element{flags: s.u32()}
	if e.flags > 7 {
		s.fail("element segment of unknown form %d", e.flags)
		return e
	}
	if e.flags&wasmbin.ElemNotActive == 0 {
		m.elementTarget(s, &e)
	}
	if e.flags&3 != 0 {
		e.kind = s.byte()
		m.checkElementKind(s, e)
	}
	n := s.count(1)
	if n > maxElems {
		s.fail("element segment of %d elements, %d allowed", n, maxElems)
	}
	for range n {
		if s.err != nil {
			return e
		}
		if e.flags&wasmbin.ElemExprs != 0 {
			e.exprs = append(e.exprs, m.constExpr(s))
			continue
		}
		i := m.funcIndex(s)
		m.declared[i] = true
		e.funcs = append(e.funcs, i)
	}
	return e
}

func (m *module) elementTarget(s *reader, e *element) {
	start := s.pos
	if e.flags&wasmbin.ElemExplicit != 0 {
		e.table = s.u32()
	}
	if s.err == nil && int64(e.table) >= int64(len(m.Tables)) {
		s.failAt(start, "element segment for unknown table %d", e.table)
	}
	e.offset = m.constExpr(s)
}

func (m *module) checkElementKind(s *reader, e element) {
	if e.flags&wasmbin.ElemExprs == 0 {
		if e.kind != 0 {
			s.failAt(s.pos-1, "element kind 0x%02x is not supported", e.kind)
		}
		return
	}
	if t := engine.ValType(e.kind); t != engine.FuncRef && t != engine.ExternRef {
		s.failAt(s.pos-1, "element type 0x%02x is not supported", e.kind)
	}
}

// emitElement writes e with functions renumbered.
func (w *writer) emitElement(out []byte, e element) []byte {
	out = wasmbin.AppendU32(out, e.flags)
	if e.flags&wasmbin.ElemNotActive == 0 {
		if e.flags&wasmbin.ElemExplicit != 0 {
			out = wasmbin.AppendU32(out, e.table)
		}
		out = w.emitExpr(out, e.offset)
	}
	if e.flags&3 != 0 {
		out = append(out, e.kind)
	}
	if e.flags&wasmbin.ElemExprs != 0 {
		out = wasmbin.AppendU32(out, uint32(len(e.exprs)))
		for _, x := range e.exprs {
			out = w.emitExpr(out, x)
		}
		return out
	}
	out = wasmbin.AppendU32(out, uint32(len(e.funcs)))
	for _, f := range e.funcs {
		out = wasmbin.AppendU32(out, w.newFunc(f))
	}
	return out
}

// emitExpr writes e with functions renumbered.
func (w *writer) emitExpr(out []byte, e ConstExpr) []byte {
	for _, op := range e.ops {
		if op.op == opcode.RefFunc {
			out = wasmbin.AppendU32(append(out, opcode.RefFunc), w.newFunc(uint32(op.arg)))
		} else {
			out = append(out, w.in[op.pos:op.end]...)
		}
	}
	return append(out, opcode.End)
}
