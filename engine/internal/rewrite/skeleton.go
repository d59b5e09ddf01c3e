package rewrite

import "crypto/sha256"

// trapBody is the code of every function of a skeleton that names none, and of its
// rewritten form: no locals, unreachable, end.
var trapBody = []byte{3, 0, 0x00, opEnd}

// Skeleton returns a module that is m, whose bytes wasm are, to whoever has m's
// code compiled: all of it but what the functions do. It is what LoadSkeleton
// takes.
//
// The first function names the others that m's code refers to by ref.func, in the
// order of the table that rewriting makes of them. Data segments are joined as in
// m.Wasm, which must be there. Custom sections other than names are left out.
func (m *Module) Skeleton(wasm []byte) []byte {
	data, count := m.rewrittenData()
	out := append(make([]byte, 0, len(wasm)/2), header...)
	r := reader{buf: wasm, pos: len(header), end: len(wasm)}
	for r.more() {
		id := r.byte()
		s := r.sub(int(r.u32()))
		payload := wasm[s.pos:s.end]
		switch {
		case id == secCode:
			out = appendSection(out, id, m.skeletonCode(int(s.u32())))
		case id == secData:
			out = appendSection(out, id, data)
		case id == secDataCount:
			out = appendSection(out, id, count)
		case id != secCustom || s.name() == nameSection:
			out = appendSection(out, id, payload)
		}
	}
	return out
}

// rewrittenData returns the sections of data of the rewritten module, with segments
// joined: a skeleton has them so from the beginning.
func (m *Module) rewrittenData() (data, count []byte) {
	r := reader{buf: m.Wasm, pos: len(header), end: len(m.Wasm)}
	for r.more() {
		id := r.byte()
		s := r.sub(int(r.u32()))
		switch id {
		case secData:
			data = m.Wasm[s.pos:s.end]
		case secDataCount:
			count = m.Wasm[s.pos:s.end]
		}
	}
	return data, count
}

func (m *Module) skeletonCode(bodies int) []byte {
	out := appendU32(nil, uint32(bodies))
	for i := range bodies {
		if i > 0 || len(m.refs) == 0 {
			out = append(out, trapBody...)
			continue
		}
		first := []byte{0}
		for _, f := range m.refs {
			first = append(appendU32(append(first, opRefFunc), f), opDrop)
		}
		first = append(first, 0x00, opEnd)
		out = append(appendU32(out, uint32(len(first))), first...)
	}
	return out
}

// LoadSkeleton is Rewrite for a skeleton of the module digest names. In the result's
// Wasm every function traps. All else is as Rewrite of the module itself with the
// same options returned it, so that the code compiled of the one fits the other.
//
// The error is *engine.CompileError.
func LoadSkeleton(skeleton []byte, digest [sha256.Size]byte, o Options) (*Module, error) {
	o.skeleton = true
	return rewrite(skeleton, digest, o)
}
