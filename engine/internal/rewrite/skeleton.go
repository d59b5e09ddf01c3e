package rewrite

import (
	"crypto/sha256"

	"github.com/berth-cli/berth/engine/internal/wasmbin"
	"github.com/berth-cli/berth/engine/internal/wasmbin/opcode"
)

// trapBody is the code of every function of a skeleton that names none, and of its
// rewritten form: no locals, unreachable, end.
var trapBody = []byte{3, 0, opcode.Unreachable, opcode.End}

// Skeleton returns a module that is m, whose bytes wasm are, to whoever has m's
// code compiled: all of it but what the functions do. It is what LoadSkeleton
// takes.
//
// The first function names the others that m's code refers to by ref.func, in the
// order of the table that rewriting makes of them. Data segments are joined as in
// m.Wasm, which must be there. Custom sections other than names are left out.
func (m *Module) Skeleton(wasm []byte) []byte {
	data, count := m.rewrittenData()
	out := append(make([]byte, 0, len(wasm)/2), wasmbin.Header...)
	r := reader{buf: wasm, pos: len(wasmbin.Header), end: len(wasm)}
	for r.more() {
		id := r.byte()
		s := r.sub(int(r.u32()))
		payload := wasm[s.pos:s.end]
		switch {
		case id == wasmbin.SecCode:
			out = wasmbin.AppendSection(out, id, m.skeletonCode(int(s.u32())))
		case id == wasmbin.SecData:
			out = wasmbin.AppendSection(out, id, data)
		case id == wasmbin.SecDataCount:
			out = wasmbin.AppendSection(out, id, count)
		case id != wasmbin.SecCustom || s.name() == wasmbin.NameSection:
			out = wasmbin.AppendSection(out, id, payload)
		}
	}
	return out
}

// rewrittenData returns the sections of data of the rewritten module, with segments
// joined: a skeleton has them so from the beginning.
func (m *Module) rewrittenData() (data, count []byte) {
	r := reader{buf: m.Wasm, pos: len(wasmbin.Header), end: len(m.Wasm)}
	for r.more() {
		id := r.byte()
		s := r.sub(int(r.u32()))
		switch id {
		case wasmbin.SecData:
			data = m.Wasm[s.pos:s.end]
		case wasmbin.SecDataCount:
			count = m.Wasm[s.pos:s.end]
		}
	}
	return data, count
}

func (m *Module) skeletonCode(bodies int) []byte {
	out := wasmbin.AppendU32(nil, uint32(bodies))
	for i := range bodies {
		if i > 0 || len(m.refs) == 0 {
			out = append(out, trapBody...)
			continue
		}
		first := []byte{0}
		for _, f := range m.refs {
			first = append(wasmbin.AppendU32(append(first, opcode.RefFunc), f), opcode.Drop)
		}
		first = append(first, opcode.Unreachable, opcode.End)
		out = append(wasmbin.AppendU32(out, uint32(len(first))), first...)
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
