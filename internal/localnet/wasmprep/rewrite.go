package wasmprep

import (
	"strings"

	"github.com/berth-cli/berth/engine"
)

// rewrite writes the module again with m's exports, without start and custom
// sections.
func (p *parsed) rewrite(m *Module) []byte {
	out := []byte("\x00asm\x01\x00\x00\x00")
	exports := p.newExports(m)
	wrote := false
	for _, s := range p.sections {
		if !wrote && rank(s.id) >= rank(secExport) {
			out, wrote = appendSection(out, secExport, exports), true
		}
		if s.id == secExport || s.id == secStart {
			continue
		}
		out = appendSection(out, s.id, s.body)
	}
	if !wrote {
		out = appendSection(out, secExport, exports)
	}
	return out
}

// newExports returns the body of the export section.
func (p *parsed) newExports(m *Module) []byte {
	var keep []export
	for _, e := range p.exports {
		if e.kind == engine.KindFunc && strings.HasPrefix(e.name, canisterPrefix) {
			keep = append(keep, e)
		}
	}
	if m.Memory {
		keep = append(keep, export{MemoryExport, engine.KindMemory, 0})
	}
	if m.Table {
		keep = append(keep, export{TableExport, engine.KindTable, 0})
	}
	if m.Start {
		keep = append(keep, export{StartExport, engine.KindFunc, *p.start})
	}
	next := 0
	for i, g := range p.globals {
		if g.mutable {
			keep = append(keep, export{m.Globals[next].Export, engine.KindGlobal, uint32(i)})
			next++
		}
	}
	body := appendU32(nil, uint32(len(keep)))
	for _, e := range keep {
		body = appendU32(body, uint32(len(e.name)))
		body = append(body, e.name...)
		body = append(body, byte(e.kind))
		body = appendU32(body, e.index)
	}
	return body
}

func appendSection(out []byte, id byte, body []byte) []byte {
	out = appendU32(append(out, id), uint32(len(body)))
	return append(out, body...)
}

func appendU32(out []byte, v uint32) []byte {
	for v >= 0x80 {
		out = append(out, byte(v)|0x80)
		v >>= 7
	}
	return append(out, byte(v))
}
